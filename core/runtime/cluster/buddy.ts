import { AbortedError, HaloweaveError } from '../../base/errors.js';
import { Freight, type Mesh } from '../../transport/zeromq/mesh.js';
import { decodePiece, encodePieceHead, type PieceHead } from '../../wire/network-pieces.js';
import { PieceCourier } from './piece-courier.js';
import { PieceShelf } from './piece-shelf.js';

/** What the ranks of this host have saved after the same cycles: as the checkpoints' `Generation`. */
export interface OwnState {
  readonly cycles: number;
  /** By part; −1 for what the run as a whole has gathered. */
  readonly pieces: ReadonlyMap<number, Uint8Array>;
  /** Gives the memory back to the ranks. */
  release(): void;
}

/** Which state ranks go on from. */
export interface Base {
  epoch: number;
  cycles: number;
}

interface Own {
  epoch: number;
  state: OwnState;
  /** Ranks may have to go on from it. Otherwise it is only here until the hosts that are to have it have it. */
  wanted: boolean;
  /** By host that is to have it: pieces that it has not said to have kept. */
  missing: Map<number, Set<number>>;
}

interface Asked {
  part: number;
  holders: number[];
  resolve: (bytes: Uint8Array) => void;
  reject: (error: Error) => void;
  chunks: Uint8Array[];
  arrived: number;
}

/**
 * The pieces that a host keeps in memory, on its main thread: those of its own ranks, as views of their memory, and those whose
 * buddy it is. Two states of each: the last that everybody has, and the one under way. Cost of a state: one copy over the
 * network, a message a piece and an answer to it; no rank waits for any of it.
 */
export class PieceStore {
  readonly #self: number;
  readonly #mesh: Pick<Mesh, 'send' | 'refuse'>;
  readonly #kept: (epoch: number, cycles: number, holder: number, parts: number[]) => void;
  readonly #courier: PieceCourier;
  readonly #shelf = new PieceShelf();
  #own: Own[] = [];
  #epoch = 0;
  #base: Base | null = null;
  #ended = true;
  #request = 0;
  readonly #asked = new Map<number, Asked>();
  /** Questions of an epoch that this host has not heard of yet. */
  #early: { host: number; epoch: number; head: PieceHead }[] = [];

  /** `kept` is told when a holder (this host, or another) has all pieces of this host's ranks after so many cycles. */
  constructor(
    self: number,
    mesh: Pick<Mesh, 'send' | 'refuse'>,
    kept: (epoch: number, cycles: number, holder: number, parts: number[]) => void,
  ) {
    this.#self = self;
    this.#mesh = mesh;
    this.#kept = kept;
    this.#courier = new PieceCourier(mesh);
  }

  /** Bytes of pieces kept here, own and others'. */
  get bytes(): number {
    let n = this.#shelf.bytes;
    for (const o of this.#own) for (const p of o.state.pieces.values()) n += p.length;
    return n;
  }

  /** Cycles of the states of which something is kept here, ascending. */
  get cycles(): number[] {
    return [...new Set([...this.#own.map((o) => o.state.cycles), ...this.#shelf.cycles])].sort(
      (a, b) => a - b,
    );
  }

  /** An epoch begins, from `base` or without: nothing else of older ones is kept. */
  begin(epoch: number, base: Base | null): void {
    this.end();
    this.#ended = false;
    this.#epoch = epoch;
    this.#base = base;
    const keep = (e: number, cycles: number): boolean =>
      e >= epoch || (e === base?.epoch && cycles === base.cycles);
    this.#retain(keep);
    // The memory of ranks that are gone is nobody's to write in, and what they have sent is not waited for.
    for (const o of this.#own) o.missing.clear();
    this.#own = this.#own.filter((o) => o.wanted);
    this.#courier.dropBefore(epoch);
    const early = this.#early;
    this.#early = [];
    for (const a of early) if (a.epoch >= epoch) this.#question(a.host, a.epoch, a.head);
  }

  /** The epoch is over here: whoever waits for a piece is released. */
  end(): void {
    this.#ended = true;
    for (const a of this.#asked.values())
      a.reject(new AbortedError('the epoch ended while a piece was awaited'));
    this.#asked.clear();
  }

  /**
   * All ranks of this host have saved: keeps it, and sends it to `hosts` (its buddy, the coordinator). Not `wanted`: only until
   * those have it.
   */
  keep(state: OwnState, hosts: readonly number[], wanted = true): void {
    const parts = [...state.pieces.keys()];
    const own: Own = { epoch: this.#epoch, state, wanted, missing: new Map() };
    this.#own.push(own);
    if (wanted) this.#kept(own.epoch, state.cycles, this.#self, parts);
    for (const host of hosts) {
      own.missing.set(host, new Set(parts));
      if (parts.length === 0) this.#kept(own.epoch, state.cycles, host, parts);
      for (const [part, bytes] of state.pieces) {
        const head = { cycles: state.cycles, part, request: 0, bytes: 0, offset: 0, found: true };
        this.#courier.send(host, Freight.piece, own.epoch, head, [bytes]);
      }
    }
  }

  /** Everybody has the state after so many cycles: older ones are of no use. */
  commit(epoch: number, cycles: number): void {
    this.#retain((e, c) => e > epoch || (e === epoch && c >= cycles));
  }

  /** Nobody will ever have the whole of that state: some rank left it out. */
  forget(epoch: number, cycles: number): void {
    this.#retainOwn((e, c) => e !== epoch || c !== cycles);
    this.#shelf.forget(epoch, cycles);
  }

  /** A piece of the state that the epoch goes on from, from here or from one of those that hold it. */
  async fetch(part: number, holders: readonly number[]): Promise<Uint8Array> {
    const base = this.#base;
    if (!base || this.#ended) throw new AbortedError('no epoch is going on from a saved state');
    const here = this.#find(base, part);
    if (here) return joined(here);
    return new Promise((resolve, reject) => {
      this.#ask({
        part,
        holders: holders.filter((h) => h !== this.#self),
        resolve,
        reject,
        chunks: [],
        arrived: 0,
      });
    });
  }

  /** Takes a message about pieces. */
  take(host: number, freight: Freight, epoch: number, frames: readonly Uint8Array[]): void {
    const head = decodePiece(frames);
    if (typeof head === 'string') {
      this.#mesh.refuse(host, head);
      return;
    }
    if (epoch < this.#epoch) return;
    const bytes = frames.slice(1);
    if (freight === Freight.piece) this.#piece(host, epoch, head, bytes);
    else if (freight === Freight.kept) this.#keptBy(host, epoch, head);
    else if (freight === Freight.fetch) this.#question(host, epoch, head);
    else if (freight === Freight.fetched) this.#answer(host, head, bytes);
  }

  #piece(host: number, epoch: number, head: PieceHead, bytes: readonly Uint8Array[]): void {
    const verdict = this.#shelf.put(host, epoch, head, bytes);
    if (verdict === 'wrong') this.#mesh.refuse(host, 'piece');
    else if (verdict === 'whole')
      this.#mesh.send(host, Freight.kept, epoch, [encodePieceHead({ ...head, offset: 0, bytes: 0 })]);
  }

  #keptBy(host: number, epoch: number, { cycles, part }: PieceHead): void {
    const own = this.#own.find((o) => o.epoch === epoch && o.state.cycles === cycles);
    const missing = own?.missing.get(host);
    if (!missing?.delete(part) || missing.size > 0) return;
    this.#kept(epoch, cycles, host, [...own!.state.pieces.keys()]);
    this.#releaseSent();
  }

  #question(host: number, epoch: number, head: PieceHead): void {
    if (epoch > this.#epoch) {
      this.#early.push({ host, epoch, head });
      return;
    }
    const base = this.#base;
    const chunks = base && base.cycles === head.cycles ? this.#find(base, head.part) : null;
    this.#courier.send(host, Freight.fetched, epoch, { ...head, found: chunks !== null }, chunks ?? []);
  }

  #answer(host: number, head: PieceHead, bytes: readonly Uint8Array[]): void {
    const a = this.#asked.get(head.request);
    // Whoever asked may be gone with its epoch.
    if (!a) return;
    if (!head.found) {
      this.#asked.delete(head.request);
      this.#ask(a);
      return;
    }
    if (head.part !== a.part || head.offset !== a.arrived) {
      this.#mesh.refuse(host, 'piece');
      return;
    }
    for (const b of bytes) {
      a.chunks.push(b);
      a.arrived += b.length;
    }
    if (a.arrived < head.bytes) return;
    this.#asked.delete(head.request);
    a.resolve(joined(a.chunks));
  }

  #ask(a: Asked): void {
    const holder = a.holders.shift();
    const { cycles } = this.#base!;
    if (holder === undefined) {
      const what = a.part < 0 ? 'what the run had gathered' : `partition ${a.part}`;
      a.reject(new HaloweaveError('lost', `no host has ${what} as it was after ${cycles} cycles any more`));
      return;
    }
    // Zero is for messages that nobody asked for.
    this.#request = (this.#request % 0xffff_ffff) + 1;
    a.chunks = [];
    a.arrived = 0;
    this.#asked.set(this.#request, a);
    const head = { cycles, part: a.part, request: this.#request, bytes: 0, offset: 0, found: false };
    this.#mesh.send(holder, Freight.fetch, this.#epoch, [encodePieceHead(head)]);
  }

  #find(base: Base, part: number): Uint8Array[] | null {
    const own = this.#own.find((o) => o.epoch === base.epoch && o.state.cycles === base.cycles);
    const bytes = own?.state.pieces.get(part);
    return bytes ? [bytes] : this.#shelf.find(base.epoch, base.cycles, part);
  }

  #retain(keep: (epoch: number, cycles: number) => boolean): void {
    this.#shelf.retain(keep);
    this.#retainOwn(keep);
  }

  #retainOwn(keep: (epoch: number, cycles: number) => boolean): void {
    for (const o of this.#own) if (!keep(o.epoch, o.state.cycles)) o.wanted = false;
    this.#releaseSent();
  }

  /** Ranks write in the memory of a state once it is given back: not while its bytes are still being sent. */
  #releaseSent(): void {
    this.#own = this.#own.filter((o) => {
      if (o.wanted || [...o.missing.values()].some((parts) => parts.size > 0)) return true;
      o.state.release();
      return false;
    });
  }
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(chunks.reduce((n, c) => n + c.length, 0));
  let at = 0;
  for (const c of chunks) {
    all.set(c, at);
    at += c.length;
  }
  return all;
}
