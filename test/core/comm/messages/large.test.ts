import { afterAll, describe, expect, it } from 'vitest';
import type { MessageCollectives } from '../../../../core/comm/message-collectives.js';
import { bundledBytes, exchangePays, MESSAGE_COST, sharesPay } from '../../../../core/comm/messages/cost.js';
import type { Request } from '../../../../core/comm/request.js';
import { Heap } from '../../../../core/memory/heap.js';
import { type NdArray, ndarray } from '../../../../core/memory/ndarray.js';
import { fastSum, max, sum } from '../../../support/operations.js';
import { sameBits } from '../../../support/same-bits.js';
import { all, type SimulatedRun, simulatedRun } from '../../../support/simulated-run.js';

const heap = Heap.create({ arenaBytes: 256 << 20 });
afterAll(() => heap.close());

const SIZES = [1, 2, 3, 4, 5, 7, 8, 9, 13, 16, 17, 33];
const up = (p: number): number => Math.ceil(Math.log2(p));
const total = (sent: readonly number[]): number => sent.reduce((a, b) => a + b, 0);
const roots = (p: number): number[] => [...new Set([0, p - 1])];

function run(p: number, start: (c: MessageCollectives, r: number) => Request<unknown>): SimulatedRun {
  const blocks = heap.blocks;
  const result = simulatedRun({ ranks: p, heap }, start);
  expect(result.left).toBeNull();
  expect(heap.blocks, 'blocks of the heap that nobody gave back').toBe(blocks);
  return result;
}

/** Whole numbers that name their rank and place. */
const filled = (r: number, n: number): Float64Array =>
  Float64Array.from({ length: n }, (_, k) => r * 2 ** 21 + k);

describe.each(SIZES)('large values on %i ranks', (p) => {
  const L = up(p);
  const children = (d: number): number => {
    let n = 0;
    for (let step = 1; d + step < p && (d & step) === 0; step *= 2) n++;
    return n;
  };

  it('bcast: the form down the tree; then whole along it, or in shares round a ring', () => {
    for (const [n, root] of [1000, 60_000].flatMap((n) => roots(p).map((r) => [n, r] as const))) {
      const shares = sharesPay(n * 8, p);
      for (const value of [filled(1, n), ndarray(filled(2, n), [n / 10, 10])]) {
        const { values, sent, bytes } = run(p, (c, r) => c.ibcast(r === root ? value : null, root));
        for (const v of values) expect(sameBits(v, value)).toBe(true);
        const tree = all(p, (r) => 2 * children((r - root + p) % p));
        expect(sent).toEqual(tree.map((t) => t + (shares ? p - 1 : 0)));
        expect(total(sent)).toBe(2 * (p - 1) + (shares ? p * (p - 1) : 0));
        if (shares) expect(Math.max(...bytes)).toBeLessThan(2 * n * 8 + (2 * L + p) * 256);
      }
    }
    // The threshold is crossed within these sizes, so both have been seen.
    expect([sharesPay(8000, p), sharesPay(480_000, p)]).toEqual([false, p > 4]);
  });

  it('bcast of a structured value in shares', () => {
    const value = { text: 'x'.repeat(100_000), list: [1, 2] };
    for (const v of run(p, (c, r) => c.ibcast(r === 0 ? value : null, 0)).values) expect(v).toEqual(value);
  });

  it('gather and scatter: named in the bundles, then straight between owner and root', () => {
    const n = (r: number): number => (r % 3 === 0 ? 20_000 : r);
    for (const root of roots(p)) {
      const gathered = run(p, (c, r) => c.igather(filled(r, n(r)), root));
      expect(
        sameBits(
          gathered.values,
          all(p, (r) => (r === root ? all(p, (s) => filled(s, n(s))) : null)),
        ),
      ).toBe(true);
      expect(gathered.sent).toEqual(all(p, (r) => (r === root ? 0 : r % 3 === 0 ? 2 : 1)));
      const scattered = run(p, (c, r) =>
        c.iscatter(r === root ? all(p, (s) => filled(s, n(s))) : null, root),
      );
      expect(
        sameBits(
          scattered.values,
          all(p, (r) => filled(r, n(r))),
        ),
      ).toBe(true);
      const large = all(p, (r) => (r % 3 === 0 && r !== root ? 1 : 0));
      expect(scattered.sent).toEqual(
        all(p, (r) => children((r - root + p) % p) + (r === root ? total(large) : 0)),
      );
    }
  });

  it('allgather: large values go round a ring', () => {
    const n = (r: number): number => (r % 3 === 0 ? 10_000 : r);
    const given = all(p, (r) => filled(r, n(r)));
    const { values, sent } = run(p, (c, r) => c.iallgather(given[r]));
    expect(
      sameBits(
        values,
        all(p, () => given),
      ),
    ).toBe(true);
    const large = all(p, (r) => (r % 3 === 0 ? 1 : 0));
    expect(sent).toEqual(all(p, (r) => (p === 1 ? 0 : L + total(large) - large[(r + 1) % p]!)));
  });

  it('alltoall: large values pairwise', () => {
    const n = (r: number, s: number): number => ((r + 2 * s) % 3 === 0 ? 9000 : s);
    const { values, sent } = run(p, (c, r) => c.ialltoallv(all(p, (s) => filled(100 * r + s, n(r, s)))));
    expect(
      sameBits(
        values,
        all(p, (r) => all(p, (s) => filled(100 * s + r, n(s, r)))),
      ),
    ).toBe(true);
    const own = (r: number): number => total(all(p, (s) => (s !== r && (r + 2 * s) % 3 === 0 ? 1 : 0)));
    expect(sent).toEqual(all(p, (r) => L + own(r)));
  });

  it('allreduce: shares of the raw elements pairwise and round a ring; no accumulator travels', () => {
    const n = 20_000;
    const given = all(p, (r) => Float64Array.from({ length: n }, (_, k) => (k % 7) * 0.1 * (r + 1)));
    for (const op of [sum, fastSum, max]) {
      const partialBytes = op === sum ? 280 * n : 8 * n;
      const exchange = exchangePays(8 * n, partialBytes, p);
      if (op === sum) {
        expect(exchange).toBe(p > 1);
        if (!exchange) continue;
      }
      const { values, sent, largest } = run(p, (c, r) => c.iallreduce(given[r], op));
      const expected = op.fold(given);
      expect(
        sameBits(
          values,
          all(p, () => expected),
        ),
      ).toBe(true);
      if (!exchange) continue;
      expect(sent).toEqual(all(p, () => 2 * (p - 1)));
      expect(largest).toBeLessThanOrEqual(Math.ceil(n / p) * 8 + 64);
    }
    expect(exchangePays(8 * n, 8 * n, p)).toBe(p > 4);
  });

  it('reduce: shares pairwise, then gathered by a binomial tree', () => {
    const n = 3001;
    const given = all(p, (r) => Float64Array.from({ length: n }, (_, k) => ((k % 11) + r) * 0.3));
    const expected = sum.fold(given);
    for (const root of roots(p)) {
      if (!exchangePays(8 * n, 280 * n, p)) continue;
      const { values, sent } = run(p, (c, r) => c.ireduce(given[r], sum, root));
      values.forEach((v, r) => {
        if (r === root) expect(sameBits(v, expected)).toBe(true);
        else expect(v).toBeUndefined();
      });
      expect(sent).toEqual(all(p, (r) => (r === root ? p - 1 : p)));
      expect(total(sent)).toBe(p * p - 1);
    }
  });

  it('scan and exscan: shares pairwise there and back', () => {
    const n = 2000;
    if (!exchangePays(8 * n, 280 * n, p)) return;
    const given = all(p, (r) => Float64Array.from({ length: n }, (_, k) => ((k % 5) - r) * 0.7));
    const prefixes = all(p, (r) => sum.fold(given.slice(0, r + 1)));
    const scan = run(p, (c, r) => c.iscan(given[r], sum));
    expect(sameBits(scan.values, prefixes)).toBe(true);
    expect(scan.sent).toEqual(all(p, () => 2 * (p - 1)));
    const before = run(p, (c, r) => c.iexscan(given[r], sum));
    expect(sameBits(before.values, [undefined, ...prefixes.slice(0, -1)])).toBe(true);
    expect(before.sent).toEqual(all(p, (r) => (r === 0 ? 2 * (p - 1) : 2 * p - 3)));
  });

  it('reductions of ndarrays keep their shape', () => {
    const given = all(p, (r) => ndarray(filled(r, 60), [3, 4, 5]));
    const strided = all(p, (r) => ndarray(filled(r, 120), [3, 4, 5], [40, 10, 2]));
    for (const [value, expected] of [
      [given, filled(p - 1, 60)],
      [strided, filled(p - 1, 120).filter((_, k) => k % 2 === 0)],
    ] as const)
      for (const start of [
        (c: MessageCollectives, r: number) => c.iallreduce(value[r], max),
        (c: MessageCollectives, r: number) => c.iscan(value[r], max),
        (c: MessageCollectives, r: number) =>
          c.ireduceScatter(
            all(p, () => value[r]),
            max,
          ),
      ]) {
        const last = run(p, start).values[p - 1] as NdArray;
        expect(last.shape).toEqual([3, 4, 5]);
        expect(last.data).toEqual(expected);
      }
    const n = 30_000;
    const large = all(p, (r) => ndarray(filled(r, n), [n / 10, 10]));
    for (const v of run(p, (c, r) => c.iallreduce(large[r], max)).values as NdArray[]) {
      expect(v.shape).toEqual([n / 10, 10]);
      expect(sameBits(v.data, filled(p - 1, n))).toBe(true);
    }
  });
});

describe('thresholds', () => {
  it('are those that the documentation names', () => {
    expect(MESSAGE_COST).toBe(4096);
    expect([1, 2, 3, 4, 8, 64].map(bundledBytes)).toEqual([4096, 4096, 2048, 2048, 1365, 682]);
    // 3b > 2b + (3 + 7)·4096
    expect([40_960, 40_961].map((b) => sharesPay(b, 8))).toEqual([false, true]);
    // An exact sum on two ranks: 276·n > 16·n + 2·4096
    expect([31, 32].map((n) => exchangePays(8 * n, 276 * n, 2))).toEqual([false, true]);
  });
});
