import { decode } from 'fast-png';
import { HaloweaveError } from 'haloweave';
import { describe, expect, it } from 'vitest';
import { spinColour } from '../../../solvers/spins/colour.js';
import { spinPicture } from '../../../solvers/spins/picture.js';

function pixels(png: Uint8Array) {
  const { width, height, channels, depth, data } = decode(png);
  expect([channels, depth]).toEqual([3, 8]);
  const at = (x: number, y: number): number[] =>
    Array.from(data.subarray(3 * (y * width + x), 3 * (y * width + x) + 3));
  return { width, height, at, data };
}

function inPlane(angle: number): number[] {
  const out = new Uint8Array(3);
  spinColour(angle, 0, out, 0);
  return Array.from(out);
}

const WHITE = [255, 255, 255];
const BLACK = [0, 0, 0];

describe('spinPicture', () => {
  // Two rows of three: row 0 is up, down, +x; row 1 is +y, -x, no spin.
  const sx = [0, 0, 1, 0, -2, 0];
  const sy = [0, 0, 0, 8e5, 0, 0];
  const sz = [1, -1, 0, 0, 0, 0];

  it('shows known spins, row 0 at the bottom', () => {
    const { width, height, at } = pixels(spinPicture(sx, sy, sz, 2, 3));
    expect([width, height]).toEqual([3, 2]);
    expect([0, 1, 2].map((x) => at(x, 1))).toEqual([WHITE, BLACK, inPlane(0)]);
    expect([0, 1, 2].map((x) => at(x, 0))).toEqual([inPlane(Math.PI / 2), inPlane(Math.PI), [128, 128, 128]]);
    const distinct = new Set([0, 1, 2, 3].map((q) => inPlane((q * Math.PI) / 2).join()));
    expect(distinct.size).toBe(4);
  });

  it('repeats each spin in a square', () => {
    const one = pixels(spinPicture(sx, sy, sz, 2, 3));
    const four = pixels(spinPicture(sx, sy, sz, 2, 3, { scale: 4 }));
    expect([four.width, four.height]).toEqual([12, 8]);
    for (let y = 0; y < 8; y++)
      for (let x = 0; x < 12; x++) expect(four.at(x, y)).toEqual(one.at(x >> 2, y >> 2));
  });

  it('takes typed arrays and draws what is not finite grey', () => {
    const grey = pixels(
      spinPicture(Float32Array.of(Number.NaN, Infinity), Float64Array.of(0, 0), [1, 1], 1, 2),
    );
    expect(Array.from(grey.data)).toEqual([128, 128, 128, 128, 128, 128]);
  });

  it('normalises the spins', () => {
    const tilted = new Uint8Array(3);
    spinColour(0, 0.8, tilted, 0);
    expect(pixels(spinPicture([3e5], [0], [4e5], 1, 1)).at(0, 0)).toEqual(Array.from(tilted));
  });

  it('gives the same bytes again', () => {
    expect(spinPicture(sx, sy, sz, 2, 3, { scale: 3 })).toEqual(spinPicture(sx, sy, sz, 2, 3, { scale: 3 }));
  });

  describe('legend', () => {
    const n = 128;
    const zero = new Float64Array(n * n);
    const up = new Float64Array(n * n).fill(1);
    const plain = pixels(spinPicture(zero, zero, up, n, n));
    const drawn = pixels(spinPicture(zero, zero, up, n, n, { legend: true }));

    it('stays in the lower right corner', () => {
      let [left, top, changed] = [n, n, 0];
      for (let y = 0; y < n; y++) {
        for (let x = 0; x < n; x++) {
          if (drawn.at(x, y).join() === plain.at(x, y).join()) continue;
          changed++;
          left = Math.min(left, x);
          top = Math.min(top, y);
        }
      }
      expect(changed).toBeGreaterThan(300);
      expect(left).toBeGreaterThan(n * 0.7);
      expect(top).toBeGreaterThan(n * 0.7);
    });

    it('shows +x to the right of its centre and +y above it', () => {
      // Radius 10, margin 7: the centre lies between the pixels 110 and 111.
      const near = (x: number, y: number, angle: number): void => {
        const want = inPlane(angle);
        drawn.at(x, y).forEach((v, k) => {
          expect(Math.abs(v - want[k]!)).toBeLessThan(60);
        });
      };
      near(115, 110, 0);
      near(110, 105, Math.PI / 2);
      near(105, 110, Math.PI);
      near(110, 115, -Math.PI / 2);
    });

    it('is left out of pictures that have no room', () => {
      const small = new Float64Array(32 * 200).fill(1);
      const off = new Float64Array(32 * 200);
      const args = [off, off, small, 32, 200] as const;
      expect(spinPicture(...args, { legend: true })).toEqual(spinPicture(...args));
    });
  });

  it.each([
    [() => spinPicture(sx, sy, sz, 2, 2), /sx holds 6 numbers; 2 rows of 2 are 4/],
    [() => spinPicture(sx, sy, [1], 2, 3), /sz holds 1 numbers/],
    [() => spinPicture([], [], [], 0, 3), /rows is 0/],
    [() => spinPicture(sx, sy, sz, 2, 3, { scale: 1.5 }), /scale is 1.5; expected an integer from 1 to 64/],
    [
      () => spinPicture({ length: 2 ** 27 }, { length: 2 ** 27 }, { length: 2 ** 27 }, 2 ** 13, 2 ** 14),
      /at most 67108864/,
    ],
  ])('refuses wrong arguments %#', (call, message) => {
    expect(call).toThrow(HaloweaveError);
    expect(call).toThrow(message);
  });
});
