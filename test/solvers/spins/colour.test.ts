import { describe, expect, it } from 'vitest';
import { spinColour } from '../../../solvers/spins/colour.js';

function colour(degrees: number, mz: number): [number, number, number] {
  const out = new Uint8Array(5).fill(7);
  spinColour((degrees * Math.PI) / 180, mz, out, 1);
  expect([out[0], out[4]]).toEqual([7, 7]);
  return [out[1]!, out[2]!, out[3]!];
}

/** Relative luminance, IEC 61966-2-1: how bright a colour looks. */
function luminance([r, g, b]: [number, number, number]): number {
  const linear = (v: number): number => (v <= 10.3 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
}

/** Hue of HSL in degrees, to compare with the names of colours. */
function hue([r, g, b]: [number, number, number]): number {
  const span = Math.max(r, g, b) - Math.min(r, g, b);
  const sector = r >= g && r >= b ? (g - b) / span : g >= b ? 2 + (b - r) / span : 4 + (r - g) / span;
  return (sector * 60 + 360) % 360;
}

const angles = Array.from({ length: 72 }, (_, i) => i * 5);

describe('spinColour', () => {
  it('is white up and black down, whatever the angle', () => {
    for (const angle of [...angles, -30, 1000]) {
      expect(colour(angle, 1)).toEqual([255, 255, 255]);
      expect(colour(angle, -1)).toEqual([0, 0, 0]);
      expect(colour(angle, 1.0000001)).toEqual([255, 255, 255]);
    }
  });

  it('starts with red and turns through yellow, green, cyan, blue and magenta', () => {
    const red = hue(colour(0, 0));
    expect(Math.min(red, 360 - red)).toBeLessThan(20);
    const turns = angles.map((angle) => (hue(colour(angle, 0)) - red + 360) % 360);
    for (let i = 2; i < turns.length; i++) expect(turns[i]).toBeGreaterThan(turns[i - 1]!);
  });

  it('is saturated in the plane', () => {
    for (const angle of angles) {
      const c = colour(angle, 0);
      const [high, low] = [Math.max(...c), Math.min(...c)];
      expect((high - low) / (255 - Math.abs(high + low - 255))).toBeGreaterThan(0.7);
    }
  });

  it('grows brighter with m_z at every angle', () => {
    for (const angle of angles) {
      let before = -1;
      for (let i = 0; i <= 40; i++) {
        const now = luminance(colour(angle, -1 + i / 20));
        expect(now).toBeGreaterThan(before);
        before = now;
      }
    }
  });

  it('has no jump: neighbours differ by little', () => {
    for (let angle = 0; angle < 360; angle++) {
      const [a, b] = [colour(angle, 0), colour(angle + 1, 0)];
      for (let k = 0; k < 3; k++) expect(Math.abs(a[k]! - b[k]!)).toBeLessThanOrEqual(16);
    }
    expect(colour(360, 0.2)).toEqual(colour(0, 0.2));
    expect(colour(-90, 0.2)).toEqual(colour(270, 0.2));
  });
});
