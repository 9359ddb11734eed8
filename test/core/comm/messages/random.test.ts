import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { MessageCollectives } from '../../../../core/comm/message-collectives.js';
import type { Request } from '../../../../core/comm/request.js';
import { Heap } from '../../../../core/memory/heap.js';
import { concat, fastSum, max, sum } from '../../../support/operations.js';
import { sameBits } from '../../../support/same-bits.js';
import { drive, SimulatedNetwork, simulatedRanks } from '../../../support/simulated-network.js';
import { all } from '../../../support/simulated-run.js';

const heap = Heap.create({ arenaBytes: 256 << 20 });
afterAll(() => heap.close());

const filled = (r: number, n: number): Float64Array =>
  Float64Array.from({ length: n }, (_, k) => (r + 1) * 0.1 + (k % 13) * 1e-3);

interface Step {
  what: number;
  root: number;
  n: number;
}

type Case = [start: (c: MessageCollectives, r: number) => Request<unknown>, expected: (r: number) => unknown];

/** One call with its closed form. Sizes differ from rank to rank where they may. */
function makeCase(p: number, { what, root: anyRoot, n }: Step): Case {
  const root = anyRoot % p;
  const size = (r: number): number => Math.floor((n * ((r * 7) % 5)) / 4);
  const given = all(p, (r) => filled(r, n));
  const cases: Case[] = [
    [(c) => c.ibarrier(), () => undefined],
    [(c, r) => c.ibcast(r === root ? filled(root, n) : null, root), () => filled(root, n)],
    [
      (c, r) => c.igather(filled(r, size(r)), root),
      (r) => (r === root ? all(p, (s) => filled(s, size(s))) : null),
    ],
    [
      (c, r) => c.iscatter(r === root ? all(p, (s) => filled(s, size(s))) : null, root),
      (r) => filled(r, size(r)),
    ],
    [(c, r) => c.iallgather(filled(r, size(r))), () => all(p, (s) => filled(s, size(s)))],
    [
      (c, r) => c.ialltoallv(all(p, (s) => filled(10 * r + s, size(r + s)))),
      (r) => all(p, (s) => filled(10 * s + r, size(r + s))),
    ],
    [(c, r) => c.ireduce(given[r], fastSum, root), (r) => (r === root ? fastSum.fold(given) : undefined)],
    [(c, r) => c.iallreduce(given[r], sum), () => sum.fold(given)],
    [(c, r) => c.iallreduce(`${r}.`, concat), () => concat.fold(all(p, (r) => `${r}.`))],
    [
      (c, r) =>
        c.ireduceScatter(
          all(p, (s) => filled(r + s, n)),
          fastSum,
        ),
      (r) => fastSum.fold(all(p, (s) => filled(r + s, n))),
    ],
    [(c, r) => c.iscan(given[r], max), (r) => max.prefix(given, r)],
    [
      (c, r) => c.iexscan(`${r}.`, concat),
      (r) =>
        r
          ? concat.prefix(
              all(p, (s) => `${s}.`),
              r - 1,
            )
          : undefined,
    ],
  ];
  return cases[what % cases.length]!;
}

const step = fc.record({
  what: fc.nat(11),
  root: fc.nat(100),
  n: fc.oneof(fc.nat(40), fc.integer({ min: 100, max: 3000 }), fc.integer({ min: 9000, max: 20_000 })),
});

describe('any collectives', () => {
  it('in any order of delivery, with small mailboxes, give their closed forms', () => {
    let refusals = 0;
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 11 }),
        fc.array(step, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 4 }),
        fc.infiniteStream(fc.nat(2 ** 20)),
        fc.boolean(),
        (p, steps, room, chance, reversed) => {
          const blocks = heap.blocks;
          const choose = (n: number): number => {
            const x = chance.next().value as number;
            // Now and then nothing arrives although something is there.
            return n === 0 || x % 4 === 0 ? -1 : (x >> 2) % n;
          };
          const net = new SimulatedNetwork({ ranks: p, heap, room, choose });
          const members = all(p, (r) => (reversed ? p - 1 - r : r));
          const ranks = simulatedRanks(net, members);
          const cases = steps.map((s) => makeCase(p, s));
          const requests = ranks.map(({ collectives, rank }) =>
            cases.map(([start]) => start(collectives, rank)),
          );
          drive(net, ranks, requests.flat());
          refusals += net.refusals;
          for (const [r, list] of requests.entries())
            for (const [k, request] of list.entries())
              if (!sameBits(request.wait(), cases[k]![1](r))) return false;
          // Nothing is left over, in the heap neither.
          return ranks.every((r) => r.endpoint.idle) && heap.blocks === blocks;
        },
      ),
      { numRuns: 150 },
    );
    expect(refusals).toBeGreaterThan(100);
  });
});
