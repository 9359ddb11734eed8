import { fc, it } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { RandomStream } from '../../../../core/base/random.js';
import { PieceStore } from '../../../../core/runtime/cluster/buddy.js';
import { UNDER_WAY } from '../../../../core/runtime/cluster/piece-courier.js';
import { Freight } from '../../../../core/transport/zeromq/mesh.js';
import { encodePieceHead, PIECE_BYTES } from '../../../../core/wire/network-pieces.js';
import { SimulatedMesh } from '../../../support/faults/simulated-mesh.js';

/** Bytes that tell which piece of which state they are. */
function pieceOf(part: number, cycles: number, bytes = 40): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, k) => (part * 31 + cycles * 7 + k) & 255);
}

/** Element by element a comparison of megabytes takes a minute. */
function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.from(a.buffer, a.byteOffset, a.length).equals(b);
}

class Cluster {
  readonly mesh = new SimulatedMesh();
  readonly stores = new Map<number, PieceStore>();
  readonly kept: string[] = [];
  readonly released: string[] = [];

  constructor(...hosts: number[]) {
    for (const host of hosts) {
      const store = new PieceStore(host, this.mesh.of(host), (epoch, cycles, holder, parts) =>
        this.kept.push(`${epoch}: ${holder} has ${parts} of ${host} after ${cycles}`),
      );
      this.stores.set(host, store);
      this.mesh.take.set(host, (...message) => store.take(...message));
    }
  }

  at(host: number): PieceStore {
    return this.stores.get(host)!;
  }

  begin(epoch: number, base: { epoch: number; cycles: number } | null = null): void {
    for (const store of this.stores.values()) store.begin(epoch, base);
  }

  /** A host's ranks have saved these parts; its buddy is `to`. */
  save(host: number, cycles: number, parts: readonly number[], to: readonly number[], bytes = 40): void {
    const pieces = new Map(parts.map((p) => [p, pieceOf(p, cycles, bytes)]));
    this.at(host).keep({ cycles, pieces, release: () => this.released.push(`${host} after ${cycles}`) }, to);
  }
}

describe('pieces of a state', () => {
  it('are with the owner at once and with its buddy when all have arrived', () => {
    const c = new Cluster(1, 2);
    c.begin(1);
    c.save(1, 10, [0, 1], [2]);
    expect(c.kept).toEqual(['1: 1 has 0,1 of 1 after 10']);
    c.mesh.settle();
    expect(c.kept).toEqual(['1: 1 has 0,1 of 1 after 10', '1: 2 has 0,1 of 1 after 10']);
    expect(c.at(2).bytes).toBe(80);
  });

  it('of a host without parts are complete too', () => {
    const c = new Cluster(1, 2);
    c.begin(1);
    c.save(1, 10, [], [2]);
    expect(c.kept).toHaveLength(2);
  });

  it('are given back to the ranks, here and at the buddy, when a newer state is everywhere', () => {
    const c = new Cluster(1, 2);
    c.begin(1);
    c.save(1, 10, [0], [2]);
    c.save(1, 20, [0], [2]);
    c.mesh.settle();
    expect(c.at(2).cycles).toEqual([10, 20]);
    for (const s of c.stores.values()) s.commit(1, 20);
    expect(c.released).toEqual(['1 after 10']);
    expect(c.at(1).cycles).toEqual([20]);
    expect(c.at(2).cycles).toEqual([20]);
  });

  it('of a state that was left out somewhere are forgotten', () => {
    const c = new Cluster(1, 2);
    c.begin(1);
    c.save(1, 10, [0], [2]);
    c.save(1, 20, [0], [2]);
    c.mesh.settle();
    for (const s of c.stores.values()) s.forget(1, 20);
    expect(c.at(1).cycles).toEqual([10]);
    expect(c.at(2).cycles).toEqual([10]);
  });

  it('that are larger than a message go in several, a little at a time', () => {
    const c = new Cluster(1, 2);
    c.begin(1);
    const bytes = 2 * UNDER_WAY + 100;
    c.save(1, 10, [0, 1, 2], [2], bytes);
    c.mesh.settle();
    expect(c.kept).toContain('1: 2 has 0,1,2 of 1 after 10');
    expect(c.at(2).bytes).toBe(3 * bytes);
    expect(c.mesh.mostUnderWay).toBeLessThanOrEqual((UNDER_WAY / PIECE_BYTES) * (PIECE_BYTES + 48));
  });

  it('that arrive before their epoch has begun here are kept', () => {
    const c = new Cluster(1, 2);
    c.at(1).begin(2, null);
    c.save(1, 10, [0], [2]);
    c.mesh.settle();
    c.at(2).begin(2, null);
    expect(c.at(2).cycles).toEqual([10]);
    expect(c.kept).toContain('2: 2 has 0 of 1 after 10');
  });

  it('of an epoch that is over are not', () => {
    const c = new Cluster(1, 2);
    c.begin(1);
    c.save(1, 10, [0], [2]);
    c.at(2).begin(2, null);
    c.mesh.settle();
    expect(c.at(2).cycles).toEqual([]);
  });

  it('that make no sense are refused', () => {
    const c = new Cluster(1, 2);
    c.begin(1);
    const head = { cycles: 1, part: 0, request: 0, bytes: 10, offset: 4, found: true };
    c.at(2).take(1, Freight.piece, 1, [encodePieceHead(head), new Uint8Array(6)]);
    c.at(2).take(1, Freight.piece, 1, [new Uint8Array(3)]);
    expect(c.mesh.refused.map((r) => r.refusal)).toEqual(['piece', 'piece']);
  });
});

describe('going on from a state', () => {
  it('takes pieces from here, and from others over the network', async () => {
    const c = new Cluster(1, 2, 3);
    c.begin(1);
    const large = PIECE_BYTES + 5;
    c.save(1, 10, [0], [2], large);
    c.save(2, 10, [1], [3]);
    c.save(3, 10, [2], [1]);
    c.mesh.settle();
    // Host 1 is lost: what it had is with host 2.
    c.mesh.drop(1);
    c.stores.delete(1);
    c.begin(2, { epoch: 1, cycles: 10 });
    expect(same(await c.at(2).fetch(0, [2]), pieceOf(0, 10, large))).toBe(true);
    expect(await c.at(2).fetch(1, [2, 3])).toEqual(pieceOf(1, 10));
    const over = c.at(3).fetch(0, [2]);
    c.mesh.settle();
    expect(same(await over, pieceOf(0, 10, large))).toBe(true);
  });

  it('asks the next holder if one has nothing, and says what is lost if none has', async () => {
    const c = new Cluster(1, 2, 3);
    c.begin(1);
    c.save(2, 10, [1], []);
    c.begin(2, { epoch: 1, cycles: 10 });
    const found = c.at(1).fetch(1, [3, 2]);
    const lost = expect(c.at(1).fetch(9, [3, 2])).rejects.toThrow(
      'no host has partition 9 as it was after 10 cycles any more',
    );
    c.mesh.settle();
    expect(await found).toEqual(pieceOf(1, 10));
    await lost;
  });

  it('answers a question of an epoch that begins here later', async () => {
    const c = new Cluster(1, 2);
    c.begin(1);
    c.save(2, 10, [1], []);
    c.at(1).begin(2, { epoch: 1, cycles: 10 });
    const asked = c.at(1).fetch(1, [2]);
    c.mesh.settle();
    c.at(2).begin(2, { epoch: 1, cycles: 10 });
    c.mesh.settle();
    expect(await asked).toEqual(pieceOf(1, 10));
  });

  it('releases whoever waits when the epoch ends', async () => {
    const c = new Cluster(1, 2);
    c.begin(2, { epoch: 1, cycles: 10 });
    const asked = expect(c.at(1).fetch(1, [2])).rejects.toThrow('the epoch ended while a piece was awaited');
    c.at(1).end();
    await asked;
  });
});

it.prop([fc.integer({ min: 0, max: 2 ** 31 }), fc.integer({ min: 2, max: 5 })])(
  'whatever order messages take, at most two states stay, and any one host can be lost',
  async (seed, hosts) => {
    const random = new RandomStream(seed);
    let draws = 0;
    const pick = (n: number): number => Math.floor(random.uniform(draws++, 0) * n);
    const numbers = Array.from({ length: hosts }, (_, k) => k + 1);
    const c = new Cluster(...numbers);
    c.begin(1);
    for (const cycles of [5, 10, 15]) {
      for (const h of numbers) {
        c.save(h, cycles, [h], [(h % hosts) + 1]);
        for (let k = pick(4); k > 0; k--) c.mesh.deliver(pick);
      }
      c.mesh.settle(pick);
      expect(c.kept.filter((k) => k.endsWith(`after ${cycles}`))).toHaveLength(2 * hosts);
      for (const s of c.stores.values()) {
        expect(s.cycles.length).toBeLessThanOrEqual(2);
        s.commit(1, cycles);
      }
    }
    const lost = numbers[pick(hosts)]!;
    c.mesh.drop(lost);
    c.stores.delete(lost);
    c.begin(2, { epoch: 1, cycles: 15 });
    for (const s of c.stores.values())
      for (const part of numbers) {
        const bytes = s.fetch(
          part,
          [part, (part % hosts) + 1].filter((h) => h !== lost),
        );
        c.mesh.settle(pick);
        expect(await bytes).toEqual(pieceOf(part, 15));
      }
  },
);
