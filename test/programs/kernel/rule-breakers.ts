/** Programs that break the kernel's rules, one a name (`--fault`). Without one it keeps them all. */
import { grid, max, partitionKernel, sum } from 'haloweave';

type Fields = { u: 'f64'; q: 'f64'; next: 'f64'; old: 'f64' };

let calls = 0;
const remembered = new Map<number, number>();

export default partitionKernel<Fields>(({ args }) => {
  const fault = String(args.fault ?? 'none');
  const is = (name: string): boolean => fault === name;
  let asked = 0;
  calls = 0;
  remembered.clear();
  return {
    partition: ({ parts }) =>
      grid({ shape: [12, 10], parts, fields: { u: 'f64', q: 'f64', next: 'f64', old: 'f64' } }),
    setup: (part) =>
      part.fill('u', ([i = 0, j = 0]) => (is('random start') ? Math.random() : Math.sin(i * 10 + j))),
    phases: [
      {
        workunit(part, { cycle, rank }) {
          const { data: u, stride } = part.u;
          const [q, next] = [part.q.data, part.next.data];
          const row = stride[0]!;
          let extra = 0;
          if (cycle >= 2) {
            if (is('counter')) extra = ++calls;
            if (is('random')) extra = Math.random();
            if (is('rank')) extra = rank;
            if (is('closure')) {
              if (!remembered.has(part.id)) remembered.set(part.id, u[part.u.offset]!);
              extra = remembered.get(part.id)!;
            }
            if (is('property')) (part as { mine?: number }).mine = cycle;
            if (is('throws again')) {
              const place = 1000 * cycle + part.id;
              if (remembered.has(place)) throw new RangeError('called once too often');
              remembered.set(place, 0);
            }
            if (is('swaps at times') && calls++ % 2 === 1) part.swap('q', 'old');
            if (is('halo not shared')) extra = q[part.q.offset - row]!;
          }
          part.each((c) => {
            next[c] = u[c]! + 0.1 * (u[c - row]! + u[c + row]! + u[c - 1]! + u[c + 1]! - 4 * u[c]!) + extra;
            q[c] = next[c]! * next[c]!;
          });
          if (is('promise') && cycle >= 2) return Promise.resolve() as unknown as undefined;
        },
        share: () => (is('share') && asked++ > 0 ? ['u', 'q'] : []),
        reduce: { largest: max('next') },
      },
      {
        workunit(part, { reduced, control }) {
          const next = part.next.data;
          part.each((c) => {
            next[c] = next[c]! / (reduced.largest! + control.step!);
          });
          part.swap('u', 'next');
        },
        share: () => ['u'],
      },
    ],
    state: ['u'],
    measure: {
      ...(is('fast sum') && { fast: sum.fast<Fields>('u') }),
      total: sum((part, add) => {
        const u = part.u.data;
        part.each((c) => add(is('measure') ? u[c]! + calls++ : u[c]!));
      }),
    },
    control: {
      start: { step: 1 },
      next: ({ control }) => ({ step: is('control') ? calls++ : control.step! }),
    },
    until: () => is('until') && calls++ % 2 === 1,
  };
});
