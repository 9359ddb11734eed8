// `haloweave bench grain`: what a partition costs beyond its cells.
import { run } from 'haloweave';
import { programFile } from './interleave.js';
import { median, type Report } from './report.js';

const TURNS = 5;
/** A difference of a few per cent between two noisy times takes more of them. */
const COMPARISONS = 9;

async function secondsOf(
  args: Record<string, unknown>,
  parts: string,
  cycles: number,
  ranks: number,
): Promise<number> {
  const result = await run(programFile('grain'), { ranks, parts, cycles, args, hash: false });
  return result.seconds;
}

export async function grain(report: Report): Promise<void> {
  const ranks = 2;
  // 1,024 partitions of 8 × 8 cells.
  const cycles = 3000;
  for (const [name, work, target] of [
    ['empty workunit, 8x8', 0, 0.3],
    ['5-point update, 8x8', 1, 0.6],
  ] as const) {
    const values: number[] = [];
    for (let turn = 0; turn < TURNS; turn++)
      values.push(
        ((await secondsOf({ shape: '256x256', work }, '32x32', cycles, ranks)) * 1e6) / (1024 * cycles),
      );
    report.add({ bench: 'grain', case: name, value: median(values), unit: 'µs/partition-cycle', target });
  }
  // 16 partitions a rank against one, on the same grid, in turn: how much longer, in per cent of the medians.
  const one: number[] = [];
  const many: number[] = [];
  for (let turn = 0; turn < COMPARISONS; turn++) {
    one.push(await secondsOf({ shape: '512x512' }, '2x1', 4000, ranks));
    many.push(await secondsOf({ shape: '512x512' }, '8x4', 4000, ranks));
  }
  const longer = 100 * (median(many) / median(one) - 1);
  report.add({
    bench: 'grain',
    case: '16 partitions a rank against 1, 512x512',
    value: longer,
    unit: '% longer',
    target: 2,
  });
}
