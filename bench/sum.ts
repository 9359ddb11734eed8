// `haloweave bench sum`: what the exact sum of a field costs every cycle, beside the sweep that computes the field.
import { run } from 'haloweave';
import { programFile } from './interleave.js';
import { median, type Report } from './report.js';

/** A difference of a few per cent between two noisy times takes more turns than a ratio. */
const TURNS = 5;
const RANKS = 2;
/** Most that an exact sum a cycle may take of the time of a 7-point sweep. */
const TARGET = 30;

/** Cycles of about a second, most of them after the engine has compiled everything. In cache, and far beyond it. */
const CASES = [
  { shape: '64x64x64', cycles: 2400 },
  { shape: '256x256x256', cycles: 30 },
];

/** Per cent of the sweep's time, and nanoseconds a term. */
export async function sums(report: Report): Promise<void> {
  for (const { shape, cycles } of CASES) {
    const cells = shape.split('x').reduce((n, axis) => n * Number(axis), 1);
    const seconds = async (measure: string): Promise<number> =>
      (await run(programFile('sweep'), { ranks: RANKS, cycles, args: { shape, measure }, hash: false }))
        .seconds;
    const none: number[] = [];
    const longer = { exact: [] as number[], fast: [] as number[] };
    for (let turn = 0; turn < TURNS; turn++) {
      const base = await seconds('none');
      none.push(base);
      for (const measure of ['exact', 'fast'] as const) longer[measure].push((await seconds(measure)) - base);
    }
    const sweep = median(none);
    report.add({
      bench: 'sum',
      case: `7-point sweep ${shape}`,
      value: (cells * cycles) / sweep / 1e6,
      unit: 'Mcell/s',
    });
    for (const [measure, target] of [
      ['exact', TARGET],
      ['fast', undefined],
    ] as const)
      report.add({
        bench: 'sum',
        case: `${measure} sum every cycle ${shape}`,
        value: (100 * median(longer[measure])) / sweep,
        unit: '% of the sweep',
        ...(target === undefined ? {} : { target }),
      });
  }
}
