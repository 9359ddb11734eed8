import type { PieceHead } from '../../wire/network-pieces.js';
import { PieceMemory } from './piece-memory.js';

/**
 * States of one owner that may be here at once. An owner has memory for two, and one at its end; that a state is of no use may be
 * heard there before it is heard here, so there may be some more for a moment.
 */
const MOST_STATES = 16;

/** One piece as it came, in chunks. */
interface Piece {
  chunks: Uint8Array[];
  arrived: number;
  bytes: number;
}

interface State {
  epoch: number;
  cycles: number;
  owner: number;
  pieces: Map<number, Piece>;
}

/**
 * Pieces of other hosts' parts, as they arrive, copied. Memory grows by what has arrived, never by what was announced. That of a piece
 * which is dropped is used again: whoever may still be sent some of it belongs to an epoch that is over, and does not heed it.
 */
export class PieceShelf {
  readonly #memory = new PieceMemory();
  #states: State[] = [];
  /** States that nobody will have the whole of; their last pieces may still be on the way. */
  #forgotten: { epoch: number; cycles: number }[] = [];

  get bytes(): number {
    let n = 0;
    for (const s of this.#states) for (const p of s.pieces.values()) n += p.arrived;
    return n;
  }

  /** Cycles of the states that are here, of any owner, ascending. */
  get cycles(): number[] {
    return [...new Set(this.#states.map((s) => s.cycles))].sort((a, b) => a - b);
  }

  /** A message with some of a piece: 'more' to come, 'whole' now, or 'wrong': not what has to follow. */
  put(
    owner: number,
    epoch: number,
    head: PieceHead,
    frames: readonly Uint8Array[],
  ): 'more' | 'whole' | 'wrong' {
    let s = this.#states.find((x) => x.owner === owner && x.epoch === epoch && x.cycles === head.cycles);
    if (!s) {
      if (this.#states.filter((x) => x.owner === owner && x.epoch === epoch).length >= MOST_STATES)
        return 'wrong';
      s = { epoch, cycles: head.cycles, owner, pieces: new Map() };
      this.#states.push(s);
    }
    let p = s.pieces.get(head.part);
    if (!p) {
      p = { chunks: [], arrived: 0, bytes: head.bytes };
      s.pieces.set(head.part, p);
    } else if (p.arrived >= p.bytes) return 'wrong';
    if (p.arrived !== head.offset || p.bytes !== head.bytes) return 'wrong';
    for (const f of frames) {
      p.chunks.push(this.#memory.hold(f));
      p.arrived += f.length;
    }
    if (p.arrived < p.bytes) return 'more';
    if (this.#forgotten.some((f) => f.epoch === epoch && f.cycles === head.cycles)) this.#drop(s, head.part);
    return 'whole';
  }

  /** Keeps nothing of a state. What is under way of a piece is taken in and dropped when it is whole. */
  forget(epoch: number, cycles: number): void {
    this.#forgotten.push({ epoch, cycles });
    for (const s of this.#states.filter((x) => x.epoch === epoch && x.cycles === cycles))
      for (const [part, p] of [...s.pieces]) if (p.arrived === p.bytes) this.#drop(s, part);
  }

  /** Takes an owner's pieces out, all of which are whole; `giveBack` them when they are not needed any more. */
  take(owner: number, epoch: number, cycles: number): Map<number, Uint8Array[]> {
    const s = this.#states.find((x) => x.owner === owner && x.epoch === epoch && x.cycles === cycles);
    this.#states = this.#states.filter((x) => x !== s);
    return new Map([...(s?.pieces ?? [])].map(([part, p]) => [part, p.chunks]));
  }

  giveBack(chunks: readonly Uint8Array[]): void {
    this.#memory.giveBack(chunks);
  }

  #drop(state: State, part: number): void {
    this.#memory.giveBack(state.pieces.get(part)!.chunks);
    state.pieces.delete(part);
    if (state.pieces.size === 0) this.#states = this.#states.filter((x) => x !== state);
  }

  /** A piece, if it is here whole. */
  find(epoch: number, cycles: number, part: number): Uint8Array[] | null {
    for (const s of this.#states) {
      if (s.epoch !== epoch || s.cycles !== cycles) continue;
      const p = s.pieces.get(part);
      if (p && p.arrived === p.bytes) return p.chunks;
    }
    return null;
  }

  /** All pieces of a state by part, or null if there is none of it. */
  all(epoch: number, cycles: number): Map<number, Uint8Array[]> | null {
    const found = this.#states.filter((s) => s.epoch === epoch && s.cycles === cycles);
    if (found.length === 0) return null;
    return new Map(found.flatMap((s) => [...s.pieces].map(([part, p]) => [part, p.chunks] as const)));
  }

  /** Keeps only what `keep` says yes to. */
  retain(keep: (epoch: number, cycles: number) => boolean): void {
    this.#states = this.#states.filter((s) => {
      if (keep(s.epoch, s.cycles)) return true;
      for (const p of s.pieces.values()) this.#memory.giveBack(p.chunks);
      return false;
    });
    this.#forgotten = this.#forgotten.filter((f) => keep(f.epoch, f.cycles));
  }
}
