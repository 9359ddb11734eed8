/**
 * A diffusion whose state depends on every cycle and every face, slow enough to be hit, that hits itself where `args.faults`
 * says. `frames: n` prints a line for every n-th state, which depends on all its cells.
 */
import { type Frame, grid, max, partitionKernel, sum } from 'haloweave';
import { atBegin, atWorkunit, type FaultPlan } from '../../support/faults/fault-points.js';

export default partitionKernel(({ args }) => {
  const given = args.faults as FaultPlan | string | undefined;
  // On the command line it is text.
  const plan = typeof given === 'string' ? (JSON.parse(given) as FaultPlan) : given;
  const ms = Number(args.ms ?? 0);
  const nobody = new Int32Array(new SharedArrayBuffer(4));
  atBegin(plan);
  const every = Number(args.frames ?? 0);
  const output = {
    every,
    fields: ['u' as const],
    write({ cycle, fields }: Frame) {
      let all = 0;
      for (const u of fields.u!.data as Float64Array) all = (all * 31 + u) % 1e6;
      console.log(`frame ${cycle}: ${all}`);
    },
  };
  return {
    ...(every > 0 ? { output } : {}),
    partition: ({ parts }) =>
      grid({ shape: [32, 24], parts, halo: 1, boundary: 'periodic', fields: { u: 'f64', next: 'f64' } }),
    setup: (part) => part.fill('u', ([i = 0, j = 0]) => ((i * 37 + j * 91) % 101) / 101),
    workunit(part, { cycle }) {
      Atomics.wait(nobody, 0, 0, ms);
      atWorkunit(plan, part.id, cycle);
      const [n = 0, m = 0] = part.shape;
      const { data: u, offset, stride } = part.u;
      const row = stride[0]!;
      const next = part.next.data;
      for (let i = 0; i < n; i++)
        for (let c = offset + i * row; c < offset + i * row + m; c++)
          next[c] =
            u[c]! * (1 + 0.01 * Math.sign(u[c]! - 0.5)) +
            0.2 * (u[c - row]! + u[c + row]! + u[c - 1]! + u[c + 1]! - 4 * u[c]!);
      part.swap('u', 'next');
    },
    share: () => ['u'],
    measure: { heat: sum('u'), most: max('u') },
  };
});
