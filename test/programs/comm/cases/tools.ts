import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  type ArrayOf,
  type Communicator,
  copy,
  type DType,
  empty,
  type NdArray,
  ndarray,
  type TypedArray,
} from 'haloweave';
import { bytesOf, dtypes, pattern } from '../../../support/values.js';

export { assert, dtypes, pattern };

/** One case of the conformance suite: every rank runs `body`; an assertion that fails ends the run and names the case. */
export interface Case {
  name: string;
  /** Fewest ranks with which the case means anything (default 1). */
  least?: number;
  body(comm: Communicator): void | Promise<void>;
}

export const right = (comm: Communicator): number => (comm.rank + 1) % comm.size;
export const left = (comm: Communicator): number => (comm.rank + comm.size - 1) % comm.size;
export const others = (comm: Communicator): number[] =>
  Array.from({ length: comm.size }, (_, r) => r).filter((r) => r !== comm.rank);

/** Eager messages end here; larger ones wait for their receive. */
export const EAGER = 64 * 1024;
export const KIBI = 1024;

const cache = new Map<string, TypedArray>();

/** The first elements of the pattern of a seed, which is made once: do not write into it. */
export function constant(dtype: DType, n: number, seed: number): TypedArray {
  const key = `${dtype} ${seed}`;
  let a = cache.get(key);
  if (!a || a.length < n) {
    a = pattern(dtype, Math.max(n, 4096), seed);
    cache.set(key, a);
  }
  return a.subarray(0, n);
}

/**
 * A number that only grows and that all ranks see outside of any message: the length of a file, since ranks of several hosts
 * of this machine share nothing else. Collective; `end` on all of them.
 */
export class Tally {
  readonly #comm: Communicator;
  readonly #path: string;

  constructor(comm: Communicator) {
    this.#comm = comm;
    const folder = comm.rank === 0 ? mkdtempSync(join(tmpdir(), 'haloweave-tally-')) : null;
    this.#path = join(comm.bcast<string | null>(folder, 0)!, 'tally');
    if (comm.rank === 0) writeFileSync(this.#path, '');
    comm.barrier();
  }

  add(n = 1): void {
    appendFileSync(this.#path, 'x'.repeat(n));
  }

  get value(): number {
    return statSync(this.#path).size;
  }

  end(): void {
    this.#comm.barrier();
    if (this.#comm.rank === 0) rmSync(dirname(this.#path), { recursive: true });
  }
}

/** Dtypes of one, two and eight bytes with which messages beyond a mebibyte are tried. */
const LARGE: readonly DType[] = ['f64', 'u8', 'i16'];

/** Elements next to every limit: nothing, one, what lies in a record, a block, by reference. */
export function lengths(dtype: DType): number[] {
  const b = new (pattern(dtype, 0).constructor as Float64ArrayConstructor)(0).BYTES_PER_ELEMENT;
  const limit = EAGER / b;
  const all = [0, 1, 12, 13, 96 / b, 96 / b + 1, 1000, limit - 1, limit, limit + 1];
  return LARGE.includes(dtype) ? [...all, 8 * limit + 3] : all;
}

/** Same dtype, length and bits. */
export function same(got: unknown, want: TypedArray, what: string): void {
  assert.ok(ArrayBuffer.isView(got), `${what}: not a typed array but ${typeof got}`);
  assert.equal(Object.prototype.toString.call(got), Object.prototype.toString.call(want), what);
  assert.equal(got.byteLength, want.byteLength, `${what}: length`);
  assert.equal(Buffer.compare(bytesOf(got), bytesOf(want)), 0, `${what}: elements`);
}

/** Same shape, dtype and elements, whatever the strides. */
export function sameNd(got: NdArray, want: NdArray, what: string): void {
  assert.deepEqual([...got.shape], [...want.shape], `${what}: shape`);
  same(flat(got), flat(want), what);
}

/** The elements of a view in C order. */
export function flat(a: NdArray): TypedArray {
  const out = new (a.data.constructor as Float64ArrayConstructor)(a.size);
  let k = 0;
  const visit = (axis: number, at: number): void => {
    if (axis === a.shape.length) {
      out[k++] = a.data[at] as never;
      return;
    }
    for (let i = 0; i < a.shape[axis]!; i++) visit(axis + 1, at + i * a.stride[axis]!);
  };
  visit(0, a.offset);
  return out;
}

/** A copy in the shared heap; free it. */
export function inHeap(comm: Communicator, data: TypedArray): NdArray {
  return copy(comm.heap, ndarray(data));
}

export function heapLike(comm: Communicator, dtype: DType, n: number): ArrayOf<DType> {
  return empty(comm.heap, n, dtype);
}

/** Runs `act`, which must throw, and gives the error. */
export function thrown(act: () => unknown): Error & { code?: string } {
  let value: unknown;
  try {
    value = act();
  } catch (error) {
    assert.ok(error instanceof Error);
    return error;
  }
  throw new assert.AssertionError({ message: `nothing was thrown, but ${String(value)} returned` });
}

/** Checks an error's code and that its message holds all of `parts`. */
export function says(error: Error & { code?: string }, code: string, ...parts: (string | number)[]): void {
  assert.equal(error.code, code, error.message);
  for (const p of parts) assert.ok(error.message.includes(String(p)), `'${p}' is not in: ${error.message}`);
}

/** Operands of all ranks in the bracket of the preorder tree, by the definition. */
export function inTree<T>(values: readonly T[], combine: (left: T, right: T) => T): T {
  const [own, ...rest] = values as [T, ...T[]];
  const half = Math.ceil(rest.length / 2);
  let v = own;
  if (half > 0) v = combine(v, inTree(rest.slice(0, half), combine));
  if (rest.length > half) v = combine(v, inTree(rest.slice(half), combine));
  return v;
}

/** Operands of the first ranks in the bracket of recursive doubling, round by round. */
export function inDoubling<T>(values: readonly T[], combine: (left: T, right: T) => T): T {
  let have = [...values];
  for (let step = 1; step < values.length; step *= 2)
    have = have.map((v, r) => (r >= step ? combine(have[r - step]!, v) : v));
  return have.at(-1)!;
}
