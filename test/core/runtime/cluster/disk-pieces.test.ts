import { describe, expect, it } from 'vitest';
import { PieceStore } from '../../../../core/runtime/cluster/buddy.js';
import { DiskPieces } from '../../../../core/runtime/cluster/disk-pieces.js';
import { PIECE_BYTES } from '../../../../core/wire/network-pieces.js';
import { SimulatedMesh } from '../../../support/faults/simulated-mesh.js';

/** Bytes that tell which piece of which state they are. */
function pieceOf(part: number, cycles: number, bytes = 40): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, k) => (part * 31 + cycles * 7 + k) & 255);
}

/** Two workers that save, and a coordinator that gets the pieces. */
class Saving {
  readonly mesh = new SimulatedMesh();
  readonly complete: { cycles: number; pieces: Record<number, Uint8Array> }[] = [];
  readonly released: string[] = [];
  readonly kept: string[] = [];
  readonly disk: DiskPieces;
  readonly stores = new Map<number, PieceStore>();

  constructor() {
    this.disk = new DiskPieces(this.mesh.of(0), ({ cycles, pieces }) =>
      this.complete.push({ cycles, pieces: Object.fromEntries(pieces) }),
    );
    this.mesh.take.set(0, (...message) => this.disk.take(...message));
    for (const host of [1, 2]) {
      const store = new PieceStore(host, this.mesh.of(host), (_, cycles, holder) => {
        this.kept.push(`${holder} has that of ${host} after ${cycles}`);
        // As the worker tells the coordinator.
        if (holder === 0) this.disk.here(host, cycles);
      });
      this.stores.set(host, store);
      this.mesh.take.set(host, (...message) => store.take(...message));
    }
  }

  begin(epoch: number, base: { epoch: number; cycles: number } | null = null): void {
    this.disk.begin(epoch, [1, 2]);
    for (const store of this.stores.values()) store.begin(epoch, base);
  }

  save(host: number, cycles: number, parts: readonly number[], wanted = false, bytes = 40): void {
    const pieces = new Map(parts.map((p) => [p, pieceOf(p, cycles, bytes)]));
    const release = () => void this.released.push(`${host} after ${cycles}`);
    this.disk.saving(host, cycles);
    this.stores.get(host)!.keep({ cycles, pieces, release }, [0], wanted);
  }
}

describe('pieces for the disk', () => {
  it('are given to the writer when those of all hosts are there, and back to the ranks as each arrives', () => {
    const s = new Saving();
    s.begin(1);
    s.save(1, 10, [-1, 0]);
    s.mesh.settle();
    expect(s.complete).toEqual([]);
    expect(s.released).toEqual(['1 after 10']);
    s.save(2, 10, [1, 2]);
    s.mesh.settle();
    expect(s.complete).toEqual([
      { cycles: 10, pieces: Object.fromEntries([-1, 0, 1, 2].map((p) => [p, pieceOf(p, 10)])) },
    ]);
    // Nobody goes on from it in memory.
    expect(s.kept).toEqual(['0 has that of 1 after 10', '0 has that of 2 after 10']);
  });

  it('larger than a message come whole', () => {
    const s = new Saving();
    s.begin(1);
    s.save(1, 10, [0], false, PIECE_BYTES + 5);
    s.save(2, 10, [1]);
    s.mesh.settle();
    const [piece] = [s.complete[0]!.pieces[0]!];
    expect(Buffer.from(piece).equals(pieceOf(0, 10, PIECE_BYTES + 5))).toBe(true);
  });

  it('stay with the ranks, whatever is committed, until they have arrived', () => {
    const s = new Saving();
    s.begin(1);
    s.save(1, 10, [0], true);
    s.stores.get(1)!.commit(1, 20);
    expect(s.released).toEqual([]);
    s.mesh.settle();
    expect(s.released).toEqual(['1 after 10']);
  });

  it('of a host without parts are not waited for', () => {
    const s = new Saving();
    s.begin(1);
    s.save(1, 10, [0]);
    s.mesh.settle();
    s.disk.without(2);
    expect(s.complete.map((c) => c.cycles)).toEqual([10]);
  });

  it('of a state that a rank left out are dropped, those under way too', () => {
    const s = new Saving();
    s.begin(1);
    s.save(1, 10, [0], false, 2 * PIECE_BYTES);
    s.disk.forget(10);
    s.mesh.settle();
    s.save(1, 20, [0]);
    s.save(2, 20, [1]);
    s.mesh.settle();
    expect(s.complete.map((c) => c.cycles)).toEqual([20]);
    expect(s.mesh.refused).toEqual([]);
  });

  it('of an older epoch are nothing', () => {
    const s = new Saving();
    s.begin(1);
    s.save(1, 10, [0]);
    s.save(2, 10, [1]);
    s.begin(2);
    s.mesh.settle();
    expect(s.complete).toEqual([]);
  });
});

describe('whoever waits for the disk', () => {
  it('waits for what all hosts have saved, and not for what one of them never will', async () => {
    const s = new Saving();
    s.begin(1);
    s.save(1, 10, [0]);
    s.save(2, 10, [1]);
    s.save(1, 20, [0]);
    let settled = false;
    const settle = s.disk.settle().then(() => {
      settled = true;
    });
    await Promise.resolve();
    expect(settled).toBe(false);
    s.mesh.settle();
    await settle;
    expect(s.complete.map((c) => c.cycles)).toEqual([10]);
  });

  it('does not wait for a host that is gone', async () => {
    const s = new Saving();
    s.begin(1);
    s.save(1, 10, [0]);
    s.save(2, 10, [1]);
    const settle = s.disk.settle();
    s.disk.lost(2);
    await settle;
    expect(s.complete).toEqual([]);
  });
});

describe('the state on disk that ranks go on from', () => {
  it('is given piece by piece to whoever asks', async () => {
    const s = new Saving();
    s.begin(3, { epoch: 0, cycles: 40 });
    s.disk.answerFrom({
      cycles: 40,
      delivered: 40,
      part: async (n) => pieceOf(n, 40),
      whole: async () => pieceOf(-1, 40),
    });
    const asked = [-1, 5].map((part) => s.stores.get(1)!.fetch(part, [0]));
    for (let k = 0; k < 10; k++) {
      s.mesh.settle();
      await Promise.resolve();
    }
    s.mesh.settle();
    expect(await Promise.all(asked)).toEqual([pieceOf(-1, 40), pieceOf(5, 40)]);
  });

  it('that cannot be read is an error for whoever asks, and told', async () => {
    const s = new Saving();
    const told: string[] = [];
    s.disk.onUnreadable = (error) => told.push(error.message);
    s.begin(3, { epoch: 0, cycles: 40 });
    const bad = async (): Promise<Uint8Array> => {
      throw new Error('cut');
    };
    s.disk.answerFrom({ cycles: 40, delivered: 40, part: bad, whole: bad });
    const asked = expect(s.stores.get(1)!.fetch(5, [0])).rejects.toThrow(/no host has partition 5/);
    for (let k = 0; k < 10; k++) {
      s.mesh.settle();
      await Promise.resolve();
    }
    await asked;
    expect(told).toEqual(['cut']);
  });
});
