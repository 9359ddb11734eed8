import { describe, expect, it } from 'vitest';
import { HaloweaveError } from '../../../core/base/errors.js';
import { RandomStream } from '../../../core/base/random.js';

/** The draws of the first n cells in one cycle. */
const draws = (stream: RandomStream, n: number, cycle = 0) =>
  Array.from({ length: n }, (_, cell) => stream.uniform(cell, cycle));

describe('RandomStream.block', () => {
  it('is Threefry-4×32-20 with counter (cell, cycle, 0) and key (seed, stream)', () => {
    const stream = new RandomStream(0);
    stream.block(0, 0);
    // From the known-answer vectors of Random123.
    expect([...stream.words]).toEqual([0x9c6ca96a, 0xe17eae66, 0xfc10ecd4, 0x5256a7d8]);
  });

  it('uses all 53 bits of cell, seed and stream, and all 32 of the cycle', () => {
    const seen = new Set<string>();
    const note = (stream: RandomStream, cell: number, cycle: number) => {
      stream.block(cell, cycle);
      seen.add(stream.words.join());
    };
    let cases = 0;
    for (let bit = 0; bit < 53; bit++) {
      note(new RandomStream(2 ** bit), 0, 0);
      note(new RandomStream(0, 2 ** bit), 0, 0);
      note(new RandomStream(0), 2 ** bit, 0);
      cases += 3;
    }
    for (let bit = 0; bit < 32; bit++, cases++) note(new RandomStream(0), 0, 2 ** bit);
    note(new RandomStream(0), 2 ** 53 - 1, 2 ** 32 - 1);
    note(new RandomStream(2 ** 53 - 1, 2 ** 53 - 1), 0, 0);
    expect(seen.size).toBe(cases + 2);
  });

  it('keeps nothing between calls', () => {
    const stream = new RandomStream(7, 3);
    const first = stream.uniform(12, 34, 5);
    stream.direction(1, 2, [0, 0, 0]);
    stream.block(9, 9);
    expect(stream.uniform(12, 34, 5)).toBe(first);
    expect(new RandomStream(7, 3).uniform(12, 34, 5)).toBe(first);
  });

  it('refuses what is not a counter', () => {
    const stream = new RandomStream(1);
    const wrong = [-1, 0.5, NaN, Infinity];
    for (const value of [...wrong, 2 ** 53]) {
      expect(() => new RandomStream(value)).toThrow(HaloweaveError);
      expect(() => new RandomStream(0, value)).toThrow(HaloweaveError);
      expect(() => stream.block(value, 0)).toThrow(/cell/);
    }
    for (const value of [...wrong, 2 ** 32]) {
      expect(() => stream.block(0, value)).toThrow(/cycle/);
      expect(() => stream.uniform(0, 0, value)).toThrow(/draw/);
    }
  });
});

describe('RandomStream.uniform', () => {
  it('makes draws 0 and 1 from the words of the block', () => {
    const stream = new RandomStream(42);
    stream.block(5, 6);
    const [a, b, c, d] = stream.words;
    const join = (high: number, low: number) =>
      Number((BigInt(high >>> 5) << 26n) | BigInt(low >>> 6)) / 2 ** 53;
    expect(stream.uniform(5, 6)).toBe(join(a, b));
    expect(stream.uniform(5, 6, 0)).toBe(join(a, b));
    expect(stream.uniform(5, 6, 1)).toBe(join(c, d));
  });

  it('differs in every draw, cell, cycle, seed and stream', () => {
    const seen = new Set<number>();
    for (let seed = 0; seed < 4; seed++)
      for (let s = 0; s < 4; s++) {
        const stream = new RandomStream(seed, s);
        for (let cell = 0; cell < 8; cell++)
          for (let cycle = 0; cycle < 8; cycle++)
            for (let k = 0; k < 8; k++) seen.add(stream.uniform(cell, cycle, k));
      }
    expect(seen.size).toBe(4 * 4 * 8 * 8 * 8);
  });

  it('has the moments of the uniform distribution', () => {
    const n = 40000;
    const xs = draws(new RandomStream(2024), n);
    const mean = xs.reduce((s, x) => s + x, 0) / n;
    const variance = xs.reduce((s, x) => s + (x - 0.5) ** 2, 0) / n;
    // Five standard errors: √(1/12/n) and √(1/180/n). The seed is fixed, so these pass or fail for good.
    expect(Math.abs(mean - 1 / 2)).toBeLessThan(5 * Math.sqrt(1 / 12 / n));
    expect(Math.abs(variance - 1 / 12)).toBeLessThan(5 * Math.sqrt(1 / 180 / n));
    expect(Math.min(...xs)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...xs)).toBeLessThan(1);
  });

  it('fills 64 bins evenly along cells, cycles and draws alike', () => {
    const n = 32000;
    const stream = new RandomStream(99);
    const along = [
      (i: number) => stream.uniform(i, 3),
      (i: number) => stream.uniform(3, i),
      (i: number) => stream.uniform(3, 3, i),
    ];
    for (const draw of along) {
      const bins = new Float64Array(64);
      for (let i = 0; i < n; i++) bins[Math.floor(draw(i) * 64)]++;
      const chi2 = bins.reduce((s, x) => s + (x - n / 64) ** 2 / (n / 64), 0);
      // 63 degrees of freedom: mean 63, deviation 11.2; five deviations on either side.
      expect(chi2).toBeGreaterThan(63 - 5 * 11.2);
      expect(chi2).toBeLessThan(63 + 5 * 11.2);
    }
  });

  it('is uncorrelated between neighbouring cells, cycles and streams', () => {
    const n = 20000;
    const one = draws(new RandomStream(1), n);
    const others = [
      draws(new RandomStream(2), n),
      draws(new RandomStream(1, 1), n),
      draws(new RandomStream(1), n, 1),
      [...one.slice(1), one[0]],
    ];
    for (const other of others) {
      const covariance = one.reduce((s, x, i) => s + (x - 0.5) * (other[i] - 0.5), 0) / n;
      expect(Math.abs(covariance * 12)).toBeLessThan(5 / Math.sqrt(n));
    }
  });
});

describe('RandomStream.direction', () => {
  it('gives unit vectors with the moments of the sphere', () => {
    const n = 20000;
    const stream = new RandomStream(11);
    const out = new Float64Array(3);
    const first = [0, 0, 0];
    const second = [0, 0, 0, 0, 0, 0]; // xx yy zz xy yz zx
    for (let cell = 0; cell < n; cell++) {
      stream.direction(cell, 1, out);
      const [x, y, z] = out;
      expect(Math.abs(x * x + y * y + z * z - 1)).toBeLessThan(1e-15);
      [x, y, z].forEach((v, i) => {
        first[i] += v / n;
      });
      [x * x, y * y, z * z, x * y, y * z, z * x].forEach((v, i) => {
        second[i] += v / n;
      });
    }
    // Variances on the sphere: 1/3 of x, 4/45 of x², 1/15 of xy. Five standard errors.
    for (const m of first) expect(Math.abs(m)).toBeLessThan(5 * Math.sqrt(1 / 3 / n));
    for (const m of second.slice(0, 3)) expect(Math.abs(m - 1 / 3)).toBeLessThan(5 * Math.sqrt(4 / 45 / n));
    for (const m of second.slice(3)) expect(Math.abs(m)).toBeLessThan(5 * Math.sqrt(1 / 15 / n));
  });

  it('has a uniform z (Archimedes), which a cube or a pole bias would not', () => {
    const n = 20000;
    const stream = new RandomStream(12);
    const bins = new Float64Array(32);
    const out = [0, 0, 0];
    for (let cycle = 0; cycle < n; cycle++) {
      stream.direction(8, cycle, out);
      bins[Math.min(31, Math.floor((out[2] + 1) * 16))]++;
    }
    const chi2 = bins.reduce((s, x) => s + (x - n / 32) ** 2 / (n / 32), 0);
    expect(chi2).toBeLessThan(31 + 5 * Math.sqrt(62));
  });

  it('writes three numbers where it is told and shares no words with uniform', () => {
    const stream = new RandomStream(5);
    const out = new Float64Array(6).fill(9);
    stream.direction(1, 2, out, 2);
    expect([out[0], out[1], out[5]]).toEqual([9, 9, 9]);
    const plain = [0, 0, 0];
    stream.direction(1, 2, plain);
    expect([...out.slice(2, 5)]).toEqual(plain);
    const drawn = [...stream.words];
    for (let k = 0; k < 16; k += 2) {
      stream.uniform(1, 2, k);
      expect([...stream.words]).not.toEqual(drawn);
    }
  });
});
