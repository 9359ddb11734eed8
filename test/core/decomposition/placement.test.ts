import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../../core/base/random.js';
import { curveOrder } from '../../../core/decomposition/curve.js';
import { cutByWeight } from '../../../core/decomposition/cut.js';

const BYTES = 8;

/** Halo bytes inside ranks and between them, of cubes of side³ cells on a periodic lattice of dims³, halo 1. */
function haloBytes(
  dims: number,
  side: number,
  owner: ArrayLike<number>,
): { inside: number; between: number } {
  const bytes = { inside: 0, between: 0 };
  const steps = [-1, 0, 1];
  const wrap = (k: number): number => (k + dims) % dims;
  for (let i = 0; i < dims; i++)
    for (let j = 0; j < dims; j++)
      for (let k = 0; k < dims; k++)
        for (const di of steps)
          for (const dj of steps)
            for (const dk of steps) {
              const across = Math.abs(di) + Math.abs(dj) + Math.abs(dk);
              if (across === 0) continue;
              const mine = owner[(i * dims + j) * dims + k];
              const theirs = owner[(wrap(i + di) * dims + wrap(j + dj)) * dims + wrap(k + dk)];
              bytes[mine === theirs ? 'inside' : 'between'] += side ** (3 - across) * BYTES;
            }
  return bytes;
}

function alongCurve(dims: number, ranks: number): Int32Array {
  const order = curveOrder([dims, dims, dims]);
  const cuts = cutByWeight(new Float64Array(order.length).fill(1), ranks);
  const owner = new Int32Array(order.length);
  for (let r = 0; r < ranks; r++) for (let k = cuts[r]!; k < cuts[r + 1]!; k++) owner[order[k]!] = r;
  return owner;
}

function atRandom(parts: number, ranks: number, seed: number): Int32Array {
  const random = new RandomStream(seed);
  const owner = Int32Array.from({ length: parts }, (_, k) => k % ranks);
  for (let k = parts - 1; k > 0; k--) {
    const j = Math.floor(random.uniform(k, 0) * (k + 1));
    [owner[k], owner[j]] = [owner[j]!, owner[k]!];
  }
  return owner;
}

describe('placement along the curve, 8 × 8 × 8 parts of 16³ cells over 4 ranks', () => {
  const all = 512 * (6 * 16 * 16 + 12 * 16 + 8) * BYTES;
  const curve = haloBytes(8, 16, alongCurve(8, 4));

  it('keeps most halo bytes inside a rank', () => {
    expect(curve.inside + curve.between).toBe(all);
    // Four bars of 4 × 4 × 8 parts would have a quarter between ranks: two of four long sides each, 256 faces of 3072.
    expect(curve.between).toBeLessThan(all / 3);
  });

  it.each([1, 2, 3])('random placement, seed %i, sends more than twice as many between ranks', (seed) => {
    const random = haloBytes(8, 16, atRandom(512, 4, seed));
    expect(random.inside + random.between).toBe(all);
    expect(random.between).toBeGreaterThan(2 * curve.between);
  });
});
