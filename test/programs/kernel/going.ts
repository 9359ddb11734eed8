/** A diffusion that says when it is under way. */
import { diffusion } from './diffusion.js';

/** States far enough from the first that every rank has computed. */
const UNDER_WAY = 50;

export default diffusion([96, 80], (part, cycle) => {
  if (part === 0 && cycle === UNDER_WAY) process.stderr.write('going\n');
});
