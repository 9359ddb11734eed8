/**
 * The game of life on a torus, from a file in the run-length encoded format that Golly and LifeWiki use:
 * a dead cell with as many live neighbours as the rule's B says comes to life, a live one with S stays alive.
 *
 *     npx haloweave run examples/life.ts -n 2 --cycles 300 --hash -- --shape 128x128
 *     npx haloweave run examples/life.ts -n 3 --cycles 60 -- --shape 24x60 --picture
 *     npx haloweave run examples/life.ts --cycles 100 -- --file examples/patterns/gosper-glider-gun.rle
 *
 * Expected of the first line: a gun of 36 live cells has sent out a glider of 5 every 30 generations,
 * population 86, hash ab665d2ff59c463d5b65983f1be49f56, on any ranks and parts. --at ROW,COLUMN is where the pattern's first cell goes
 * (default: so that it is in the middle), --shape the torus (default: three times the pattern each way).
 * Builds on: heat.ts; cells of one byte, the corners of the halo, input from a file.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Args, grid, HaloweaveError, type NdArray, partitionKernel, sum } from 'haloweave';
import { parseRle, type RlePattern } from './patterns/rle.js';

const GUN = fileURLToPath(new URL('./patterns/gosper-glider-gun.rle', import.meta.url));

export default partitionKernel(({ args }) => {
  const pattern = readPattern(String(args.file ?? GUN));
  const { shape, at } = places(args, pattern);
  // By 9 × alive + live neighbours.
  const table = new Uint8Array(18);
  for (const n of pattern.birth) table[n] = 1;
  for (const n of pattern.survival) table[9 + n] = 1;

  return {
    partition: ({ parts }) => grid({ shape, parts, boundary: 'periodic', fields: { u: 'u8', next: 'u8' } }),

    setup: (part) =>
      part.fill('u', ([i = 0, j = 0]) => {
        const [row, column] = [i - at[0], j - at[1]];
        const inside = row >= 0 && row < pattern.rows && column >= 0 && column < pattern.columns;
        return inside ? pattern.cells[row * pattern.columns + column]! : 0;
      }),

    workunit(part) {
      const [n = 0, m = 0] = part.shape;
      const { data: u, offset, stride } = part.u;
      const next = part.next.data;
      const row = stride[0]!;
      for (let i = 0; i < n; i++) {
        const first = offset + i * row;
        for (let c = first; c < first + m; c++) {
          const above = u[c - row - 1]! + u[c - row]! + u[c - row + 1]!;
          const below = u[c + row - 1]! + u[c + row]! + u[c + row + 1]!;
          next[c] = table[9 * u[c]! + above + u[c - 1]! + u[c + 1]! + below]!;
        }
      }
      part.swap('u', 'next');
    },

    share: () => ['u'],
    measure: { population: sum('u') },
    measureEvery: 10,

    report: ({ cycles, measures, gather }) => {
      if (args.picture) console.log(picture(gather('u')));
      return { name: pattern.name, generation: cycles, population: measures.population };
    },
  };
});

function readPattern(file: string): RlePattern {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new HaloweaveError('argument', `--file ${file}: cannot read it: ${(cause as Error).message}`);
  }
  try {
    return parseRle(text);
  } catch (cause) {
    throw new HaloweaveError('format', `${file}, ${(cause as Error).message}`);
  }
}

/** The torus, and where in it the pattern's first cell lies. */
function places(args: Args, { rows, columns }: RlePattern): { shape: number[]; at: [number, number] } {
  const [n, m] = pair(args.shape, 'x', [3 * rows, 3 * columns], '--shape', '128x128');
  if (n < rows || m < columns)
    throw new HaloweaveError(
      'argument',
      `--shape ${n}x${m}: the pattern has ${rows} rows and ${columns} columns, use at least ${rows}x${columns}`,
    );
  const middle = [Math.floor((n - rows) / 2), Math.floor((m - columns) / 2)];
  const [i, j] = pair(args.at, ',', middle, '--at', '10,20');
  if (i + rows > n || j + columns > m)
    throw new HaloweaveError(
      'argument',
      `--at ${i},${j}: the pattern would reach beyond ${n}x${m} cells, use at most ${n - rows},${m - columns}`,
    );
  return { shape: [n, m], at: [i, j] };
}

function pair(given: unknown, by: string, or: number[], name: string, example: string): [number, number] {
  const text = given === undefined ? or.join(by) : String(given);
  const numbers = text.split(by).map((t) => (/^\d+$/.test(t) ? Number(t) : Number.NaN));
  if (numbers.length !== 2 || !numbers.every(Number.isSafeInteger))
    throw new HaloweaveError('argument', `${name} ${text}: expected two whole numbers, as in ${example}`);
  return numbers as [number, number];
}

function picture(u: NdArray): string {
  const [n = 0, m = 0] = u.shape;
  const row = (i: number): string => Array.from({ length: m }, (_, j) => (u.get(i, j) ? 'o' : '.')).join('');
  return Array.from({ length: n }, (_, i) => row(i)).join('\n');
}
