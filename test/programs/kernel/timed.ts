/**
 * A diffusion as slow as asked, a workunit `ms` milliseconds; `deadly: part` kills its process in that part, in cycle 3, and
 * `exits: part` ends its thread there. In the process `stuck`, that cycle of part 0 takes `stuckFor` ms.
 */
import { diffusion } from './diffusion.js';

function spend(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

export default diffusion([24, 24], (part, cycle, args) => {
  // So that a run lasts long enough to be hit.
  spend(Number(args.ms ?? 2));
  if (cycle !== 3) return;
  if (args.deadly === part) {
    // Long enough for the coordinator to see it there, again and again.
    spend(1500);
    process.kill(process.pid, 'SIGKILL');
    spend(1000);
  }
  if (args.stuck === process.pid && part === 0) spend(Number(args.stuckFor));
  if (args.exits === part) process.exit(7);
});
