import { grid, partitionKernel, sum } from 'haloweave';

/** Milliseconds that a workunit takes, so that a run lasts long enough to be hit. */
const milliseconds = (args: Readonly<Record<string, unknown>>): number => Number(args.ms ?? 2);

function spend(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/**
 * A diffusion whose state depends on every cycle, as slow as asked; `deadly: part` kills its process in that part, in
 * cycle 3. In the process `stuck`, that cycle of part 0 takes `stuckFor` ms.
 */
export default partitionKernel({
  partition: ({ parts }) =>
    grid({ shape: [24, 24], parts, halo: 1, boundary: 'periodic', fields: { u: 'f64', next: 'f64' } }),
  setup: (part) => part.fill('u', ([i = 0, j = 0]) => ((i * 37 + j * 91) % 101) / 101),
  workunit(part, { args, cycle }) {
    spend(milliseconds(args));
    if (args.deadly === part.id && cycle === 3) {
      // Long enough for the coordinator to see it there, again and again.
      spend(1500);
      process.kill(process.pid, 'SIGKILL');
      spend(1000);
    }
    if (args.stuck === process.pid && part.id === 0 && cycle === 3) spend(Number(args.stuckFor));
    if (args.exits === part.id && cycle === 3) process.exit(7);
    const [n = 0, m = 0] = part.shape;
    const { data: u, offset, stride } = part.u;
    const row = stride[0]!;
    const next = part.next.data;
    for (let i = 0; i < n; i++)
      for (let c = offset + i * row; c < offset + i * row + m; c++)
        next[c] = u[c]! + 0.2 * (u[c - row]! + u[c + row]! + u[c - 1]! + u[c + 1]! - 4 * u[c]!);
    part.swap('u', 'next');
  },
  share: () => ['u'],
  measure: { heat: sum('u') },
});
