import { randomUUID } from 'node:crypto';
import { totalmem } from 'node:os';
import { BroadcastChannel, receiveMessageOnPort } from 'node:worker_threads';
import { HaloweaveError } from '../base/errors.js';
import { formatBytes } from '../base/format.js';
import { ARENA_OVERHEAD, Arena, describeArena } from './arena.js';
import { BlockCache } from './block-cache.js';
import { lock, unlock } from './mutex.js';
import { type SharedMemory, sharedMemory } from './shared-memory.js';

/** What another thread needs to see the same heap; it can be posted to a worker. */
export interface HeapHandle {
  id: string;
  limit: number;
  arenaPages: number;
  control: SharedArrayBuffer;
  memories: SharedMemory[];
}

/** How large a heap may become. */
export interface HeapOptions {
  /** Most bytes that live blocks may take together (default: the machine's memory). */
  limit?: number;
  /** Bytes an arena, rounded up to 64 KiB pages (default and most: 4 GiB). */
  arenaBytes?: number;
}

interface ArenaNotice {
  index: number;
  memory: SharedMemory;
}

const PAGE = 65_536;
/** Pages of the largest 32-bit WebAssembly memory. They cost address space until touched, nothing else. */
const MAX_PAGES = 65_536;
/** Below this an arena is not worth making (1 MiB). */
const MIN_PAGES = 16;
const COUNT_AT = 0;
const GROW_LOCK_AT = 1;
const NEXT_SEAT_AT = 2;
/** Odd while a block that was on its way to another host is given back; counts on. */
const CARRIED_AT = 3;
/** From here a line for each thread that has attached: blocks it keeps, and their bytes in units of 64. */
const SEATS = 16;
const SEAT_WORDS = 16;
/** As many threads as a host may have ranks, and some; those beyond keep no blocks. */
const MAX_SEATS = 1088;
/** Arenas are numbered in 16 bits wherever an address travels. */
const MAX_ARENAS = 65_536;

/** An address in a heap: arena number × 2^32 + byte offset, a non-negative integer below 2^48. */
export type Address = number;
export const ARENA_SPAN = 2 ** 32;

export const addressOf = (arena: number, offset: number): Address => arena * ARENA_SPAN + offset;
/** The number of the arena that an address lies in, and its byte offset there. */
export const arenaNumber = (address: Address): number => Math.floor(address / ARENA_SPAN);
export const offsetOf = (address: Address): number => address % ARENA_SPAN;

/**
 * Memory that all threads of a host share: up to 4 GiB arenas, made when the ones before are full.
 *
 * Any thread may allocate, release and make arenas. A new arena is announced to the other threads over a
 * `BroadcastChannel` before its number can appear in any address, so a thread that meets an unknown
 * number finds the announcement waiting, even one that is blocked and has not run its event loop since.
 */
export class Heap {
  /** Tells heaps of a process apart. */
  readonly id: string;
  /** Most bytes that live blocks may take together. */
  readonly limit: number;
  readonly #arenaPages: number;
  readonly #control: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #arenas: Arena[] = [];
  readonly #channel: BroadcastChannel;
  readonly #cache = new BlockCache();
  readonly #seat: number;
  /** Whether this thread made the heap. */
  readonly #made: boolean;
  /** Blocks that this thread is carrying. */
  #carried = 0;
  #ended: () => void = () => {};

  private constructor(handle: HeapHandle, made = false) {
    this.#made = made;
    this.id = handle.id;
    this.limit = handle.limit;
    this.#arenaPages = handle.arenaPages;
    this.#control = handle.control;
    this.#words = new Int32Array(handle.control);
    this.#seat = Atomics.add(this.#words, NEXT_SEAT_AT, 1);
    this.#channel = new BroadcastChannel(`haloweave-heap-${handle.id}`);
    this.#channel.unref();
    this.#channel.onmessage = (event) => this.#adopt((event as { data: ArenaNotice }).data);
    handle.memories.forEach((memory, index) => {
      this.#adopt({ index, memory });
    });
  }

  /** A new heap, without memory until something is allocated. Throws `argument` for sizes that cannot be. */
  static create(options: HeapOptions = {}): Heap {
    const arenaBytes = options.arenaBytes ?? MAX_PAGES * PAGE;
    const limit = options.limit ?? totalmem();
    const pages = Math.ceil(arenaBytes / PAGE);
    if (!(pages >= 1 && pages <= MAX_PAGES))
      throw new HaloweaveError('argument', `arenaBytes is ${arenaBytes}: an arena has 64 KiB to 4 GiB`);
    if (!(limit > 0))
      throw new HaloweaveError('argument', `the heap's limit is ${limit} bytes: it must be positive`);
    const handle: HeapHandle = {
      id: randomUUID(),
      limit,
      arenaPages: pages,
      control: new SharedArrayBuffer((SEATS + MAX_SEATS * SEAT_WORDS) * 4),
      memories: [],
    };
    return new Heap(handle, true);
  }

  /**
   * The same heap on another thread.
   * @internal
   */
  static attach(handle: HeapHandle): Heap {
    return new Heap(handle);
  }

  /**
   * What another thread attaches to.
   * @internal
   */
  handle(): HeapHandle {
    this.#sync();
    return {
      id: this.id,
      limit: this.limit,
      arenaPages: this.#arenaPages,
      control: this.#control,
      memories: this.#arenas.map((a) => a.memory),
    };
  }

  /**
   * Called while this thread waits for a lock of the heap; throws when the run has ended.
   * @internal
   */
  onWait(ended: () => void): void {
    this.#ended = ended;
  }

  /**
   * The address of a new block, 64-byte aligned, contents undefined. A bounded number of steps under a lock; throws
   * `memory` with what was asked and what is left when there is no room.
   */
  allocate(bytes: number): Address {
    if (!(Number.isFinite(bytes) && bytes >= 0))
      throw new HaloweaveError('argument', `cannot allocate ${bytes} bytes`);
    for (;;) {
      const count = this.#sync();
      if (this.used + bytes > this.limit) throw this.#outOfMemory(bytes, 'the limit is reached');
      if (this.#live + bytes > this.limit) this.#giveUpCache();
      for (let i = 0; i < count; i++) {
        const offset = this.#arenas[i]!.allocate(bytes);
        if (offset >= 0) return addressOf(i, offset);
      }
      if (this.#cache.blocks > 0) {
        this.#giveUpCache();
        continue;
      }
      this.#grow(count, bytes);
    }
  }

  /** Frees the block at that address; throws `memory` for an address that is no live block's. */
  release(address: Address): void {
    this.arenaOf(address).release(offsetOf(address));
  }

  /** A block for a message's payload; `giveBack` it, on any thread, with the same number of bytes. */
  lend(bytes: number): Address {
    const kept = this.#cache.take(bytes);
    if (kept < 0) return this.allocate(Math.max(bytes, this.#cache.sizeFor(bytes)));
    this.#noteCache();
    return kept;
  }

  /** Ends a loan: the block is kept for this thread's next messages, or freed. */
  giveBack(address: Address, bytes: number): void {
    if (this.#seat < MAX_SEATS && this.#cache.keep(address, bytes)) this.#noteCache();
    else this.release(address);
  }

  /**
   * From now on a block counts as free, though it holds what is on its way between hosts: for a host's main thread, which
   * sends and receives for its ranks.
   * @internal
   */
  carry(): void {
    this.#carried++;
    this.#noteCache();
  }

  /**
   * A carried block belongs to a rank from now on.
   * @internal
   */
  handOver(): void {
    this.#carried--;
    this.#noteCache();
  }

  /**
   * Gives a carried block back. Only one thread of a heap may carry.
   * @internal
   */
  carriedBack(address: Address, bytes: number): void {
    Atomics.add(this.#words, CARRIED_AT, 1);
    this.#carried--;
    if (this.#seat < MAX_SEATS && this.#cache.keep(address, bytes)) this.#noteCache();
    else {
      this.release(address);
      this.#noteCache();
    }
    Atomics.add(this.#words, CARRIED_AT, 1);
  }

  /**
   * The arena of that number, learning of it from its announcement if need be.
   * @internal
   */
  arena(index: number): Arena {
    if (index >= this.#arenas.length) this.#sync();
    const a = this.#arenas[index];
    if (!a) throw new HaloweaveError('memory', `heap ${this.id} has no arena ${index}`);
    return a;
  }

  /**
   * The arena that an address lies in.
   * @internal
   */
  arenaOf(address: Address): Arena {
    return this.arena(arenaNumber(address));
  }

  /** The address of the first byte of a view, or −1 if the view is not of this heap. */
  locate(view: { buffer: ArrayBufferLike; byteOffset: number }): Address {
    const buffer = view.buffer;
    for (let i = 0; i < this.#arenas.length; i++)
      if (this.#arenas[i]!.buffer === buffer) return addressOf(i, view.byteOffset);
    return -1;
  }

  /** Number of arenas made so far. */
  get arenas(): number {
    return this.#sync();
  }

  /** Bytes in blocks that are in use, with their headers. */
  get used(): number {
    return this.#live - this.#sumSeats(1) * 64;
  }

  /** Number of blocks in use. */
  get blocks(): number {
    for (;;) {
      const before = Atomics.load(this.#words, CARRIED_AT);
      this.#sync();
      let n = 0;
      for (const a of this.#arenas) n += a.blocks;
      n -= this.#sumSeats(0);
      if ((before & 1) === 0 && Atomics.load(this.#words, CARRIED_AT) === before) return n;
    }
  }

  /**
   * Releases what this thread keeps, and stops listening for new arenas. The memory goes when no thread holds a view of it.
   * The thread that made the heap closes it last and releases nothing: a thread that was ended may have held a lock.
   */
  close(): void {
    if (!this.#made) this.#giveUpCache();
    // Whoever closes may still read what lies in arenas that have been announced.
    this.#sync();
    this.#channel.close();
  }

  /** Bytes in use, and in blocks that threads keep for their next messages. */
  get #live(): number {
    this.#sync();
    let n = 0;
    for (const a of this.#arenas) n += a.used;
    return n;
  }

  #sumSeats(word: number): number {
    let n = 0;
    const seats = Math.min(MAX_SEATS, Atomics.load(this.#words, NEXT_SEAT_AT));
    for (let k = 0; k < seats; k++) n += Atomics.load(this.#words, SEATS + k * SEAT_WORDS + word);
    return n;
  }

  #noteCache(): void {
    const at = SEATS + this.#seat * SEAT_WORDS;
    Atomics.store(this.#words, at, this.#cache.blocks + this.#carried);
    this.#words[at + 1] = this.#cache.bytes / 64 + this.#cache.blocks;
  }

  #giveUpCache(): void {
    const kept = this.#cache.empty();
    if (this.#seat < MAX_SEATS) this.#noteCache();
    for (const address of kept) this.release(address);
  }

  #adopt(notice: ArenaNotice): void {
    if (this.#arenas[notice.index]) return;
    this.#arenas[notice.index] = new Arena(notice.memory, () => this.#ended());
  }

  #sync(): number {
    const count = Atomics.load(this.#words, COUNT_AT);
    while (this.#arenas.length < count) {
      const got = receiveMessageOnPort(
        this.#channel as unknown as Parameters<typeof receiveMessageOnPort>[0],
      );
      if (!got)
        throw new HaloweaveError(
          'memory',
          `heap ${this.id}: arena ${this.#arenas.length} was never announced`,
        );
      this.#adopt(got.message as ArenaNotice);
    }
    return count;
  }

  #grow(seen: number, bytes: number): void {
    lock(this.#words, GROW_LOCK_AT, () => this.#ended());
    try {
      if (Atomics.load(this.#words, COUNT_AT) !== seen) return;
      const least = Math.max(MIN_PAGES, Math.ceil((bytes * (1 + 1 / 16) + ARENA_OVERHEAD) / PAGE));
      const fits = Math.ceil((bytes + ARENA_OVERHEAD + 64) / PAGE);
      if (fits > this.#arenaPages)
        throw this.#outOfMemory(
          bytes,
          `one array must fit in one arena of ${formatBytes(this.#arenaPages * PAGE)}: split it`,
        );
      if (seen >= MAX_ARENAS) throw this.#outOfMemory(bytes, `${MAX_ARENAS} arenas exist`);
      const memory = this.#reserve(Math.min(least, this.#arenaPages), bytes);
      Arena.format(memory);
      this.#adopt({ index: seen, memory });
      this.#channel.postMessage({ index: seen, memory });
      Atomics.add(this.#words, COUNT_AT, 1);
    } finally {
      unlock(this.#words, GROW_LOCK_AT);
    }
  }

  /** A whole arena where the address space allows, else the largest half, quarter, … that still fits. */
  #reserve(least: number, bytes: number): SharedMemory {
    for (let pages = this.#arenaPages; ; pages = Math.max(least, pages >> 1)) {
      try {
        return sharedMemory(pages);
      } catch (cause) {
        if (!(cause instanceof RangeError)) throw cause;
        if (pages <= least) throw this.#outOfMemory(bytes, 'the system gives no more address space');
      }
    }
  }

  #outOfMemory(bytes: number, why: string): HaloweaveError {
    const each = this.#arenas.map((a, i) => describeArena(i, a)).join('; ');
    return new HaloweaveError(
      'memory',
      `out of memory: asked for ${formatBytes(bytes)}, ${formatBytes(Math.max(0, this.limit - this.used))} of the heap's ${formatBytes(this.limit)} left (${each || 'no arena yet'}); ${why}`,
    );
  }
}
