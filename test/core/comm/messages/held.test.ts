import { afterAll, describe, expect, it } from 'vitest';
import { Heap } from '../../../../core/memory/heap.js';
import { concat, sum } from '../../../support/operations.js';
import { drive, SimulatedNetwork, simulatedRanks } from '../../../support/simulated-network.js';

const heap = Heap.create({ arenaBytes: 64 << 20 });
afterAll(() => heap.close());

describe('a reduction along the tree', () => {
  it('never leaves more than two messages with a rank, in its mailbox and stash together, even if it comes last', () => {
    for (const p of [2, 3, 7, 32, 64, 100, 255])
      for (const op of [concat, sum]) {
        const value = (r: number): unknown => (op === sum ? r : `${r} `);
        const net = new SimulatedNetwork({ ranks: p, heap });
        const ranks = simulatedRanks(net);
        let most = 0;
        const look = (): void => {
          for (const r of ranks) most = Math.max(most, net.boxes[r.rank]!.length + r.endpoint.stash.count);
        };
        // Inner ranks come to the call after all others have sent what they can.
        const late = ranks.filter((r) => r.rank % 3 === 0);
        const early = ranks.filter((r) => r.rank % 3 !== 0);
        const requests = early.map((r) => r.collectives.ireduce(value(r.rank), op, 0));
        for (let pass = 0; pass < 20; pass++)
          for (const r of ranks) {
            r.endpoint.advance();
            look();
          }
        requests.push(...late.map((r) => r.collectives.ireduce(value(r.rank), op, 0)));
        drive(net, ranks, requests, look);
        const expected = op.fold(Array.from({ length: p }, (_, r) => value(r)));
        expect(requests[early.length]!.wait()).toEqual(expected);
        expect([p, most <= 2, most > 0]).toEqual([p, true, true]);
      }
  });
});
