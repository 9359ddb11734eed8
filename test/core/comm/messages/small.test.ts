import { afterAll, describe, expect, it } from 'vitest';
import type { MessageCollectives } from '../../../../core/comm/message-collectives.js';
import type { Request } from '../../../../core/comm/request.js';
import { Heap } from '../../../../core/memory/heap.js';
import { concat, fastSum, max, sum } from '../../../support/operations.js';
import { all, type SimulatedRun, simulatedRun } from '../../../support/simulated-run.js';

const heap = Heap.create({ arenaBytes: 64 << 20 });
afterAll(() => heap.close());

const SIZES = [...Array.from({ length: 17 }, (_, k) => k + 1), 31, 32, 33, 63, 64];
const up = (p: number): number => Math.ceil(Math.log2(p));
const down = (p: number): number => Math.floor(Math.log2(p));

/** Every rank starts one call; nobody may have anything left over. */
function run(p: number, start: (c: MessageCollectives, r: number) => Request<unknown>): SimulatedRun {
  const result = simulatedRun({ ranks: p, heap }, start);
  expect(result.left).toBeNull();
  return result;
}

/** At most the documented rounds; exactly as many where P is a power of two. */
function expectRounds(rounds: number, documented: number, p: number): void {
  expect(rounds).toBeLessThanOrEqual(documented);
  if (2 ** down(p) === p) expect(rounds).toBe(documented);
}

const total = (sent: readonly number[]): number => sent.reduce((a, b) => a + b, 0);
const roots = (p: number): number[] => [...new Set([0, 1, p >> 1, p - 1])].filter((r) => r < p);
/** Children in the binomial tree of the rank that is d places after the root. */
function children(d: number, p: number): number {
  let n = 0;
  for (let step = 1; d + step < p && (d & step) === 0; step *= 2) n++;
  return n;
}

describe.each(SIZES)('small values on %i ranks', (p) => {
  const L = up(p);
  const l = down(p);
  const away = (r: number, root: number): number => (r - root + p) % p;

  it('barrier: ⌈log₂P⌉ messages a rank, as many rounds', () => {
    const { sent, rounds } = run(p, (c) => c.ibarrier());
    expect(sent).toEqual(all(p, () => L));
    expect(rounds).toBe(L);
  });

  it('bcast: a message for each child, ⌈log₂P⌉ rounds', () => {
    for (const root of roots(p))
      for (const value of [-0, 'text', new Float64Array([1.5, -0]), { a: [1, 2n] }]) {
        const { values, sent, rounds } = run(p, (c, r) => c.ibcast(r === root ? value : undefined, root));
        expect(values).toEqual(all(p, () => value));
        expect(values[root]).toBe(value);
        expect(sent).toEqual(all(p, (r) => children(away(r, root), p)));
        expectRounds(rounds, L, p);
      }
  });

  it('gather: a message a rank, ⌈log₂P⌉ rounds, any sizes', () => {
    for (const root of roots(p)) {
      const { values, sent, rounds } = run(p, (c, r) => c.igather(new Int16Array(r).fill(r), root));
      expect(values).toEqual(all(p, (r) => (r === root ? all(p, (s) => new Int16Array(s).fill(s)) : null)));
      expect(sent).toEqual(all(p, (r) => (r === root ? 0 : 1)));
      expectRounds(rounds, L, p);
    }
  });

  it('scatter: a message for each child, ⌈log₂P⌉ rounds', () => {
    for (const root of roots(p)) {
      const { values, sent, rounds } = run(p, (c, r) =>
        c.iscatter(r === root ? all(p, (s) => ({ to: s })) : null, root),
      );
      expect(values).toEqual(all(p, (r) => ({ to: r })));
      expect(sent).toEqual(all(p, (r) => children(away(r, root), p)));
      expectRounds(rounds, L, p);
    }
  });

  it('allgather: ⌈log₂P⌉ messages a rank, as many rounds, any sizes', () => {
    const given = all(p, (r) => new BigInt64Array(r % 3).fill(BigInt(r)));
    const { values, sent, rounds } = run(p, (c, r) => c.iallgather(given[r]));
    expect(values).toEqual(all(p, () => given));
    values.forEach((v, r) => {
      expect((v as unknown[])[r]).toBe(given[r]);
    });
    expect(sent).toEqual(all(p, () => L));
    expect(rounds).toBe(L);
  });

  it('alltoall: ⌈log₂P⌉ messages a rank, as many rounds, any sizes', () => {
    const { values, sent, rounds } = run(p, (c, r) =>
      c.ialltoallv(all(p, (s) => new Float64Array((r + s) % 4).fill(100 * r + s))),
    );
    expect(values).toEqual(all(p, (r) => all(p, (s) => new Float64Array((r + s) % 4).fill(100 * s + r))));
    expect(sent).toEqual(all(p, () => L));
    expect(rounds).toBe(L);
  });

  it('reduce: a message a rank up the preorder tree, ⌊log₂P⌋ rounds; one more to a root other than 0', () => {
    for (const root of roots(p)) {
      const letters = all(p, (r) => String.fromCharCode(65 + r));
      const { values, sent, rounds } = run(p, (c, r) => c.ireduce(letters[r], concat, root));
      expect(values).toEqual(all(p, (r) => (r === root ? concat.fold(letters) : undefined)));
      expect(sent).toEqual(all(p, (r) => (r === 0 && root === 0 ? 0 : 1)));
      expect(rounds).toBe(l + (root === 0 ? 0 : 1));
    }
  });

  it('allreduce in any order: recursive doubling, ⌊log₂P⌋ rounds and two if P is no power of two', () => {
    const terms = all(p, (r) => [1e308, 1, -1e308, 2 ** -60][r % 4]! * (r + 1));
    const { values, sent, rounds } = run(p, (c, r) => c.iallreduce(terms[r], sum));
    expect(values).toEqual(all(p, () => sum.fold(terms)));
    const extra = p - 2 ** l;
    expect(sent).toEqual(all(p, (r) => (r >= 2 * extra ? l : r % 2 === 0 ? 1 : l + 1)));
    expect(total(sent)).toBe(l * 2 ** l + 2 * extra);
    expectRounds(rounds, extra === 0 ? l : l + 2, p);
  });

  it('allreduce in order: up the tree and down again, ⌊log₂P⌋ + ⌈log₂P⌉ rounds', () => {
    const terms = all(p, (r) => 0.1 * (r + 1) ** 3);
    for (const [op, given] of [
      [concat, all(p, (r) => `<${r}>`)],
      [fastSum, terms],
      [fastSum, all(p, (r) => Float64Array.of(terms[r]!, -terms[r]!))],
    ] as const) {
      const { values, sent, rounds } = run(p, (c, r) => c.iallreduce(given[r], op));
      expect(values).toEqual(all(p, () => op.fold(given)));
      expect(sent).toEqual(all(p, (r) => (r === 0 ? 0 : 1) + children(r, p)));
      expect(total(sent)).toBe(2 * (p - 1));
      expectRounds(rounds, l + L, p);
    }
  });

  it('reduceScatter: ⌈log₂P⌉ messages a rank, as many rounds', () => {
    const term = (r: number, s: number): number => (r + 1) * 1e10 + 1 / (s + 1);
    const number = run(p, (c, r) =>
      c.ireduceScatter(
        all(p, (s) => term(r, s)),
        max,
      ),
    );
    expect(number.values).toEqual(all(p, (r) => Math.max(...all(p, (s) => term(s, r)))));
    expect([number.sent, number.rounds]).toEqual([all(p, () => L), L]);
    const array = run(p, (c, r) =>
      c.ireduceScatter(
        all(p, (s) => Float64Array.of(term(r, s), r)),
        fastSum,
      ),
    );
    expect(array.values).toEqual(all(p, (r) => fastSum.fold(all(p, (s) => Float64Array.of(term(s, r), s)))));
    expect([array.sent, array.rounds]).toEqual([all(p, () => L), L]);
    const text = run(p, (c, r) =>
      c.ireduceScatter(
        all(p, (s) => `${r}>${s} `),
        concat,
      ),
    );
    expect(text.values).toEqual(all(p, (r) => concat.fold(all(p, (s) => `${s}>${r} `))));
  });

  it('scan: a message to each rank 2^k ahead, ⌈log₂P⌉ rounds; exscan: one more', () => {
    const ahead = (r: number): number => (r === p - 1 ? 0 : down(p - 1 - r) + 1);
    for (const [op, given] of [
      [concat, all(p, (r) => `<${r}>`)],
      [fastSum, all(p, (r) => 0.1 * (r + 1) ** 3)],
      [sum, all(p, (r) => Float64Array.of(r, 1e300 * (-1) ** r))],
    ] as const) {
      const scan = run(p, (c, r) => c.iscan(given[r], op));
      expect(scan.values).toEqual(all(p, (r) => op.prefix(given, r)));
      expect(scan.sent).toEqual(all(p, ahead));
      expectRounds(scan.rounds, L, p);
      expect(total(scan.sent)).toBe(p * L - 2 ** L + 1);
      const before = run(p, (c, r) => c.iexscan(given[r], op));
      expect(before.values).toEqual(all(p, (r) => (r === 0 ? undefined : op.prefix(given, r - 1))));
      expect(before.sent).toEqual(all(p, (r) => ahead(r) + (r < p - 1 ? 1 : 0)));
      expect(before.rounds).toBeLessThanOrEqual(L + 1);
    }
  });
});
