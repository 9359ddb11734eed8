import { afterAll, describe, expect, it } from 'vitest';
import type { MessageCollectives } from '../../../../core/comm/message-collectives.js';
import type { Buffer } from '../../../../core/comm/payload.js';
import type { Request } from '../../../../core/comm/request.js';
import { Heap } from '../../../../core/memory/heap.js';
import { ndarray } from '../../../../core/memory/ndarray.js';
import { sameBits } from '../../../support/same-bits.js';
import { all, simulatedRun } from '../../../support/simulated-run.js';

const heap = Heap.create({ arenaBytes: 64 << 20 });
afterAll(() => heap.close());

const P = 5;
const filled = (r: number, n: number): Float64Array =>
  Float64Array.from({ length: n }, (_, k) => r * 2 ** 21 + k);
const run = (start: (c: MessageCollectives, r: number) => Request<unknown>): unknown[] => {
  const { values, left } = simulatedRun({ ranks: P, heap }, start);
  expect(left).toBeNull();
  return values;
};

describe.each([
  ['small', 3],
  ['large', 9000],
])('buffers for %s values', (_, n) => {
  const buffers = (): Float64Array[] => all(P, () => new Float64Array(n));

  it('are what comes back, and hold what arrived; what a rank gives itself is copied', () => {
    for (const [expected, start] of [
      [(_r: number) => all(P, (s) => filled(s, n)), (c, r, into) => c.iallgather(filled(r, n), into)],
      [
        (r: number) => (r === 2 ? all(P, (s) => filled(s, n)) : null),
        (c, r, into) => c.igather(filled(r, n), 2, r === 2 ? into : null),
      ],
      [
        (r: number) => all(P, (s) => filled(10 * s + r, n)),
        (c, r, into) =>
          c.ialltoallv(
            all(P, (s) => filled(10 * r + s, n)),
            into,
          ),
      ],
    ] as [(r: number) => unknown, (c: MessageCollectives, r: number, into: Buffer[]) => Request<unknown>][]) {
      const into = all(P, buffers);
      const values = run((c, r) => start(c, r, into[r]!));
      values.forEach((v, r) => {
        expect(sameBits(v, expected(r))).toBe(true);
        if (v) expect((v as unknown[]).every((x, s) => x === into[r]![s])).toBe(true);
      });
    }
    for (const start of [
      (c, r, into) => c.ibcast(r === 3 ? filled(7, n) : null, 3, into),
      (c, r, into) => c.iscatter(r === 3 ? all(P, () => filled(7, n)) : null, 3, into),
    ] as ((c: MessageCollectives, r: number, into: Buffer) => Request<unknown>)[]) {
      const into = buffers();
      const values = run((c, r) => start(c, r, into[r]!));
      values.forEach((v, r) => {
        expect(v).toBe(into[r]);
        expect(sameBits(v, filled(7, n))).toBe(true);
      });
    }
  });

  it('may be strided', () => {
    const into = all(P, () => ndarray(new Float64Array(2 * n).fill(-1), [n], [2]));
    run((c, r) => c.ibcast(filled(1, n), 0, into[r]!));
    for (const [r, b] of into.entries()) {
      expect(
        sameBits(
          b.data.filter((_, k) => k % 2 === 0),
          filled(1, n),
        ),
      ).toBe(true);
      expect(
        b.data.every((x, k) => k % 2 === 0 || x === -1),
        `rank ${r}`,
      ).toBe(true);
    }
  });

  it('may be the values themselves', () => {
    const gathered = all(P, (r) => all(P, (s) => (s === r ? filled(r, n) : new Float64Array(n))));
    run((c, r) => c.iallgather(gathered[r]![r], gathered[r]!));
    for (const g of gathered)
      expect(
        sameBits(
          g,
          all(P, (s) => filled(s, n)),
        ),
      ).toBe(true);
    // One block for all, cut into views: what arrives must not overwrite what is still to go.
    const blocks = all(P, (r) => {
      const block = new Float64Array(P * n);
      for (let s = 0; s < P; s++) block.set(filled(10 * r + s, n), s * n);
      return block;
    });
    const views = blocks.map((b) => all(P, (s) => b.subarray(s * n, (s + 1) * n)));
    run((c, r) => c.ialltoallv(views[r]!, views[r]!));
    for (const [r, v] of views.entries())
      expect(
        sameBits(
          v,
          all(P, (s) => filled(10 * s + r, n)),
        ),
      ).toBe(true);
  });
});
