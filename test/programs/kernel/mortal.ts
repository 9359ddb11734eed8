/**
 * A diffusion of which rank 0's thread ends itself (`HALOWEAVE_TEST_EXIT=CYCLE`) or fails (`HALOWEAVE_TEST_THROW=CYCLE`)
 * in the middle. By the surroundings and not by arguments, so that it can be resumed as the same run.
 */
import { diffusion } from './diffusion.js';

const cycleOf = (name: string): number => Number(process.env[name] ?? -1);

export default diffusion([64, 48], (part, cycle) => {
  if (part === 0 && cycle === cycleOf('HALOWEAVE_TEST_EXIT')) process.exit(7);
  if (part === 0 && cycle === cycleOf('HALOWEAVE_TEST_THROW')) throw new RangeError('enough');
});
