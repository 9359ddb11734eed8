/**
 * A diffusion with measures, control values and output, as slow as asked, that prints every frame and the whole history. `log`: a file
 * to which it also appends every frame; `dies`: the frame in which its process is killed, if its environment says so.
 */
import { appendFileSync } from 'node:fs';
import { grid, max, partitionKernel, sum } from 'haloweave';

export default partitionKernel({
  partition: ({ parts }) =>
    grid({ shape: [24, 24], parts, halo: 1, boundary: 'periodic', fields: { u: 'f64', next: 'f64' } }),
  setup: (part) => part.fill('u', ([i = 0, j = 0]) => ((i * 37 + j * 91) % 101) / 101),
  workunit(part, { args, control }) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(args.ms));
    const [n = 0, m = 0] = part.shape;
    const { data: u, offset, stride } = part.u;
    const row = stride[0]!;
    const next = part.next.data;
    const rate = control.rate!;
    for (let i = 0; i < n; i++)
      for (let c = offset + i * row; c < offset + i * row + m; c++)
        next[c] = u[c]! + rate * (u[c - row]! + u[c + row]! + u[c - 1]! + u[c + 1]! - 4 * u[c]!);
    part.swap('u', 'next');
  },
  share: () => ['u'],
  measure: { heat: sum('u'), top: max('u') },
  measureEvery: 2,
  control: {
    start: { rate: 0.1 },
    next: ({ control, measures, cycle }) => ({
      rate: cycle % 2 === 0 ? 0.2 * (measures.top ?? 1) : 0.5 * control.rate! + 0.05,
    }),
  },
  output: {
    every: 3,
    fields: ['u'],
    write({ cycle, fields }, { args }) {
      const u = fields.u!.data as Float64Array;
      console.log(`frame ${cycle}: ${u[0]} ${u[u.length - 1]}`);
      if (args.log) appendFileSync(String(args.log), `${cycle}\n`);
      if (args.dies === cycle && process.env.HALOWEAVE_TEST_EXIT) {
        // What has been printed gets to the host and on: only then is the frame cut off.
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
        process.kill(process.pid, 'SIGKILL');
      }
      console.log(`frame ${cycle} ends`);
    },
  },
  report({ history }) {
    for (const { cycle, measures } of history)
      console.log(`state ${cycle}: ${measures.heat} ${measures.top}`);
    return { states: history.length };
  },
});
