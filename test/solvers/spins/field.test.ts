import { describe, expect, it } from 'vitest';
import { coefficients, type SpinsModel, scaled } from '../../../solvers/spins/model.js';
import { largestTorque, spinEnergies } from '../../../solvers/spins/observables.js';
import { RowField, S } from '../../../solvers/spins/stages.js';
import { cross, gradientField, hamiltonian, lattice, placesFor, type Vector } from './reference.js';

const tilted: [number, number, number] = [0.48, 0.6, 0.64];
const models: Record<string, SpinsModel> = {
  exchange: { exchange: -0.7 },
  'interfacial coupling': { exchange: 0, dmi: { kind: 'interfacial', D: 0.4 } },
  'bulk coupling': { exchange: 0, dmi: { kind: 'bulk', D: -0.4 } },
  'an axis along z': { exchange: 0, anisotropy: { K: 0.3, axis: [0, 0, -1] } },
  'a tilted axis': { exchange: 0, anisotropy: { K: -0.3, axis: tilted } },
  'a field': { exchange: 0, field: [0.1, -0.2, 0.3], mu: 2 },
  'everything, interfacial': {
    exchange: 1.1,
    dmi: { kind: 'interfacial', D: 0.4 },
    anisotropy: { K: 0.3, axis: [0, 0, 1] },
    field: [0.1, -0.2, 0.3],
    mu: 1.7,
  },
  'everything, bulk, tilted': {
    exchange: 1.1,
    dmi: { kind: 'bulk', D: 0.4 },
    anisotropy: { K: 0.3, axis: tilted },
    field: [0.1, -0.2, 0.3],
    mu: 0.6,
  },
};
const shapes = [[7], [2], [1], [4, 5], [3, 1], [2, 2], [1, 6], [3, 4, 5], [4, 1, 2], [2, 2, 2], [1, 3, 3]];

describe.each(Object.entries(models))('the effective field of %s', (_, model) => {
  it.each(shapes.flatMap((shape) => [true, false].map((periodic) => [shape, periodic] as const)))(
    'is −(1/µ) ∂H/∂S on [%s], periodic: %s',
    (shape, periodic) => {
      const l = lattice(shape, periodic, 3);
      const p = placesFor(l);
      const row = new RowField(l.axes, coefficients(model));
      const n = l.columns;
      let torque = 0;
      for (let r = 0; r < l.layers * l.rows; r++) {
        const b = row.of(p, S, Math.floor(r / l.rows) * p.layer + (r % l.rows) * p.pitch).slice();
        for (let c = 0; c < n; c++) {
          const cell = r * n + c;
          const expected = gradientField(model, l, cell);
          const found: Vector = [b[c]!, b[n + c]!, b[2 * n + c]!];
          for (let k = 0; k < 3; k++) expect(Math.abs(found[k]! - expected[k]!)).toBeLessThan(1e-13);
          torque = Math.max(torque, Math.hypot(...cross(l.spins[cell]!, expected)));
        }
      }
      expect(Math.abs(largestTorque(row, p) - torque)).toBeLessThan(1e-13);
      let energy = 0;
      spinEnergies(row, p, (e) => {
        energy += e;
      });
      expect(Math.abs(energy - hamiltonian(model, l))).toBeLessThan(1e-13 * l.spins.length);
    },
  );
});

it('scales with the coefficients', () => {
  const l = lattice([4, 5], true);
  const p = placesFor(l);
  const c = coefficients(models['everything, bulk, tilted']!);
  const once = new RowField(2, c).of(p, S, 2 * p.pitch);
  const quarter = new RowField(2, scaled(c, -0.25)).of(p, S, 2 * p.pitch);
  once.forEach((b, i) => {
    expect(quarter[i]).toBe(-0.25 * b);
  });
});

it('shows a torque that is not a number', () => {
  const l = lattice([4, 5], true);
  l.spins[7] = [Number.NaN, 0, 1];
  expect(largestTorque(new RowField(2, coefficients({ exchange: 1 })), placesFor(l))).toBeNaN();
});

it.each([
  [{ exchange: Number.NaN }, /exchange is NaN/],
  [{ exchange: 1, mu: 0 }, /mu is 0; expected a number above 0/],
  [{ exchange: 1, gamma: -1 }, /gamma is -1/],
  [{ exchange: 1, alpha: -0.1 }, /alpha is -0.1/],
  [{ exchange: 1, field: [0, Infinity, 0] }, /field holds Infinity/],
  [
    { exchange: 1, anisotropy: { K: 1, axis: [1, 1, 0] } },
    /the axis \[1, 1, 0\] of anisotropy is no unit vector/,
  ],
] as [SpinsModel, RegExp][])('refuses %j', (model, message) => {
  expect(() => coefficients(model)).toThrow(message);
});
