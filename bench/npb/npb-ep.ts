// `haloweave bench npb-ep --class A -n 2`: EP on the public API, verified against the published sums.
import { fileURLToPath } from 'node:url';
import { HaloweaveError, run } from 'haloweave';
import type { Report } from '../report.js';
import { EP_CLASSES, epVerified } from './classes.js';
import type { EpResult } from './ep.js';

/** The source: the compiled runner lies in dist/bench/npb. */
const PROGRAM = fileURLToPath(new URL('../../../bench/npb/ep.ts', import.meta.url));

/** Two random numbers a pair: the operations that the benchmark counts. */
const OPERATIONS = 2;

/**
 * @throws HaloweaveError('usage') for a class that is none; ('program') when the sums are not the published ones,
 * after the line was reported.
 */
export async function npbEp(name: string, ranks: number | undefined, report: Report): Promise<void> {
  const c = EP_CLASSES[name];
  if (!c)
    throw new HaloweaveError('usage', `--class ${name}: npb-ep has ${Object.keys(EP_CLASSES).join(', ')}`);
  const result = await run(PROGRAM, {
    args: { class: name },
    output: 2,
    ...(ranks === undefined ? {} : { ranks }),
  });
  const { sx, sy, counts, seconds } = result.results as EpResult;
  const verified = epVerified(c, sx, sy);
  const mops = (OPERATIONS * 2 ** c.m) / seconds / 1e6;
  report.add({
    bench: 'npb-ep',
    case: `class ${name}`,
    value: mops,
    unit: 'Mop/s',
    details: { class: name, ranks: result.ranks, verified, sx, sy, seconds, mops, counts },
  });
  if (!verified)
    throw new HaloweaveError(
      'program',
      `npb-ep class ${name}: sums ${sx}, ${sy} are not the published ${c.sx}, ${c.sy}: the arithmetic of this machine or this build is wrong`,
    );
}
