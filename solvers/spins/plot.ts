import { HaloweaveError } from 'haloweave';
import { type Axis, linearAxis, logAxis, powerOfTen } from './ticks.js';

/** One measure of a relaxation. */
export interface RelaxationRow {
  /** Time since the start, in the plot's `timeUnit`. */
  time: number;
  /** Energy per spin. */
  energy: number;
  /** The largest |S × B|, not negative. */
  torque: number;
}

/** Title and units of a plot. */
export interface RelaxationPlotOptions {
  /** Default 'Relaxation'. */
  title?: string;
  /** Unit of `time`, such as `1/γB`; '' for none. Default ''. */
  timeUnit?: string;
  /** Unit of `energy`, such as `J`. Default ''. */
  energyUnit?: string;
  /** Unit of `torque`. Default ''. */
  torqueUnit?: string;
}

const WIDTH = 840;
const HEIGHT = 620;
const PANEL = 220;
const TOPS = [64, 324] as const;
const RIGHT = 24;
/** Larger numbers leave no room in a double for the ends of their axis. */
const LARGEST = 1e300;
/** Average advance of a digit at 13 px in common sans-serif faces: SVG gives no way to measure text. */
const DIGIT = 7.4;
/** Rows up to which each one also gets a dot; past it dots would touch. */
const MAX_DOTS = 60;
/**
 * Blue and vermillion of Okabe and Ito's palette for every kind of sight, darkened to a contrast above 5 on white,
 * because the axis labels have them too.
 */
const COLOURS = ['#0067a6', '#b34700'] as const;

interface Panel {
  name: string;
  label: string;
  top: number;
  colour: string;
  axis: Axis;
  values: number[];
  note: string;
}

/**
 * A chart of a relaxation as a self-contained SVG text (no script, no font, no link): energy per spin on a
 * linear axis above the largest torque on a logarithmic one, over the same time axis.
 *
 * - `rows`: at least one, numbers within ±1e300, time not decreasing, torque not negative. A torque of 0 has
 *   no logarithm: it is drawn at the lower edge of its panel, and a note in the chart says how many are.
 * - Beyond two rows a pixel, each pixel keeps its first, lowest, highest and last row, which draws the same
 *   line.
 *
 * Deterministic for one engine; one pass over the rows, some 5 KB and 14 bytes a point.
 * Throws `HaloweaveError('argument')` naming the row that breaks a rule.
 */
export function relaxationPlot(rows: readonly RelaxationRow[], options: RelaxationPlotOptions = {}): string {
  check(rows);
  const times = rows.map((row) => row.time);
  const timeAxis = linearAxis(times[0]!, times.at(-1)!, 8, true);
  const panels = [energyPanel(rows, options), torquePanel(rows, options)];
  const widest = Math.max(...panels.flatMap((p) => p.axis.ticks.map((t) => t.label.length)));
  const left = Math.ceil(46 + DIGIT * widest);
  const x = scale(timeAxis.low, timeAxis.high, left, WIDTH - RIGHT);
  const title = xml(options.title ?? 'Relaxation');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" font-family="Helvetica, Arial, sans-serif" font-size="13" fill="#333">`,
    `<title>${title}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<text x="${left}" y="30" font-size="17" font-weight="bold" fill="#111">${title}</text>`,
    ...panels.flatMap((panel) => drawPanel(panel, times, timeAxis, x, left)),
    ...drawTimeAxis(timeAxis, x, left, withUnit('time', options.timeUnit, timeAxis)),
    '</svg>',
    '',
  ].join('\n');
}

function energyPanel(rows: readonly RelaxationRow[], options: RelaxationPlotOptions): Panel {
  const values = rows.map((row) => row.energy);
  const axis = linearAxis(least(values), greatest(values), 6);
  const label = withUnit('energy per spin', options.energyUnit, axis);
  const note = `last ${digits(values.at(-1)!)}`;
  return { name: 'energy', label, top: TOPS[0], colour: COLOURS[0], axis, values, note };
}

function torquePanel(rows: readonly RelaxationRow[], options: RelaxationPlotOptions): Panel {
  const torques = rows.map((row) => row.torque);
  const positive = torques.filter((v) => v > 0);
  // Without any positive value the decade is arbitrary; the note says that nothing but zeros is there.
  const axis = positive.length > 0 ? logAxis(least(positive), greatest(positive), 7) : logAxis(1, 1, 7);
  const zeros = torques.length - positive.length;
  const drawn = `${zeros} of ${torques.length} ${zeros === 1 ? 'value is' : 'values are'} 0, drawn at the lower edge`;
  const note = `${zeros > 0 ? `${drawn}; ` : ''}last ${digits(torques.at(-1)!)}`;
  const label = withUnit('maximum torque', options.torqueUnit, axis);
  const values = torques.map((v) => (v > 0 ? Math.log10(v) : axis.low));
  return { name: 'torque', label, top: TOPS[1], colour: COLOURS[1], axis, values, note };
}

function drawPanel(
  panel: Panel,
  times: readonly number[],
  timeAxis: Axis,
  x: (v: number) => number,
  left: number,
): string[] {
  const { axis, top, colour } = panel;
  const bottom = top + PANEL;
  const right = WIDTH - RIGHT;
  const y = scale(axis.low, axis.high, bottom, top);
  const kept = thin(times.map(x), panel.values);
  const points = kept.map((i) => `${fixed(x(times[i]!))},${fixed(y(panel.values[i]!))}`);
  const middle = fixed((top + bottom) / 2);
  return [
    `<g class="${panel.name}">`,
    ...timeAxis.ticks.map((t) => line(x(t.value), top, x(t.value), bottom, '#eceff1')),
    ...axis.ticks.map((t) => line(left, y(t.value), right, y(t.value), '#e0e4e7')),
    `<path d="M${left} ${top}V${bottom}H${right}" fill="none" stroke="#555"/>`,
    ...axis.ticks.map(
      (t) =>
        `<text class="tick" x="${left - 8}" y="${fixed(y(t.value) + 4.5)}" text-anchor="end">${minus(t.label)}</text>`,
    ),
    `<text class="label" transform="translate(18 ${middle}) rotate(-90)" text-anchor="middle" fill="${colour}">${panel.label}</text>`,
    `<text class="note" x="${right}" y="${top - 10}" text-anchor="end" font-size="12" fill="#555">${minus(panel.note)}</text>`,
    `<polyline points="${points.join(' ')}" fill="none" stroke="${colour}" stroke-width="1.8" stroke-linejoin="round"/>`,
    ...(points.length <= MAX_DOTS ? points.map((p) => dot(p, colour)) : []),
    '</g>',
  ];
}

function drawTimeAxis(axis: Axis, x: (v: number) => number, left: number, label: string): string[] {
  const bottom = TOPS[1] + PANEL;
  return [
    '<g class="time">',
    ...axis.ticks.map(
      (t) =>
        `<text class="tick" x="${fixed(x(t.value))}" y="${bottom + 20}" text-anchor="middle">${minus(t.label)}</text>`,
    ),
    `<text class="label" x="${fixed((left + WIDTH - RIGHT) / 2)}" y="${bottom + 46}" text-anchor="middle">${label}</text>`,
    '</g>',
  ];
}

/** Indices of the rows to draw: all, or of each pixel column the first, lowest, highest and last. */
function thin(xs: readonly number[], values: readonly number[]): number[] {
  const all = values.map((_, i) => i);
  if (all.length <= 2 * WIDTH) return all;
  const kept: number[] = [];
  for (let start = 0; start < all.length; ) {
    let end = start;
    let [low, high] = [start, start];
    for (; end < all.length && Math.floor(xs[end]!) === Math.floor(xs[start]!); end++) {
      if (values[end]! < values[low]!) low = end;
      if (values[end]! > values[high]!) high = end;
    }
    kept.push(...[...new Set([start, low, high, end - 1])].sort((a, b) => a - b));
    start = end;
  }
  return kept;
}

function scale(low: number, high: number, from: number, to: number): (value: number) => number {
  return (value) => from + ((value - low) / (high - low)) * (to - from);
}

function line(x1: number, y1: number, x2: number, y2: number, colour: string): string {
  return `<line x1="${fixed(x1)}" y1="${fixed(y1)}" x2="${fixed(x2)}" y2="${fixed(y2)}" stroke="${colour}"/>`;
}

function dot(point: string, colour: string): string {
  const [x, y] = point.split(',');
  return `<circle cx="${x}" cy="${y}" r="2.6" fill="${colour}"/>`;
}

function withUnit(name: string, unit: string | undefined, axis: Axis): string {
  const parts = [axis.exponent === 0 ? '' : powerOfTen(axis.exponent), xml(unit ?? '')].filter(
    (p) => p !== '',
  );
  return parts.length === 0 ? name : `${name} (${parts.join(' ')})`;
}

/** Six digits: what a reader compares; the rows hold the rest. */
function digits(value: number): string {
  return String(Number(value.toPrecision(6)));
}

function fixed(value: number): string {
  return String(Number(value.toFixed(2)));
}

/** A typographic minus, as wide as a digit. */
function minus(text: string): string {
  return text.replaceAll('-', '−');
}

function xml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function least(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b));
}

function greatest(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b));
}

function check(rows: readonly RelaxationRow[]): void {
  const fail = (message: string): never => {
    throw new HaloweaveError('argument', `relaxationPlot: ${message}`);
  };
  if (rows.length === 0) fail('no rows; expected at least one');
  rows.forEach((row, i) => {
    for (const key of ['time', 'energy', 'torque'] as const) {
      if (!(Math.abs(row[key]) <= LARGEST)) {
        fail(`row ${i}: ${key} is ${row[key]}; expected a number within ±${LARGEST}`);
      }
    }
    if (row.torque < 0) fail(`row ${i}: torque is ${row.torque}; expected at least 0`);
    if (i > 0 && row.time < rows[i - 1]!.time) {
      fail(`row ${i}: time ${row.time} lies before ${rows[i - 1]!.time} of the row above`);
    }
  });
}
