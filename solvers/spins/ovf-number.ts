const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const NOT_FINITE = /^([+-]?)(?:(nan)|inf(?:inity)?)$/i;

/**
 * A number as C and Go programs print it: decimal, or `nan`, `inf`, `-Inf`; `null` for anything else,
 * hexadecimal and a decimal beyond the range of a double included. Rounds to the nearest double.
 */
export function parseOvfNumber(text: string): number | null {
  if (DECIMAL.test(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? value : null;
  }
  const match = NOT_FINITE.exec(text);
  if (match === null) return null;
  if (match[2] !== undefined) return Number.NaN;
  return match[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/** The shortest decimal that reads back to the same double; `-0` keeps its sign, which `String` drops. */
export function formatOvfNumber(value: number): string {
  if (Object.is(value, -0)) return '-0';
  // Go and C readers take these three spellings; JavaScript's "Infinity" only some do.
  if (value === Number.POSITIVE_INFINITY) return 'inf';
  if (value === Number.NEGATIVE_INFINITY) return '-inf';
  return Number.isNaN(value) ? 'nan' : String(value);
}
