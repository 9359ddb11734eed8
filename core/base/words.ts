/**
 * Doubles and counters as 32-bit words, and the Threefry permutation of four words, for the
 * modules that need exact bits without BigInt (which allocates and is 50 times slower).
 */

/** 2^32 and its inverse; both exact, so multiplying by them never rounds a double in the normal range. */
export const TWO32 = 4294967296;
export const PER_TWO32 = 1 / TWO32;

const scratch = new Float64Array(1);
const scratchWords = new Uint32Array(scratch.buffer);
scratch[0] = 1;
/** Where the high word of a double lies among its two words on this machine: 1 if little-endian. */
export const HIGH = scratchWords[1] === 0x3ff00000 ? 1 : 0;
export const LOW = 1 - HIGH;

/**
 * 2^exponent, exactly, for −1074 ≤ exponent ≤ 1023. Built from its bits, because the language does not
 * promise that `2 ** n` is correctly rounded. Cost O(1); deterministic.
 */
export function powerOfTwo(exponent: number): number {
  if (exponent >= -1022) {
    scratchWords[HIGH] = (exponent + 1023) << 20;
    scratchWords[LOW] = 0;
  } else {
    const bit = exponent + 1074;
    scratchWords[HIGH] = bit >= 32 ? 1 << (bit - 32) : 0;
    scratchWords[LOW] = bit >= 32 ? 0 : 1 << bit;
  }
  return scratch[0];
}

/** Added to the key schedule so that no key is all-zero there (Skein 1.3, C240, its 32-bit form). */
const PARITY = 0x1bd11bda;

/**
 * Threefry-4×32: encrypts the counter (c0, c1, c2, c3) under the key (k0, k1, k2, k3) and writes the
 * four words to `out`. For each key it is a bijection of the 2^128 counters. Only additions, rotations
 * and xors of 32 bits: the same words on every machine.
 *
 * Counters and keys are taken modulo 2^32 (a fraction is cut off first), so `index` and
 * `index * PER_TWO32` are the two words of an index. Pass signed words, `x | 0`, from a loop: V8 hands over
 * others as allocated numbers, which doubles the cost.
 *
 * Every group is four rounds and one injection of the key. Five groups (20 rounds) are what the authors
 * recommend; three (12 rounds) are the fewest from which on they know of no flaw.
 * Cost about 15 ns for 12 rounds, 25 ns for 20; no allocation.
 *
 * Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11 (2011);
 * rotation distances from its table for 4×32.
 */
export function threefry4x32(
  out: Uint32Array,
  groups: number,
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  k0: number,
  k1: number,
  k2: number,
  k3: number,
): void {
  let [a, b, c, d, e] = [k0 | 0, k1 | 0, k2 | 0, k3 | 0, PARITY ^ k0 ^ k1 ^ k2 ^ k3];
  let w = ((c0 | 0) + a) | 0;
  let x = ((c1 | 0) + b) | 0;
  let y = ((c2 | 0) + c) | 0;
  let z = ((c3 | 0) + d) | 0;
  for (let group = 1; ; group += 2) {
    w = (w + x) | 0;
    x = ((x << 10) | (x >>> 22)) ^ w;
    y = (y + z) | 0;
    z = ((z << 26) | (z >>> 6)) ^ y;
    w = (w + z) | 0;
    z = ((z << 11) | (z >>> 21)) ^ w;
    y = (y + x) | 0;
    x = ((x << 21) | (x >>> 11)) ^ y;
    w = (w + x) | 0;
    x = ((x << 13) | (x >>> 19)) ^ w;
    y = (y + z) | 0;
    z = ((z << 27) | (z >>> 5)) ^ y;
    w = (w + z) | 0;
    z = ((z << 23) | (z >>> 9)) ^ w;
    y = (y + x) | 0;
    x = ((x << 5) | (x >>> 27)) ^ y;
    w = (w + b) | 0;
    x = (x + c) | 0;
    y = (y + d) | 0;
    z = (z + e + group) | 0;
    if (group >= groups) break;

    w = (w + x) | 0;
    x = ((x << 6) | (x >>> 26)) ^ w;
    y = (y + z) | 0;
    z = ((z << 20) | (z >>> 12)) ^ y;
    w = (w + z) | 0;
    z = ((z << 17) | (z >>> 15)) ^ w;
    y = (y + x) | 0;
    x = ((x << 11) | (x >>> 21)) ^ y;
    w = (w + x) | 0;
    x = ((x << 25) | (x >>> 7)) ^ w;
    y = (y + z) | 0;
    z = ((z << 10) | (z >>> 22)) ^ y;
    w = (w + z) | 0;
    z = ((z << 18) | (z >>> 14)) ^ w;
    y = (y + x) | 0;
    x = ((x << 20) | (x >>> 12)) ^ y;
    w = (w + c) | 0;
    x = (x + d) | 0;
    y = (y + e) | 0;
    z = (z + a + group + 1) | 0;
    if (group + 1 >= groups) break;

    // Two injections further along the cyclic schedule of five key words.
    const first = a;
    const second = b;
    a = c;
    b = d;
    c = e;
    d = first;
    e = second;
  }
  out[0] = w;
  out[1] = x;
  out[2] = y;
  out[3] = z;
}
