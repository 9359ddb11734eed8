import { afterAll, describe, expect, it } from 'vitest';
import { HaloweaveError } from '../../../../core/base/errors.js';
import type { MessageCollectives } from '../../../../core/comm/message-collectives.js';
import type { Operation } from '../../../../core/comm/operation.js';
import type { Buffer } from '../../../../core/comm/payload.js';
import type { Request } from '../../../../core/comm/request.js';
import { Heap } from '../../../../core/memory/heap.js';
import { ndarray } from '../../../../core/memory/ndarray.js';
import { concat, max, sum } from '../../../support/operations.js';
import { SimulatedNetwork, simulatedRanks } from '../../../support/simulated-network.js';

const heap = Heap.create({ arenaBytes: 64 << 20 });
afterAll(() => heap.close());

type Start = (c: MessageCollectives, r: number) => Request<unknown>;

/**
 * Every rank goes on as far as it gets, through a second call too if the first is over; the code and message of the
 * error that it meets, by rank.
 */
function errorsOf(p: number, ...starts: Start[]): (string | undefined)[] {
  const ranks = simulatedRanks(new SimulatedNetwork({ ranks: p, heap }));
  const errors = new Array<string | undefined>(p);
  for (const start of starts) {
    const attempts = ranks.map(({ collectives, rank }) => attempt(() => start(collectives, rank)));
    for (let pass = 0; pass < 20 * p; pass++) for (const r of ranks) r.endpoint.advance();
    attempts.forEach(({ value, error }, r) => {
      errors[r] ??= error ?? (value?.complete ? attempt(() => value.wait()).error : BLOCKED);
    });
  }
  return errors;
}

function attempt<T>(f: () => T): { value?: T; error?: string } {
  try {
    return { value: f() };
  } catch (error) {
    expect(error).toBeInstanceOf(HaloweaveError);
    return { error: `${(error as HaloweaveError).code}: ${(error as HaloweaveError).message}` };
  }
}

const BLOCKED = 'blocked';
const MUST = 'all ranks must make the same calls in the same order';
const ONE_FORM = 'all ranks must pass values of one form';

describe('ranks in different collectives', () => {
  it('name both calls, with their operations', () => {
    const [zero, one] = errorsOf(2, (c, r) => c.iallreduce(r, r === 0 ? sum : max));
    expect(zero).toBe(
      `program: ranks are in different collectives: rank 0 calls allreduce (sum), rank 1 calls allreduce (max); ${MUST}`,
    );
    expect(one).toBe(
      `program: ranks are in different collectives: rank 1 calls allreduce (max), rank 0 calls allreduce (sum); ${MUST}`,
    );
  });

  it('notice whatever the two are, on one rank at least', () => {
    const calls: [string, Start][] = [
      ['barrier', (c) => c.ibarrier()],
      ['allgather', (c) => c.iallgather(1)],
      ['alltoall', (c) => c.ialltoallv([1, 2, 3])],
      ['allreduce (max)', (c) => c.iallreduce(1, max)],
      ['allreduce (sum)', (c) => c.iallreduce(1, sum)],
      ['allreduce (a function)', (c) => c.iallreduce('x', concat)],
      ['reduceScatter (max)', (c) => c.ireduceScatter([1, 2, 3], max)],
      ['scan (sum)', (c) => c.iscan(1, sum)],
      ['exscan (a function)', (c) => c.iexscan('x', concat)],
      ['gather (root 0)', (c) => c.igather(1, 0)],
      ['reduce (max)', (c) => c.ireduce(1, max, 0)],
      ['bcast (root 0)', (c) => c.ibcast(1, 0)],
      ['scatter (root 0)', (c) => c.iscatter([1, 2, 3], 0)],
    ];
    for (const [a, startA] of calls)
      for (const [b, startB] of calls) {
        if (a === b) continue;
        // Whoever left its call unharmed finds out at the next.
        const errors = errorsOf(
          3,
          (c, r) => (r === 1 ? startB(c, r) : startA(c, r)),
          (c) => c.ibarrier(),
        );
        const found = errors.filter((e) => e?.includes('ranks are in different collectives'));
        // Where no message meets a rank that can tell, ranks wait for each other: the deadlock's list names both calls.
        if (found.length === 0) expect(errors, `${a} against ${b}`).toContain(BLOCKED);
        else for (const name of [a, b]) expect(found[0]).toContain(`calls ${name}`);
      }
  });

  it('with different roots are named with them', () => {
    const root = (r: number): number => (r === 1 ? 1 : 0);
    const name = /rank \d calls (bcast|scatter) \(root [01]\), rank \d calls \1 \(root [01]\)/;
    for (const start of [
      (c, r) => c.ibcast(1, root(r)),
      (c, r) => c.iscatter([1, 2, 3], root(r)),
    ] as Start[]) {
      const errors = errorsOf(3, start, (c) => c.ibarrier());
      expect(errors.join(' | ')).toMatch(name);
    }
    // Roots of a gather wait for each other, each with its own root in the list of a deadlock.
    const ranks = simulatedRanks(new SimulatedNetwork({ ranks: 3, heap }));
    const requests = ranks.map(({ collectives, rank }) => collectives.igather(1, root(rank)));
    for (let pass = 0; pass < 10; pass++) for (const r of ranks) r.endpoint.advance();
    expect(
      requests.map((r) => (r.complete ? null : `${r.waitsFor.operation} for ${r.waitsFor.peer}`)),
    ).toEqual(['igather (root 0) for 1', 'igather (root 1) for 2', null]);
    // A reduction has no room for it: the result that nobody waited for is left.
    const left = errorsOf(
      2,
      (c, r) => c.ireduce(1, sum, r === 1 ? 0 : 1),
      (c) => c.ibarrier(),
    );
    expect(left[1]).toBe(
      'program: rank 0 has sent a message that rank 1 did not need in reduce (sum): ranks differ about the root or the sizes; all ranks must pass the same',
    );
  });
});

describe('operands of a reduction that do not go together', () => {
  it('name both sides', () => {
    const of = (a: unknown, b: unknown, op: Operation = max): (string | undefined)[] =>
      errorsOf(2, (c, r) => c.iallreduce(r === 0 ? a : b, op));
    const text = (mine: string, theirs: string): string =>
      `program: iallreduce: rank 0 passes ${mine}, rank 1 passes ${theirs}; ${ONE_FORM}`;
    const f64 = (n: number): Float64Array => new Float64Array(n);
    expect(of(f64(3), f64(4))[0]).toBe(text('an array of 3 f64', 'an array of 4 f64'));
    expect(of(f64(3), new Int8Array(3))[0]).toBe(text('an array of 3 f64', 'an array of 3 i8'));
    expect(of(1, f64(1))[0]).toBe(text('a number', 'an array of 1 f64'));
    expect(of(f64(6), ndarray(f64(6), [2, 3]))[0]).toBe(
      text('an array of 6 f64', 'an ndarray of shape [2, 3] of f64'),
    );
    expect(of(ndarray(f64(6), [3, 2]), ndarray(f64(6), [2, 3]))[0]).toBe(
      text('an ndarray of shape [3, 2] of f64', 'an ndarray of shape [2, 3] of f64'),
    );
    // Large: shares of the elements meet.
    expect(of(f64(5000), f64(5001), sum)[0]).toBe(text('an array of 5000 f64', 'an array of 5001 f64'));
    expect(of(1, true)[0]).toBe(text('a number', 'a boolean'));
  });

  it('in every reduction, with the rank that differs', () => {
    const value = (r: number): Float64Array => new Float64Array(r === 3 ? 2 : 1);
    const calls: Start[] = [
      (c, r) => c.ireduce(value(r), sum, 0),
      (c, r) => c.iallreduce(value(r), sum),
      (c, r) => c.iscan(value(r), sum),
      (c, r) => c.iexscan(value(r), max),
      (c, r) =>
        c.ireduceScatter(
          Array.from({ length: 5 }, () => value(r)),
          max,
        ),
    ];
    for (const start of calls) {
      const found = errorsOf(5, start).filter((e) => e !== undefined && e !== BLOCKED);
      expect(found.length).toBeGreaterThan(0);
      for (const e of found) {
        expect(e).toMatch(/rank \d passes an array of [12] f64, rank \d passes an array of [12] f64/);
        expect(e).toContain('rank 3 passes an array of 2 f64');
      }
    }
  });

  it('are not looked for with a user’s function', () => {
    expect(errorsOf(3, (c, r) => c.iallreduce(r === 1 ? 7 : 'x', concat))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('buffers that do not fit', () => {
  const FIT = 'dtype and count must be the same on both sides';
  const misfits = (n: number, dtype: 'f64' | 'i8', value: unknown, give: (into: Buffer) => Start) => {
    const into = dtype === 'f64' ? new Float64Array(n) : new Int8Array(n);
    const errors = errorsOf(3, (c, r) => give(into)(c, r));
    return [errors.find((e) => e !== undefined), value];
  };

  it('name both sides, small and large', () => {
    for (const n of [3, 5000]) {
      const value = new Float64Array(n);
      const room = n + 1;
      const gather = misfits(room, 'f64', value, (into) => (c, r) => {
        const own = value;
        return c.igather(own, 0, r === 0 ? [own, into, own.slice()] : null);
      });
      expect(gather[0]).toBe(
        `truncated: igather: rank 1 passes an array of ${n} f64 where rank 0 has room for ${room} f64: ${FIT}`,
      );
      const bcast = misfits(n, 'i8', value, (into) => (c, r) => c.ibcast(value, 2, r === 1 ? into : null));
      expect(bcast[0]).toBe(
        `truncated: ibcast: rank 2 passes an array of ${n} f64 where rank 1 has room for ${n} i8: ${FIT}`,
      );
    }
    const text = misfits(
      3,
      'f64',
      'x',
      (into) => (c, r) => c.iscatter(['a', 'b', 'c'], 0, r === 2 ? into : null),
    );
    expect(text[0]).toBe(
      `truncated: iscatter: rank 0 passes a structured value where rank 2 has room for 3 f64: ${FIT}`,
    );
  });
});

describe('after an error', () => {
  it('every later collective of the communicator says so', () => {
    const ranks = simulatedRanks(new SimulatedNetwork({ ranks: 2, heap }));
    const requests = ranks.map(({ collectives: c, rank }) => (rank === 0 ? c.ibarrier() : c.iallgather(1)));
    for (let pass = 0; pass < 10; pass++) for (const r of ranks) r.endpoint.advance();
    expect(requests.every((r) => r.complete)).toBe(true);
    for (const { collectives, rank } of ranks)
      expect(() => collectives.iallreduce(1, sum)).toThrow(
        new RegExp(
          `^iallreduce: an earlier collective of this communicator failed on rank ${rank} \\(ranks are in different collectives: .*\\), so its ranks are out of step: make no further collective calls on it$`,
        ),
      );
  });

  it('so it does after a deadline has passed', () => {
    const [zero] = simulatedRanks(new SimulatedNetwork({ ranks: 2, heap }));
    const call = (): unknown => zero!.collectives.allreduce(1, sum, performance.now() - 1);
    let error: unknown;
    try {
      call();
    } catch (e) {
      error = e;
    }
    expect(error).toMatchObject({ code: 'timeout' });
    expect((error as Error).message).toContain('allreduce');
    expect(call).toThrow('an earlier collective of this communicator failed on rank 0');
  });

  it('what others are still to get from the rank that failed goes on', () => {
    const ranks = simulatedRanks(new SimulatedNetwork({ ranks: 3, heap }));
    const n = 20_000;
    // Rank 0 sends its large values before it finds that rank 1's does not fit.
    const requests = ranks.map(({ collectives: c, rank }) =>
      c.ialltoallv(
        Array.from({ length: 3 }, (_, s) => new Float64Array(n).fill(10 * rank + s)),
        rank === 0 ? [new Float64Array(n), new Float64Array(1), new Float64Array(n)] : null,
      ),
    );
    for (let pass = 0; pass < 100; pass++) for (const r of ranks) r.endpoint.advance();
    expect(() => requests[0]!.wait()).toThrow(
      'rank 1 passes an array of 20000 f64 where rank 0 has room for 1 f64',
    );
  });
});
