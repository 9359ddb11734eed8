/**
 * Heat in a periodic box: u ← u + r·(sum of the four neighbours − 4u), r = κΔt/h².
 *
 *   npx haloweave run examples/heat.ts -n 4 --cycles 1000 --hash
 *   npx haloweave run examples/heat.ts --cycles 100 -- --shape 64x48 --r 0.2 --mode 3,2
 *
 * The total heat stays what it was. With --mode k,l the start is the cosine cos(2πki/N)·cos(2πlj/M),
 * which every cycle multiplies by exactly 1 − 4r(sin²(πk/N) + sin²(πl/M)): results.maxError is the
 * greatest difference from that. Builds on ring; the kernel sends the messages.
 */
import { grid, max, partitionKernel, sum } from 'haloweave';

export default partitionKernel(({ args }) => {
  const [rows = 512, columns = 512] = String(args.shape ?? '512x512')
    .split('x')
    .map(Number);
  const r = Number(args.r ?? 0.2);
  const mode = args.mode === undefined ? null : String(args.mode).split(',').map(Number);
  const [k = 0, l = 0] = mode ?? [];
  const wave = (i: number, j: number) =>
    Math.cos((2 * Math.PI * k * i) / rows) * Math.cos((2 * Math.PI * l * j) / columns);
  const factor = 1 - 4 * r * (Math.sin((Math.PI * k) / rows) ** 2 + Math.sin((Math.PI * l) / columns) ** 2);

  return {
    partition: ({ parts }) =>
      grid({
        shape: [rows, columns],
        parts,
        halo: 1,
        boundary: 'periodic',
        fields: { u: 'f64', next: 'f64' },
      }),

    setup: (part) =>
      part.fill('u', ([i = 0, j = 0]) => (mode ? wave(i, j) : ((i * 37 + j * 91) % 101) / 101)),

    workunit(part) {
      const [n = 0, m = 0] = part.shape;
      const { data: u, offset, stride } = part.u;
      const next = part.next.data;
      const row = stride[0]!;
      for (let i = 0; i < n; i++) {
        const first = offset + i * row;
        for (let c = first; c < first + m; c++)
          next[c] = u[c]! + r * (u[c - row]! + u[c + row]! + u[c - 1]! + u[c + 1]! - 4 * u[c]!);
      }
      part.swap('u', 'next');
    },

    share: () => ['u'],

    measure: {
      heat: sum('u'),
      ...(mode && {
        maxError: max((part, add, { cycle }) => {
          const amplitude = factor ** cycle;
          part.each((flat, [i = 0, j = 0]) => add(Math.abs(part.u.data[flat]! - amplitude * wave(i, j))));
        }),
      }),
    },
    measureEvery: 100,

    report: ({ measures }) => ({ ...measures }),
  };
});
