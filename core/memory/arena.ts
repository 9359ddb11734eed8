import { HaloweaveError } from '../base/errors.js';
import { formatBytes } from '../base/format.js';
import { DTYPES, type TypedArray } from './dtype.js';
import { lock, unlock } from './mutex.js';
import type { SharedMemory } from './shared-memory.js';

/** Granule of allocation: one cache line, so that no two blocks share one. */
const UNIT = 64;
const UNIT_WORDS = UNIT / 4;
/** Second-level classes per power of two: at most 1/16 of a block is lost to rounding. */
const SUB_BITS = 4;
const SUB = 1 << SUB_BITS;
/** First-level classes: sizes below 2^26 units, the 4 GiB of an arena. */
const LEVELS = 26 - SUB_BITS + 2;

// Words of the arena's header.
const MAGIC_AT = 0;
const LOCK_AT = 1;
const END_AT = 2;
const USED_AT = 3;
const BLOCKS_AT = 4;
const LEVEL_MAP = 5;
const SUB_MAPS = 8;
const HEADS = SUB_MAPS + LEVELS;
const HEADER_UNITS = Math.ceil((HEADS + LEVELS * SUB) / UNIT_WORDS);

// Words of a block's header, the unit before its payload.
const SIZE = 0;
const BEFORE = 1;
const STATE = 2;
const NEXT = 3;
const PREV = 4;

/** Blocks looked at, at most, where only some of a list are large enough: the call stays bounded. */
const LOOKS = 32;

const ARENA_MAGIC = 0x48574152;
const LIVE = 0x4c495645;
const FREED = 0x46524545;

const memories = new WeakMap<ArrayBufferLike, SharedMemory>();

/** The memory that an arena's arrays lie in, by their buffer; undefined for private arrays. */
export function memoryOf(buffer: ArrayBufferLike): SharedMemory | undefined {
  return memories.get(buffer);
}

/** Bytes of bookkeeping in front of the first block of an arena, plus the header of that block. */
export const ARENA_OVERHEAD = (HEADER_UNITS + 1) * UNIT;

/**
 * One shared `WebAssembly.Memory` and the allocator in it, safe from every thread.
 *
 * The allocator is a two-level segregated fit (Masmano, Ripoll, Crespo, Real: "TLSF", ECRTS 2004): free
 * blocks hang in lists by size class, two bitmaps find a fitting class, neighbours are merged on release.
 * Both calls cost a bounded number of steps. Blocks are 64-byte aligned; a block has a 64-byte header.
 */
export class Arena {
  readonly memory: SharedMemory;
  readonly buffer: ArrayBufferLike;
  /** Views of the whole arena, indexed by dtype code. They never go stale: the memory never grows. */
  readonly views: readonly TypedArray[];
  readonly words: Int32Array;
  readonly #ended: () => void;

  constructor(memory: SharedMemory, ended: () => void) {
    this.memory = memory;
    this.buffer = memory.buffer;
    const bytes = memory.buffer.byteLength;
    this.views = DTYPES.map((d) => new d.create(memory.buffer, 0, Math.floor(bytes / d.bytes)));
    this.words = this.views[6] as Int32Array;
    this.#ended = ended;
    memories.set(memory.buffer, memory);
  }

  /** Writes an empty heap into fresh memory: once, by its maker, before any other thread sees it. */
  static format(memory: SharedMemory): void {
    const w = new Int32Array(memory.buffer);
    const units = Math.floor(memory.buffer.byteLength / UNIT);
    w[MAGIC_AT] = ARENA_MAGIC;
    w[END_AT] = units;
    new Arena(memory, () => {}).#putFree(HEADER_UNITS, units - HEADER_UNITS, 0);
  }

  /** Bytes in live blocks, headers included. */
  get used(): number {
    return Atomics.load(this.words, USED_AT) * UNIT;
  }

  get blocks(): number {
    return Atomics.load(this.words, BLOCKS_AT);
  }

  get capacity(): number {
    return (this.words[END_AT]! - HEADER_UNITS) * UNIT;
  }

  /** Byte offset of a new block of at least `bytes`, 64-byte aligned, or −1 when none is large enough. */
  allocate(bytes: number): number {
    const need = Math.max(1, Math.ceil(bytes / UNIT)) + 1;
    // Beyond this the class arithmetic below, in 32 bits, would wrap.
    if (need > this.words[END_AT]!) return -1;
    lock(this.words, LOCK_AT, this.#ended);
    try {
      return this.#take(need);
    } finally {
      unlock(this.words, LOCK_AT);
    }
  }

  /** Gives back the block at that byte offset; refuses an offset that is no live block's. */
  release(offset: number): void {
    const unit = offset / UNIT - 1;
    lock(this.words, LOCK_AT, this.#ended);
    try {
      this.#check(unit, offset);
      this.#give(unit);
    } finally {
      unlock(this.words, LOCK_AT);
    }
  }

  /** Payload bytes of the live block at that byte offset. */
  sizeOf(offset: number): number {
    this.#check(offset / UNIT - 1, offset);
    return (this.words[(offset / UNIT - 1) * UNIT_WORDS + SIZE]! - 1) * UNIT;
  }

  /** Payload bytes of the largest free block. */
  largestFree(): number {
    const w = this.words;
    lock(w, LOCK_AT, this.#ended);
    try {
      const level = 31 - Math.clz32(w[LEVEL_MAP]!);
      if (level < 0) return 0;
      const sub = 31 - Math.clz32(w[SUB_MAPS + level]!);
      let best = 0;
      for (let u = w[HEADS + level * SUB + sub]!; u !== 0; u = w[u * UNIT_WORDS + NEXT]!)
        best = Math.max(best, w[u * UNIT_WORDS + SIZE]!);
      return (best - 1) * UNIT;
    } finally {
      unlock(w, LOCK_AT);
    }
  }

  /** Walks all blocks and throws if they do not tile the arena or a list and a header disagree (for tests). */
  verify(): void {
    const w = this.words;
    let before = 0;
    let used = 0;
    let lastFree = false;
    let free = 0;
    let u = HEADER_UNITS;
    for (; u < w[END_AT]!; u += w[u * UNIT_WORDS + SIZE]!) {
      const b = u * UNIT_WORDS;
      const state = w[b + STATE];
      if (state !== LIVE && state !== FREED) throw new Error(`unit ${u}: not a block`);
      if (w[b + BEFORE] !== before) throw new Error(`unit ${u}: wrong predecessor`);
      if (state === FREED && lastFree) throw new Error(`unit ${u}: two free neighbours`);
      lastFree = state === FREED;
      if (state === LIVE) used += w[b + SIZE]!;
      else free++;
      before = u;
    }
    if (u !== w[END_AT]) throw new Error('blocks do not tile the arena');
    if (used !== w[USED_AT]) throw new Error(`used is ${w[USED_AT]}, counted ${used}`);
    for (let c = 0; c < LEVELS * SUB; c++)
      for (let f = w[HEADS + c]!; f !== 0; f = w[f * UNIT_WORDS + NEXT]!) {
        if (w[f * UNIT_WORDS + STATE] !== FREED) throw new Error(`unit ${f}: listed but not free`);
        free--;
      }
    if (free !== 0) throw new Error('free blocks missing from the lists');
  }

  #check(unit: number, offset: number): void {
    const w = this.words;
    const inside = Number.isInteger(unit) && unit >= HEADER_UNITS && unit < w[END_AT]!;
    if (inside && w[unit * UNIT_WORDS + STATE] === LIVE) return;
    throw new HaloweaveError(
      'memory',
      inside && this.#isFree(unit)
        ? `the block at offset ${offset} has been freed already`
        : `offset ${offset} is not the start of a heap block: free the array that was allocated, not a view of it`,
    );
  }

  /** Whether a unit lies in a free block, or heads one: for errors, by walking all blocks. */
  #isFree(unit: number): boolean {
    const w = this.words;
    let u = HEADER_UNITS;
    for (let size = w[u * UNIT_WORDS + SIZE]!; u + size <= unit && size > 0; size = w[u * UNIT_WORDS + SIZE]!)
      u += size;
    return w[u * UNIT_WORDS + STATE] === FREED;
  }

  #take(need: number): number {
    const w = this.words;
    // Round up to the next class boundary, so that whatever hangs there is large enough.
    const top = 31 - Math.clz32(need);
    const rounded = top >= SUB_BITS ? need + (1 << (top - SUB_BITS)) - 1 : need;
    let level = levelOf(rounded);
    let map = level >= LEVELS ? 0 : w[SUB_MAPS + level]! & (-1 << subOf(rounded));
    if (map === 0 && level < LEVELS) {
      const higher = w[LEVEL_MAP]! & (-1 << (level + 1));
      if (higher !== 0) {
        level = 31 - Math.clz32(higher & -higher);
        map = w[SUB_MAPS + level]!;
      }
    }
    const u = map === 0 ? this.#inOwnClass(need) : w[HEADS + level * SUB + (31 - Math.clz32(map & -map))]!;
    if (u === 0) return -1;
    const size = w[u * UNIT_WORDS + SIZE]!;
    this.#unlist(u);
    let taken = size;
    // A rest of one unit could hold no payload: it stays part of the block.
    if (size - need >= 2) {
      taken = need;
      w[u * UNIT_WORDS + SIZE] = need;
      this.#putFree(u + need, size - need, u);
    }
    w[u * UNIT_WORDS + STATE] = LIVE;
    w[USED_AT]! += taken;
    w[BLOCKS_AT]!++;
    return (u + 1) * UNIT;
  }

  /**
   * The first block of the request's own class that is large enough, or 0. Only some blocks of that class
   * are, and the largest request that fits in a fresh arena is of the same class as its only block.
   */
  #inOwnClass(need: number): number {
    const w = this.words;
    let u = w[HEADS + levelOf(need) * SUB + subOf(need)]!;
    for (let looks = 0; u !== 0 && w[u * UNIT_WORDS + SIZE]! < need; looks++)
      u = looks < LOOKS ? w[u * UNIT_WORDS + NEXT]! : 0;
    return u;
  }

  #give(unit: number): void {
    const w = this.words;
    let u = unit;
    let size = w[u * UNIT_WORDS + SIZE]!;
    w[USED_AT]! -= size;
    w[BLOCKS_AT]!--;
    const after = u + size;
    if (after < w[END_AT]! && w[after * UNIT_WORDS + STATE] === FREED) {
      this.#unlist(after);
      size += w[after * UNIT_WORDS + SIZE]!;
    }
    const before = w[u * UNIT_WORDS + BEFORE]!;
    if (before !== 0 && w[before * UNIT_WORDS + STATE] === FREED) {
      this.#unlist(before);
      w[u * UNIT_WORDS + STATE] = 0;
      size += w[before * UNIT_WORDS + SIZE]!;
      u = before;
    }
    this.#putFree(u, size, w[u * UNIT_WORDS + BEFORE]!);
  }

  #putFree(u: number, size: number, before: number): void {
    const w = this.words;
    const b = u * UNIT_WORDS;
    const level = levelOf(size);
    const sub = subOf(size);
    const head = HEADS + level * SUB + sub;
    w[b + SIZE] = size;
    w[b + BEFORE] = before;
    w[b + STATE] = FREED;
    w[b + PREV] = 0;
    w[b + NEXT] = w[head]!;
    if (w[head] !== 0) w[w[head]! * UNIT_WORDS + PREV] = u;
    w[head] = u;
    w[LEVEL_MAP]! |= 1 << level;
    w[SUB_MAPS + level]! |= 1 << sub;
    if (u + size < w[END_AT]!) w[(u + size) * UNIT_WORDS + BEFORE] = u;
  }

  #unlist(u: number): void {
    const w = this.words;
    const b = u * UNIT_WORDS;
    const next = w[b + NEXT]!;
    const prev = w[b + PREV]!;
    if (next !== 0) w[next * UNIT_WORDS + PREV] = prev;
    if (prev !== 0) {
      w[prev * UNIT_WORDS + NEXT] = next;
      return;
    }
    const size = w[b + SIZE]!;
    const level = levelOf(size);
    const sub = subOf(size);
    w[HEADS + level * SUB + sub] = next;
    if (next !== 0) return;
    w[SUB_MAPS + level]! &= ~(1 << sub);
    if (w[SUB_MAPS + level] === 0) w[LEVEL_MAP]! &= ~(1 << level);
  }
}

function levelOf(units: number): number {
  return units < SUB ? 0 : 31 - Math.clz32(units) - SUB_BITS + 1;
}

function subOf(units: number): number {
  const top = 31 - Math.clz32(units);
  return units < SUB ? units : (units >> (top - SUB_BITS)) & (SUB - 1);
}

/** What the message of an out-of-memory error says of one arena. */
export function describeArena(index: number, arena: Arena): string {
  return `arena ${index}: ${formatBytes(arena.used)} of ${formatBytes(arena.capacity)} used, largest free block ${formatBytes(arena.largestFree())}`;
}
