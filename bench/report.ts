// How a benchmark tells its results: a table for people, or one JSON object a line.

/** One measured case. */
export interface BenchLine {
  readonly bench: string;
  readonly case: string;
  readonly value: number;
  readonly unit: string;
  /** Who was measured beside us, in the same run. */
  readonly peer?: string;
  /** What the peer measured, in `unit`. The ratio follows from it when it is not given. */
  readonly peerValue?: number;
  /** How many times better than the peer; above 1 is ahead. */
  readonly ratio?: number;
  /** What the documentation promises: with a peer, the least ratio; without one, a bound on the value in `unit`. */
  readonly target?: number;
  /** What else there is to say: more keys of the JSON object, or a note below the table. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Which of two values in a unit is the better one. */
export type Direction = 'lower' | 'higher';

/**
 * Times are better lower, also per something ('µs/cycle'); rates ('GB/s', 'Mcell/s', anything a second) and
 * speed-ups ('×') are better higher.
 * @throws RangeError for any other unit: a comparison in it would have no meaning.
 */
export function direction(unit: string): Direction {
  if (unit === '×' || unit.endsWith('/s')) return 'higher';
  if (/^(s|ms|µs|ns)(\/.+)?$/.test(unit) || unit.startsWith('%')) return 'lower';
  throw new RangeError(`unit '${unit}': neither a time nor a rate, so no value in it is better than another`);
}

/**
 * How many times better `ours` is than `peer`, both in `unit`: peer / ours for a time, ours / peer for a rate.
 * @throws RangeError unless both are positive and the unit has a direction.
 */
export function compare(ours: number, peer: number, unit: string): number {
  if (!(ours > 0 && peer > 0)) throw new RangeError(`cannot compare ${ours} with ${peer} ${unit}`);
  return direction(unit) === 'lower' ? peer / ours : ours / peer;
}

/**
 * The middle of `xs`, or the mean of the two middle ones; `xs` keeps its order.
 * @throws RangeError when `xs` is empty or has a NaN.
 */
export function median(xs: readonly number[]): number {
  if (xs.length === 0 || xs.some(Number.isNaN)) throw new RangeError('median of no numbers, or of NaN');
  const sorted = [...xs].sort((a, b) => a - b);
  const upper = sorted[sorted.length >> 1]!;
  return sorted.length % 2 === 1 ? upper : (sorted[sorted.length / 2 - 1]! + upper) / 2;
}

/** Four digits are more than a benchmark repeats to; beyond a thousand, groups of three read better. */
export function formatValue(value: number): string {
  if (Math.abs(value) >= 1000) return value.toLocaleString('en-US', { maximumFractionDigits: 0 });
  return value.toLocaleString('en-US', { minimumSignificantDigits: 3, maximumSignificantDigits: 4 });
}

/** The target as a bound and whether it is met, such as '≥ 0.500×: met'. */
function formatTarget(line: BenchLine): string {
  const { target, ratio, value, unit } = line;
  if (target === undefined) return '';
  if (line.peer !== undefined) {
    const outcome = ratio === undefined ? 'no ratio' : ratio >= target ? 'met' : 'missed';
    return `≥ ${formatValue(target)}×: ${outcome}`;
  }
  const lower = direction(unit) === 'lower';
  const met = lower ? value <= target : value >= target;
  return `${lower ? '≤' : '≥'} ${formatValue(target)} ${unit}: ${met ? 'met' : 'missed'}`;
}

/** What the peer measured, from the ratio when only that was given. */
function formatPeerValue({ value, unit, ratio, peerValue }: BenchLine): string {
  if (peerValue !== undefined) return formatValue(peerValue);
  if (ratio === undefined) return '';
  return formatValue(direction(unit) === 'lower' ? value * ratio : value / ratio);
}

const HEADINGS = ['case', 'value', 'unit', 'peer', 'measured', 'ratio', 'target'];
/** Columns of numbers, aligned to the right. */
const NUMERIC = new Set(['value', 'measured', 'ratio']);

function cells(line: BenchLine): string[] {
  const ratio = line.ratio === undefined ? '' : `${formatValue(line.ratio)}×`;
  const { case: name, value, unit, peer = '' } = line;
  return [name, formatValue(value), unit, peer, formatPeerValue(line), ratio, formatTarget(line)];
}

/** A table with columns as wide as their widest cell; columns that are empty in every line are left out. */
function table(lines: readonly BenchLine[]): string {
  const rows = lines.map(cells);
  const columns = HEADINGS.map((heading, column) => {
    const texts = rows.map((row) => row[column]!);
    if (texts.every((text) => text === '')) return undefined;
    const width = Math.max(heading.length, ...texts.map((text) => text.length));
    return [heading, ...texts].map((text) =>
      NUMERIC.has(heading) ? text.padStart(width) : text.padEnd(width),
    );
  }).filter((column) => column !== undefined);
  const row = (index: number) => `  ${columns.map((column) => column[index]).join('  ')}`.trimEnd();
  return Array.from({ length: rows.length + 1 }, (_, index) => `${row(index)}\n`).join('');
}

function formatDetails(details: Readonly<Record<string, unknown>>): string {
  return Object.entries(details)
    .map(([name, value]) => `${name} ${Array.isArray(value) ? value.join(' ') : value}`)
    .join(', ');
}

/** Where a report writes; a test gives its own. */
export interface Sinks {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
}

const STANDARD: Sinks = {
  out: (text) => void process.stdout.write(text),
  error: (text) => void process.stderr.write(text),
};

/**
 * Collects the lines of a run. With `json`, each line is written to standard output as it is added, as
 * {bench, case, value, unit, peer, ratio} and a line's details, with null for no peer and no ratio, and notes go to standard error.
 * Without, `end` writes a table a bench, and the notes below, to standard output.
 */
export class Report {
  private lines: BenchLine[] = [];
  private notes: string[] = [];

  constructor(
    private readonly json: boolean,
    private readonly sinks: Sinks = STANDARD,
  ) {}

  /** @throws RangeError when the value is not finite, or the peer's value cannot be compared. */
  add(line: BenchLine): void {
    if (!Number.isFinite(line.value))
      throw new RangeError(`${line.bench}, ${line.case}: value ${line.value}`);
    const { bench, case: name, value, unit, peer, peerValue } = line;
    const ratio = line.ratio ?? (peerValue === undefined ? undefined : compare(value, peerValue, unit));
    if (!this.json) {
      this.lines.push(ratio === undefined ? line : { ...line, ratio });
      if (line.details) this.note(`${bench}, ${name}: ${formatDetails(line.details)}`);
    } else {
      const object = {
        bench,
        case: name,
        value,
        unit,
        peer: peer ?? null,
        ratio: ratio ?? null,
        ...line.details,
      };
      this.sinks.out(JSON.stringify(object) + '\n');
    }
  }

  /** A remark, such as why a peer was not measured. */
  note(text: string): void {
    if (this.json) this.sinks.error(text + '\n');
    else this.notes.push(text);
  }

  /** Writes what is still held back. Call it also when the run failed: what was measured stands. */
  end(): void {
    for (const bench of new Set(this.lines.map((line) => line.bench))) {
      this.sinks.out(`${bench}\n${table(this.lines.filter((line) => line.bench === bench))}\n`);
    }
    for (const note of this.notes) this.sinks.out(note + '\n');
    this.lines = [];
    this.notes = [];
  }
}
