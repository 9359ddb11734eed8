import type { SavedState } from '../../kernels/program.js';
import { Freight, type Mesh } from '../../transport/zeromq/mesh.js';
import { decodePiece, encodePieceHead, type PieceHead } from '../../wire/network-pieces.js';
import type { Generation } from '../checkpoint/generations.js';
import { PieceCourier } from './piece-courier.js';
import { PieceShelf } from './piece-shelf.js';

/** A state of which pieces have come or are announced. */
interface Coming {
  /** Hosts whose ranks have saved it. */
  saving: Set<number>;
  /** Hosts whose pieces are all here. */
  here: Set<number>;
}

/**
 * The coordinator's side of checkpoints on disk: takes hosts' pieces in, gives whoever writes the states that have all of them,
 * and answers for the state on disk that ranks go on from.
 */
export class DiskPieces {
  readonly #mesh: Pick<Mesh, 'send' | 'refuse'>;
  readonly #complete: (generation: Generation) => void;
  readonly #courier: PieceCourier;
  #shelf = new PieceShelf();
  #epoch = 0;
  #hosts = new Set<number>();
  #saved: SavedState | null = null;
  readonly #coming = new Map<number, Coming>();
  #settled: () => void = () => {};

  constructor(mesh: Pick<Mesh, 'send' | 'refuse'>, complete: (generation: Generation) => void) {
    this.#mesh = mesh;
    this.#complete = complete;
    this.#courier = new PieceCourier(mesh);
  }

  /** An epoch begins on these hosts. What older ones have not finished is dropped. */
  begin(epoch: number, hosts: readonly number[]): void {
    this.#epoch = epoch;
    this.#hosts = new Set(hosts);
    this.#saved = null;
    this.#coming.clear();
    this.#shelf = new PieceShelf();
    this.#courier.dropBefore(epoch);
  }

  /** The epoch goes on from a state on disk. */
  answerFrom(saved: SavedState | null): void {
    this.#saved = saved;
  }

  /** Takes a message about pieces. */
  take(host: number, freight: Freight, epoch: number, frames: readonly Uint8Array[]): void {
    const head = decodePiece(frames);
    if (typeof head === 'string') {
      this.#mesh.refuse(host, head);
      return;
    }
    if (epoch !== this.#epoch) return;
    if (freight === Freight.fetch) void this.#answer(host, epoch, head);
    if (freight !== Freight.piece) return;
    const verdict = this.#shelf.put(host, epoch, head, frames.slice(1));
    if (verdict === 'wrong') this.#mesh.refuse(host, 'piece');
    else if (verdict === 'whole')
      this.#mesh.send(host, Freight.kept, epoch, [encodePieceHead({ ...head, offset: 0, bytes: 0 })]);
  }

  /** The ranks of a host have all saved that state, and its pieces are on their way. */
  saving(host: number, cycles: number): void {
    this.#of(cycles).saving.add(host);
  }

  /** All pieces of a host are here. */
  here(host: number, cycles: number): void {
    this.#of(cycles).here.add(host);
    this.#check(cycles);
  }

  /** A host has nothing to save. */
  without(host: number): void {
    this.#hosts.delete(host);
    for (const cycles of [...this.#coming.keys()]) this.#check(cycles);
    this.#checkSettled();
  }

  /** Nobody will have the whole of that state. */
  forget(cycles: number): void {
    this.#coming.delete(cycles);
    this.#shelf.forget(this.#epoch, cycles);
    this.#checkSettled();
  }

  /** A host is gone, and what it has not sent never comes. */
  lost(host: number): void {
    if (!this.#hosts.has(host)) return;
    for (const [cycles, c] of this.#coming) if (!c.here.has(host)) this.#coming.delete(cycles);
    this.#checkSettled();
  }

  /** Resolves when every state that all hosts have saved is here whole. */
  settle(): Promise<void> {
    return new Promise((resolve) => {
      this.#settled = resolve;
      this.#checkSettled();
    });
  }

  #of(cycles: number): Coming {
    let c = this.#coming.get(cycles);
    if (!c) {
      c = { saving: new Set(), here: new Set() };
      this.#coming.set(cycles, c);
    }
    return c;
  }

  #check(cycles: number): void {
    const { here } = this.#of(cycles);
    if (![...this.#hosts].every((h) => here.has(h))) return;
    this.#coming.delete(cycles);
    const shelf = this.#shelf;
    const pieces = new Map<number, Uint8Array>();
    const taken: Uint8Array[] = [];
    let bytes = 0;
    for (const host of this.#hosts)
      for (const [part, chunks] of shelf.take(host, this.#epoch, cycles)) {
        const piece = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
        pieces.set(part, piece);
        taken.push(...chunks);
        bytes += piece.length;
      }
    this.#complete({ cycles, pieces, bytes, release: () => shelf.giveBack(taken) });
    this.#checkSettled();
  }

  #checkSettled(): void {
    for (const { saving } of this.#coming.values()) if ([...this.#hosts].every((h) => saving.has(h))) return;
    this.#settled();
  }

  async #answer(host: number, epoch: number, head: PieceHead): Promise<void> {
    const saved = this.#saved?.cycles === head.cycles ? this.#saved : null;
    let bytes: Uint8Array | null = null;
    try {
      bytes = saved && (await (head.part < 0 ? saved.whole() : saved.part(head.part)));
    } catch (error) {
      this.onUnreadable(error as Error);
    }
    if (epoch !== this.#epoch) return;
    const chunks = bytes ? [bytes] : [];
    this.#courier.send(host, Freight.fetched, epoch, { ...head, found: bytes !== null }, chunks);
  }

  /** A piece of the state on disk could not be read. */
  onUnreadable: (error: Error) => void = () => {};
}
