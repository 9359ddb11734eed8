/** A mark of an axis: where, and what it says. */
export interface Tick {
  value: number;
  label: string;
}

/** The range that an axis shows and its labelled marks, rising. */
export interface Axis {
  low: number;
  high: number;
  ticks: Tick[];
  /** Power of ten taken out of the labels: value = label · 10^exponent. 0 for logarithmic axes. */
  exponent: number;
}

/**
 * A linear axis over `low ≤ high`, within ±1e300, with marks at multiples of 1, 2 or 5 · 10^k, at most `most`
 * of them plus one; values may lie outside by 1e-9 of a step, which no picture shows. Equal ends, or ends
 * closer than doubles can mark, are widened by 5 % of the value (by 1 at zero). With `tight` the axis ends at
 * the values, else at the marks around them.
 */
export function linearAxis(low: number, high: number, most: number, tight = false): Axis {
  const size = Math.max(Math.abs(low), Math.abs(high));
  // Below 1e-12 of the values, neighbouring marks would round to the same label.
  // And so few digits are left to numbers under 1e-300 that they count as zero.
  if (high - low <= 1e-12 * size || size < 1e-300) {
    const pad = size < 1e-300 ? 1 : 0.05 * size;
    return linearAxis(low - pad, high + pad, most, false);
  }
  const step = niceStep((high - low) / most);
  const first = tight ? Math.ceil(low / step - 1e-9) : Math.floor(low / step + 1e-9);
  const last = tight ? Math.floor(high / step + 1e-9) : Math.ceil(high / step - 1e-9);
  const exponent = commonExponent(Math.max(Math.abs(first), Math.abs(last)) * step);
  const decimals = Math.max(0, exponent - decade(step));
  const ticks: Tick[] = [];
  for (let i = first; i <= last; i++) {
    // Through decimal text, so that 3 · 0.1 is marked 0.3; adding 0 removes the sign of -0.
    const label = ((i * step) / 10 ** exponent).toFixed(Math.min(decimals, 100));
    ticks.push({ value: i * step + 0, label: Number(label) === 0 ? label.replace('-', '') : label });
  }
  return { low: tight ? low : first * step, high: tight ? high : last * step, ticks, exponent };
}

/**
 * A logarithmic axis over the positive values `low ≤ high`, in whole decades (always one at least), with a
 * mark at each, or each second, fifth … when more than `most` would be needed; within one or two decades also
 * at 2 and 5. `low`, `high` and the ticks' values are decimal logarithms.
 */
export function logAxis(low: number, high: number, most: number): Axis {
  const first = Math.floor(Math.log10(low) + 1e-9);
  const last = Math.max(first + 1, Math.ceil(Math.log10(high) - 1e-9));
  const every = Math.max(1, niceStep((last - first) / most));
  const within = last - first <= 2 ? [1, 2, 5] : [1];
  const ticks: Tick[] = [];
  for (let k = first; k <= last; k++) {
    if ((k - first) % every !== 0) continue;
    for (const digit of within) {
      if (k === last && digit > 1) continue;
      ticks.push({ value: k + Math.log10(digit), label: `${digit > 1 ? `${digit}·` : ''}${powerOfTen(k)}` });
    }
  }
  return { low: first, high: last, ticks, exponent: 0 };
}

/** 10 with an exponent in superscript digits. */
export function powerOfTen(exponent: number): string {
  return `10${[...String(exponent)].map((c) => (c === '-' ? '⁻' : '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(c)])).join('')}`;
}

/** The smallest 1, 2 or 5 · 10^k that is not below `least`. */
function niceStep(least: number): number {
  const k = decade(least);
  for (const digit of [1, 2, 5]) {
    const step = Number(`${digit}e${k}`);
    if (step >= least * (1 - 1e-9)) return step;
  }
  return Number(`1e${k + 1}`);
}

/** ⌊log10⌋, exact where Math.log10 is off by a rounding. */
function decade(value: number): number {
  return Number(value.toExponential().split('e')[1]);
}

/** Labels stay plain numbers from 0.001 to 99999; outside, a power of ten moves to the axis. */
function commonExponent(size: number): number {
  const k = decade(size);
  return k < -3 || k > 4 ? k : 0;
}
