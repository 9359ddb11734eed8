import { describe, expect, it } from 'vitest';
import { type SpinWave, spinWave } from '../../../solvers/spins/spin-wave.js';

type Chain = SpinWave & { spins: number; mode: number };

const wave: Chain = { spins: 60, mode: 7, cone: 0.9, alpha: 0.05, exchange: 1.5, mu: 0.8, gamma: 1.1 };
const spin = (w: SpinWave, t: number, j: number): number[] => {
  const out = new Float64Array(3);
  spinWave(w, t)(j, out);
  return [...out];
};

/** VALIDATION's formulas as they stand there. */
function literal({ spins, mode, cone, alpha, exchange = 1, mu = 1, gamma = 1 }: Chain, t: number, j: number) {
  const k = (2 * Math.PI * mode) / spins;
  const rate = gamma * ((2 * exchange) / mu) * (1 - Math.cos(k));
  const lambda = (alpha * rate) / (1 + alpha * alpha);
  let theta = cone;
  let phi = rate * Math.cos(cone) * t;
  if (alpha > 0) {
    theta = Math.atan(Math.tan(cone) * Math.exp(-lambda * t));
    if (theta < 0) theta += Math.PI;
    phi = (Math.log(Math.tan(cone / 2)) - Math.log(Math.tan(theta / 2))) / alpha;
  }
  return [Math.sin(theta) * Math.cos(k * j + phi), Math.sin(theta) * Math.sin(k * j + phi), Math.cos(theta)];
}

describe('the exact spin wave', () => {
  it.each([
    wave,
    { ...wave, alpha: 0 },
    { ...wave, alpha: 1 },
    { ...wave, cone: 2.5 },
    { ...wave, mode: -13, cone: 3 },
    { ...wave, spins: 5, mode: 2, cone: 1e-3 },
  ])('is the closed form: %j', (w) => {
    for (const t of [0, 0.3, 2, 10])
      for (const j of [0, 1, w.spins - 1])
        spin(w, t, j).forEach((v, k) => {
          expect(Math.abs(v - literal(w, t, j)[k]!)).toBeLessThan(1e-13);
        });
  });

  it('is in three dimensions the wave along one axis if the others are still', () => {
    const flat = (axis: number): SpinWave => ({
      ...wave,
      spins: [5, 4, 3].with(axis, wave.spins),
      mode: [0, 0, 0].with(axis, wave.mode),
    });
    const out = new Float64Array(3);
    for (const axis of [0, 1, 2])
      for (const j of [0, 1, 59]) {
        spinWave(flat(axis), 1.7)([2, 1, 2].with(axis, j), out);
        expect([...out]).toEqual(spin(wave, 1.7, j));
      }
  });

  it('turns with the sum over the axes', () => {
    // The undamped phase after a time grows by γ(2J/µ) Σ (1 − cos k_i) cosθ.
    const w: SpinWave = { ...wave, spins: [6, 8], mode: [1, 3], alpha: 0 };
    const rate = ((1.1 * 2 * 1.5) / 0.8) * (1 - Math.cos(Math.PI / 3) + 1 - Math.cos((6 * Math.PI) / 8));
    const out = new Float64Array(3);
    spinWave(w, 0.1)([0, 0], out);
    expect(Math.atan2(out[1]!, out[0]!)).toBeCloseTo(0.1 * rate * Math.cos(0.9), 13);
    spinWave(w, 0)([2, 5], out);
    expect(Math.cos((2 * Math.PI) / 3 + (30 * Math.PI) / 8)).toBeCloseTo(out[0]! / Math.sin(0.9), 13);
  });

  it('goes over into the undamped one', () => {
    const [a, b] = [spin({ ...wave, alpha: 1e-14 }, 2, 3), spin({ ...wave, alpha: 0 }, 2, 3)];
    a.forEach((v, k) => {
      expect(Math.abs(v - b[k]!)).toBeLessThan(1e-12);
    });
  });

  it('lies in the plane for ever when it starts there', () => {
    expect(Math.abs(spin({ ...wave, cone: Math.PI / 2 }, 3, 0)[2]!)).toBeLessThan(1e-14);
    expect(spin({ ...wave, cone: Math.PI / 2 }, 3, 0)[0]).toBeCloseTo(1, 14);
  });

  it.each([
    [{ ...wave, spins: 2 }, /spins is 2/],
    [{ ...wave, mode: 0.5 }, /mode is 0.5/],
    [{ ...wave, mode: [1, 1] }, /mode holds 2 numbers for a lattice of 1 axes/],
    [{ ...wave, cone: 0 }, /cone is 0/],
    [{ ...wave, cone: 3.2 }, /cone is 3.2/],
    [{ ...wave, alpha: -1 }, /alpha is -1/],
  ])('refuses %j', (w, message) => {
    expect(() => spinWave(w, 1)).toThrow(message);
  });
});
