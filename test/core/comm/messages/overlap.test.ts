import { afterAll, describe, expect, it } from 'vitest';
import type { Request } from '../../../../core/comm/request.js';
import { Heap } from '../../../../core/memory/heap.js';
import { concat, sum } from '../../../support/operations.js';
import { drive, SimulatedNetwork, simulatedRanks } from '../../../support/simulated-network.js';
import { all } from '../../../support/simulated-run.js';

const heap = Heap.create({ arenaBytes: 64 << 20 });
afterAll(() => heap.close());

describe('nonblocking collectives', () => {
  it('iallreduce goes on while its ranks work: all its messages are sent between units of work, none by wait', () => {
    const p = 8;
    const ranks = simulatedRanks(new SimulatedNetwork({ ranks: p, heap }));
    const requests: (Request<unknown> | null)[] = all(p, () => null);
    const units = new Int32Array(p);
    const sentAtStart = new Int32Array(p);
    // Each rank starts when its turn comes, works in units, and looks after each.
    for (let turn = 0; turn < 10; turn++)
      for (const { rank, endpoint, collectives } of ranks) {
        if (!requests[rank]) {
          requests[rank] = collectives.iallreduce(1 / (rank + 1), sum);
          sentAtStart[rank] = endpoint.sent;
        } else if (!requests[rank].complete) {
          units[rank]!++;
          requests[rank].test();
        }
      }
    const sent = ranks.map((r) => r.endpoint.sent);
    // Nobody has waited, yet all three rounds are over: the first message went at the start, the others in between.
    expect([...sentAtStart].every((s) => s >= 1 && s <= 3)).toBe(true);
    expect(Math.min(...sentAtStart)).toBe(1);
    expect(sent).toEqual(all(p, () => 3));
    expect(requests.every((r) => r!.complete)).toBe(true);
    // The last to start finds everything there; the others worked meanwhile.
    expect([...units].filter((u) => u > 0).length).toBeGreaterThanOrEqual(p - 1);
    const values = requests.map((r) => r!.wait());
    expect(values).toEqual(all(p, () => sum.fold(all(p, (r) => 1 / (r + 1)))));
    expect(ranks.map((r) => r.endpoint.sent)).toEqual(sent);
  });

  it('is moved on by any call of haloweave, not by time', () => {
    const [a, b] = simulatedRanks(new SimulatedNetwork({ ranks: 2, heap }));
    const one = a!.collectives.iallreduce(1, sum);
    const two = b!.collectives.iallreduce(2, sum);
    expect([one.complete, two.complete]).toEqual([false, true]);
    a!.endpoint.advance();
    expect(one.complete).toBe(true);
  });

  it('of one kind and of several may be under way at once, and complete in any order', () => {
    const p = 7;
    const net = new SimulatedNetwork({ ranks: p, heap });
    const ranks = simulatedRanks(net);
    const requests = ranks.map(({ collectives: c, rank }) => {
      const large = new Float64Array(20_000).fill(rank);
      return [
        c.ibcast(rank === 3 ? large : null, 3),
        ...all(20, (k) => c.iallreduce(k * (rank + 1), sum)),
        c.ialltoallv(all(p, () => large)),
        c.iallreduce(`${rank}`, concat),
        c.ibarrier(),
      ];
    });
    const order: number[] = [];
    drive(net, ranks, requests.flat(), () => {
      requests[0]!.forEach((r, k) => {
        if (r.complete && !order.includes(k)) order.push(k);
      });
    });
    const values = requests[5]!.map((r) => r.wait());
    expect((values[0] as Float64Array).every((x) => x === 3)).toBe(true);
    expect(values.slice(1, 21)).toEqual(all(20, (k) => 28 * k));
    expect((values[21] as Float64Array[]).map((a) => a[19_999])).toEqual(all(p, (s) => s));
    expect(values[22]).toBe(concat.fold(all(p, (r) => `${r}`)));
    expect(order).not.toEqual([...order].sort((x, y) => x - y));
  });

  it('number their calls around the end of the tags', () => {
    const p = 3;
    const net = new SimulatedNetwork({ ranks: p, heap });
    const ranks = simulatedRanks(net, undefined, 0x7fff_fffe);
    for (let k = 0; k < 2; k++) {
      const requests = ranks.flatMap((r) => all(3, (j) => r.collectives.iallreduce(j + k, sum)));
      drive(net, ranks, requests);
      expect(requests.map((r) => r.wait())).toEqual(all(p * 3, (i) => 3 * ((i % 3) + k)));
    }
  });
});
