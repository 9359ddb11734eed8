import { HaloweaveError } from 'haloweave';

/** A pattern of the game of life, as its file describes it. */
export interface RlePattern {
  columns: number;
  rows: number;
  /** 1 for a live cell; row by row. */
  cells: Uint8Array;
  /** Numbers of live neighbours with which a dead cell comes to life, and a live one stays alive. */
  birth: number[];
  survival: number[];
  name: string;
}

/** Cells that a file may ask for: a picture of this size still fits anywhere. */
const MOST = 2 ** 28;

/**
 * Reads the run-length encoded format of Golly and LifeWiki: lines of comments that begin with #, a header
 * `x = m, y = n, rule = B3/S23` (also `23/3`; without a rule it is B3/S23), then the rows: b dead, o alive,
 * $ end of the row, ! end of the pattern, each with a count before it. Rows may end early, and lines anywhere
 * but inside a count. What follows ! is ignored. Two states only: `.` and letters are refused.
 * @throws HaloweaveError 'format' with line and column, both counted from 1.
 */
export function parseRle(text: string): RlePattern {
  const lines = text.split(/\r\n|\n|\r/);
  let name = '';
  let at = 0;
  for (; at < lines.length && /^\s*(#|$)/.test(lines[at]!); at++)
    name ||= /^\s*#N\s*(.*?)\s*$/.exec(lines[at]!)?.[1] ?? '';
  if (at === lines.length)
    throw wrong(at, lines.at(-1)!.length + 1, 'the file ends before its header: expected x = …, y = …');
  const head = header(lines[at]!, at + 1);
  const cells = rows(lines, at + 1, head);
  return { ...head, cells, name };
}

function wrong(line: number, column: number, what: string): HaloweaveError {
  return new HaloweaveError('format', `line ${line}, column ${column}: ${what}`);
}

type Header = Omit<RlePattern, 'cells' | 'name'>;

function header(text: string, line: number): Header {
  const m = /^(\s*x\s*=\s*)(\d+)(\s*,\s*y\s*=\s*)(\d+)(\s*)(.*)$/i.exec(text);
  if (!m)
    throw wrong(line, 1, `'${text.trim()}' is no header: expected x = columns, y = rows, rule = B3/S23`);
  const [, before = '', x = '', between = '', y = '', space = '', rest = ''] = m;
  const [columns, rows] = [Number(x), Number(y)];
  if (!(columns * rows <= MOST))
    throw wrong(line, before.length + 1, `a pattern of ${x} by ${y} cells: at most ${MOST} in all`);
  const column = before.length + x.length + between.length + y.length + space.length + 1;
  if (rest === '') return { columns, rows, birth: [3], survival: [2, 3] };
  const r = /^,\s*rule\s*=\s*(\S*?)\s*$/i.exec(rest);
  if (!r) throw wrong(line, column, `'${rest.trim()}' after the size: expected , rule = B3/S23`);
  return { columns, rows, ...rule(r[1]!, line, column + rest.indexOf(r[1]!, rest.indexOf('='))) };
}

/** B3/S23, the older 23/3 (survival first), or Life. A bounded grid (`:T100,100`) is the program's own affair and refused. */
function rule(text: string, line: number, column: number): Pick<RlePattern, 'birth' | 'survival'> {
  const full = /^life$/i.test(text) ? 'B3/S23' : text;
  const named = /^B([0-8]*)\/?S([0-8]*)$/i.exec(full)?.slice(1);
  const [birth, survival] = named ?? /^([0-8]*)\/([0-8]*)$/.exec(full)?.slice(1).reverse() ?? [];
  if (birth === undefined || survival === undefined)
    throw wrong(
      line,
      column,
      `the rule '${text}' is unknown: expected digits from 0 to 8, as in B3/S23 or 23/3`,
    );
  const digits = (s: string): number[] => [...new Set(s)].map(Number).sort();
  return { birth: digits(birth), survival: digits(survival) };
}

function rows(lines: readonly string[], first: number, { columns, rows: height }: Header): Uint8Array {
  const cells = new Uint8Array(columns * height);
  let [row, column] = [0, 0];
  for (let l = first; l < lines.length; l++) {
    const text = lines[l]!;
    const token = /\s*(\d*)(\S?)/y;
    while (token.lastIndex < text.length) {
      const m = token.exec(text)!;
      const [, count = '', tag = ''] = m;
      const place = token.lastIndex - count.length - tag.length + 1;
      const fail = (what: string): HaloweaveError => wrong(l + 1, place, what);
      if (tag === '') {
        if (count === '') break;
        throw fail(`the count ${count} stands before nothing: write it with its tag on one line`);
      }
      const n = count === '' ? 1 : Number(count);
      if (n === 0) throw fail(`a run of 0: counts begin at 1`);
      if (tag === '!') return cells;
      if (tag === '$') {
        row += n;
        column = 0;
      } else if (tag === 'b' || tag === 'o') {
        if (row >= height) throw fail(`row ${row + 1} has cells, but the header says y = ${height}`);
        if (column + n > columns)
          throw fail(`row ${row + 1} goes on to cell ${column + n}, but the header says x = ${columns}`);
        if (tag === 'o') cells.fill(1, row * columns + column, row * columns + column + n);
        column += n;
      } else throw fail(`'${tag}' is no cell of two states: expected b, o, $ or !, a count before it`);
    }
  }
  throw wrong(lines.length, lines.at(-1)!.length + 1, 'the file ends inside the pattern: expected !');
}
