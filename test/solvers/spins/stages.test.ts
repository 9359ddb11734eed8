import { describe, expect, it } from 'vitest';
import { coefficients, type SpinsModel } from '../../../solvers/spins/model.js';
import { heunStages, rk4Stages } from '../../../solvers/spins/stages.js';
import {
  cross,
  fillHalo,
  gradientField,
  type Lattice,
  lattice,
  placesFor,
  spinsOf,
  type Vector,
} from './reference.js';

const model: SpinsModel = {
  exchange: 1,
  dmi: { kind: 'interfacial', D: 0.4 },
  anisotropy: { K: 0.1, axis: [0, 0, 1] },
  field: [0.05, 0, 0.1],
  mu: 1.3,
  gamma: 0.9,
  alpha: 0.2,
};
const models: SpinsModel[] = [
  model,
  { ...model, dmi: { kind: 'bulk', D: -0.3 } },
  { ...model, anisotropy: { K: 0.1, axis: [0.48, 0.6, 0.64] } },
  { exchange: 1 },
];

/** Steps of the solver on one part; `pad` makes the components lie unevenly. */
function stepped(
  m: SpinsModel,
  l: Lattice,
  integrator: 'rk4' | 'heun',
  h: number,
  steps: number,
  pad = 0,
): Vector[] {
  const p = placesFor(l, pad);
  const c = coefficients(m);
  const stages = integrator === 'rk4' ? rk4Stages(l.axes, c, h) : heunStages(l.axes, c, h);
  for (let n = 0; n < steps; n++)
    stages.forEach((stage, k) => {
      stage(p);
      fillHalo(l, p, k === stages.length - 1 ? 0 : 3 * (k + 1));
    });
  return spinsOf(p);
}

/** dS/dt as VALIDATION has it, from the numerical gradient. */
function slopes(m: SpinsModel, l: Lattice): Vector[] {
  const { alpha = 0, gamma = 1 } = m;
  return l.spins.map((s, cell) => {
    const c = cross(s, gradientField(m, l, cell));
    const d = cross(s, c);
    return [0, 1, 2].map((k) => (-gamma / (1 + alpha * alpha)) * (c[k]! + alpha * d[k]!)) as Vector;
  });
}

function moved(l: Lattice, by: Vector[], h: number): Lattice {
  return { ...l, spins: l.spins.map((s, i) => s.map((v, k) => v + h * by[i]![k]!) as Vector) };
}

function largestDifference(a: Vector[], b: Vector[]): number {
  return Math.max(...a.flatMap((s, i) => s.map((v, k) => Math.abs(v - b[i]![k]!))));
}

const normalised = (spins: Vector[]): Vector[] =>
  spins.map((s) => s.map((v) => v / Math.hypot(...s)) as Vector);

describe.each(models.map((m, k) => [k, m] as const))('one step of model %i', (_, m) => {
  it.each([[[6]], [[4, 5]], [[3, 2, 4]]])('is that of the textbook on [%s]', (shape) => {
    const h = 0.1;
    for (const periodic of [true, false]) {
      const l = lattice(shape, periodic, 5);
      const k1 = slopes(m, l);
      const k2 = slopes(m, moved(l, k1, h / 2));
      const k3 = slopes(m, moved(l, k2, h / 2));
      const k4 = slopes(m, moved(l, k3, h));
      const mean = k1.map((v, i) =>
        v.map((x, k) => (x + 2 * k2[i]![k]! + 2 * k3[i]![k]! + k4[i]![k]!) / 6),
      ) as Vector[];
      expect(largestDifference(stepped(m, l, 'rk4', h, 1), normalised(moved(l, mean, h).spins))).toBeLessThan(
        1e-14,
      );
      const e = slopes(m, moved(l, k1, h));
      const half = k1.map((v, i) => v.map((x, k) => (x + e[i]![k]!) / 2)) as Vector[];
      expect(
        largestDifference(stepped(m, l, 'heun', h, 1), normalised(moved(l, half, h).spins)),
      ).toBeLessThan(1e-14);
    }
  });

  it('has the same bits in one pass and in two', () => {
    for (const integrator of ['rk4', 'heun'] as const) {
      for (const shape of [
        [5, 9],
        [3, 4, 5],
      ]) {
        const l = lattice(shape, true, 7);
        expect(stepped(m, l, integrator, 0.1, 20, 3)).toEqual(stepped(m, l, integrator, 0.1, 20));
      }
    }
  });

  it('leaves unit vectors', () => {
    for (const integrator of ['rk4', 'heun'] as const)
      for (const s of [
        [5, 9],
        [3, 4, 5],
      ].flatMap((shape) => stepped(m, lattice(shape, false, 9), integrator, 0.2, 30)))
        expect(Math.abs(Math.hypot(...s) - 1)).toBeLessThan(1e-15);
  });
});

it.each([
  ['rk4', 4],
  ['heun', 2],
] as const)('%s has order %i with every term', (integrator, order) => {
  for (const shape of [
    [4, 6],
    [3, 3, 4],
  ]) {
    const l = lattice(shape, true, 11);
    const time = 1;
    const exact = stepped(model, l, 'rk4', time / 2048, 2048);
    const errors = [32, 64].map((n) => largestDifference(stepped(model, l, integrator, time / n, n), exact));
    expect(Math.abs(Math.log2(errors[0]! / errors[1]!) - order)).toBeLessThan(0.1);
  }
});

it('turns a macrospin as the closed form', () => {
  const field = 2;
  const alpha = 0.1;
  const gamma = 0.5;
  const l: Lattice = { layers: 1, rows: 1, columns: 1, axes: 1, periodic: false, spins: [[1, 0, 0]] };
  const h = 0.01 / (gamma * field);
  const steps = 10_000;
  const [s] = stepped({ exchange: 1, field: [0, 0, field], alpha, gamma }, l, 'rk4', h, steps);
  const beta = (gamma * field * h * steps) / (1 + alpha * alpha);
  const expected = [
    Math.cos(beta) / Math.cosh(alpha * beta),
    Math.sin(beta) / Math.cosh(alpha * beta),
    Math.tanh(alpha * beta),
  ];
  for (let k = 0; k < 3; k++) expect(Math.abs(s![k]! - expected[k]!)).toBeLessThan(5e-7);
});

it('relaxes two spins with nothing but coupling along the bond to a right angle', () => {
  const l = lattice([2], false, 13);
  const spins = stepped({ exchange: 0, dmi: { kind: 'bulk', D: 0.5 }, alpha: 0.5 }, l, 'rk4', 0.2, 4000);
  const [a, b] = [spins[0]!, spins[1]!];
  // −D x̂·(a × b) = −D: in the plane across the bond, b a quarter of a turn ahead of a.
  expect(0.5 * cross(a, b)[0]).toBeCloseTo(0.5, 12);
  expect(a[0] * b[0] + a[1] * b[1] + a[2] * b[2]).toBeCloseTo(0, 6);
});

it('winds a chain with exchange J and coupling D by atan(D/J) a spin', () => {
  const [J, D] = [1, 0.6];
  const spins = stepped(
    { exchange: J, dmi: { kind: 'bulk', D }, anisotropy: { K: -0.2, axis: [1, 0, 0] }, alpha: 0.5 },
    // Open ends: every bond can have its best angle.
    { ...lattice([4], false), spins: [0, 0.5, 1, 1.5].map((a): Vector => [0, Math.cos(a), Math.sin(a)]) },
    'rk4',
    0.2,
    4000,
  );
  for (let i = 0; i < 3; i++) {
    const [a, b] = [spins[i]!, spins[i + 1]!];
    expect(Math.atan2(cross(a, b)[0], a[1] * b[1] + a[2] * b[2])).toBeCloseTo(Math.atan2(D, J), 10);
  }
});
