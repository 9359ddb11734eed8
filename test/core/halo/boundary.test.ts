import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boxSize } from '../../../core/decomposition/box.js';
import {
  type AxisBoundary,
  type Boundary,
  type BoundaryFunction,
  type BoundaryPlace,
  type BoundaryRules,
  normaliseBoundary,
  type SidedBoundary,
} from '../../../core/halo/boundary.js';
import { applyBoundary, BoundaryFailure, type NumberArray } from '../../../core/halo/boundary-apply.js';
import { boundaryPlan, boundaryVertices } from '../../../core/halo/boundary-plan.js';
import type { Centring } from '../../../core/halo/extent.js';
import { type FieldLayout, fieldLayout, flatIndices } from '../../../core/halo/layout.js';
import { type GridGeometry, haloEdges, partBox } from '../../../core/halo/plan.js';
import { coordsOf, pointCount } from '../../../core/topology/cartesian.js';

type FloatArray = Float64Array | Float32Array;
type FloatKind = { new (length: number): FloatArray };
interface Padded {
  layout: FieldLayout;
  lo: number[];
  values: FloatArray;
}

/** Elements before the field, so that a forgotten base shows. */
const BASE = 5;

/** An owned value from its global position; thirds and sevenths, so that any other order of operations rounds differently. */
function initial(x: number[]): number {
  return x.reduce((sum, c, k) => sum * 0.7 + (c + 1) / (3 + 4 * k), 0.1);
}

/** Every part's padded field after one exchange and its boundary steps. */
function run(g: GridGeometry, rules: BoundaryRules, kind: FloatKind): Padded[] {
  const parts = Array.from({ length: pointCount(g.dims) }, (_, id) => {
    const box = partBox(g, id);
    const size = boxSize(box);
    const layout = fieldLayout(size, g.halo);
    const values = new kind(BASE + layout.length).fill(Number.NaN);
    flatIndices(layout, { lo: size.map(() => 0), hi: size }).forEach((flat, i) => {
      values[BASE + flat] = initial(coordsOf(i, size).map((c, k) => c + box.lo[k]));
    });
    return { layout, lo: box.lo, values };
  });
  parts.forEach((part, id) => {
    for (const edge of haloEdges(g, id)) {
      const from = parts[edge.neighbour];
      const source = flatIndices(from.layout, edge.source);
      flatIndices(part.layout, edge.receive).forEach((flat, i) => {
        part.values[BASE + flat] = from.values[BASE + source[i]];
      });
    }
  });
  parts.forEach((part, id) => {
    applyBoundary(boundaryPlan(g, rules, id, part.layout), part.values, BASE);
  });
  return parts;
}

/** A boundary function that tells every place from every other. */
const blend: BoundaryFunction = (inside, { index }) => index.reduce((n, x) => n * 0.3 + x / 7, inside);

/** The value at any global position straight from the stated rule: the last outside axis decides. */
function oracle(g: GridGeometry, rules: BoundaryRules, x: number[], round: (v: number) => number): number {
  for (let k = x.length - 1; k >= 0; k--) {
    const n = g.shape[k];
    if (g.periodic[k] || (x[k] >= 0 && x[k] < n)) continue;
    const rule = rules.sides[k][x[k] < 0 ? 0 : 1];
    if (rule.kind === 'constant') return round(rule.value as number);
    if (rule.kind === 'periodic') throw new Error('a periodic axis has no outside');
    const mirrored = x.slice();
    mirrored[k] = x[k] < 0 ? -1 - x[k] : 2 * n - 1 - x[k];
    const inside = oracle(g, rules, mirrored, round);
    if (rule.kind === 'dirichlet') return round(2 * (rule.value as number) - inside);
    if (rule.kind === 'function') {
      const index = x.map((c, a) => (g.periodic[a] ? (c + g.shape[a]) % g.shape[a] : c));
      return round(blend(inside, { index } as never) as number);
    }
    // A derivative of 0 mirrors, −0 included.
    const q = rule.value as number;
    return q === 0 ? inside : round(inside + Math.abs(x[k] - mirrored[k]) * q);
  }
  return round(initial(x.map((c, k) => ((c % g.shape[k]) + g.shape[k]) % g.shape[k])));
}

function checkAll(
  g: GridGeometry,
  rules: BoundaryRules,
  kind: FloatKind,
  round: (v: number) => number,
): void {
  const check = (geometry: GridGeometry, whole: Padded | undefined) => {
    const parts = run(geometry, rules, kind);
    for (const { layout, lo, values } of parts) {
      for (let flat = 0; flat < layout.length; flat++) {
        const x = coordsOf(flat, layout.padded).map((c, k) => c - g.halo + lo[k]);
        const value = values[BASE + flat];
        expect(Object.is(value, oracle(g, rules, x, round)), `cell ${x}: ${value}`).toBe(true);
        if (whole) {
          const same = x.reduce((sum, c, k) => sum + c * whole.layout.strides[k], whole.layout.origin);
          expect(Object.is(value, whole.values[BASE + same])).toBe(true);
        }
      }
      expect(values.subarray(0, BASE).every(Number.isNaN)).toBe(true);
    }
    return parts;
  };
  const [whole] = check({ ...g, dims: g.dims.map(() => 1) }, undefined);
  check(g, whole);
}

const value = fc.constantFrom(0, -0, 0.1, -1 / 3, 2.7, 1e-3);
const side: fc.Arbitrary<AxisBoundary> = fc.oneof(
  value.map((v) => ({ dirichlet: v })),
  value.map((v) => ({ constant: v })),
  value.map((v) => ({ neumann: v })),
  fc.constant(blend),
);
const axisBoundary: fc.Arbitrary<AxisBoundary | SidedBoundary> = fc.oneof(
  fc.constant<AxisBoundary>('periodic'),
  side,
  fc.record({ lower: side, upper: side }),
);

const setting = fc
  .record({ d: fc.integer({ min: 1, max: 3 }), halo: fc.integer({ min: 1, max: 3 }) })
  .chain(({ d, halo }) => {
    const axis = fc.integer({ min: halo, max: [20, 11, 7][d - 1] }).chain((n) =>
      fc.record({
        n: fc.constant(n),
        p: fc.integer({ min: 1, max: Math.floor(n / halo) }),
        boundary: axisBoundary,
      }),
    );
    return fc.array(axis, { minLength: d, maxLength: d }).map((axes) => {
      const rules = normaliseBoundary(
        axes.map((a) => a.boundary),
        d,
      );
      const g = { shape: axes.map((a) => a.n), dims: axes.map((a) => a.p), halo, periodic: rules.periodic };
      return { g, rules };
    });
  });

describe('boundary values', () => {
  it('equal the one-part run and the stated rule bit for bit on any cut', () => {
    fc.assert(
      fc.property(setting, ({ g, rules }) => checkAll(g, rules, Float64Array, (v) => v)),
      { numRuns: 100 },
    );
  });

  it('do so in f32, rounding on store', () => {
    fc.assert(
      fc.property(setting, ({ g, rules }) => checkAll(g, rules, Float32Array, Math.fround)),
      { numRuns: 30 },
    );
  });

  it('mirror about the face for Dirichlet and repeat for constant', () => {
    const rules = normaliseBoundary({ lower: { dirichlet: 10 }, upper: { constant: -7 } }, 1);
    const g = { shape: [3], dims: [1], halo: 2, periodic: rules.periodic };
    const layout = fieldLayout([3], 2);
    const values = Float64Array.of(0, 0, 1, 2, 3, 0, 0);
    applyBoundary(boundaryPlan(g, rules, 0, layout), values, 0);
    expect([...values]).toEqual([18, 19, 1, 2, 3, -7, -7]);
  });

  it('let the later axis decide a corner', () => {
    const rules = normaliseBoundary([{ constant: 1 }, { dirichlet: 5 }], 2);
    const g = { shape: [1, 1], dims: [1, 1], halo: 1, periodic: rules.periodic };
    const values = Float64Array.of(0, 0, 0, 0, 4, 0, 0, 0, 0);
    applyBoundary(boundaryPlan(g, rules, 0, fieldLayout([1, 1], 1)), values, 0);
    expect([...values]).toEqual([9, 1, 9, 6, 4, 6, 9, 1, 9]);
  });

  it('store into integer fields as well', () => {
    const rules = normaliseBoundary({ dirichlet: 1.5 }, 1);
    const g = { shape: [2], dims: [1], halo: 1, periodic: rules.periodic };
    const values = Int32Array.of(0, 7, 2, 0);
    applyBoundary(boundaryPlan(g, rules, 0, fieldLayout([2], 1)), values, 0);
    expect([...values]).toEqual([-4, 7, 2, 1]);
  });
});

describe('each kind of rule by hand', () => {
  const filled = (
    boundary: Boundary,
    values: NumberArray,
    { halo = 2, centring = 'cell' as Centring, components = 1, cycle = 0 } = {},
  ): number[] => {
    const rules = normaliseBoundary(boundary, 1);
    const owned = values.length / components - 2 * halo;
    const g = { shape: [centring === 'cell' ? owned : owned - 1], dims: [1], halo, periodic: rules.periodic };
    const layout = fieldLayout([owned], halo, components);
    applyBoundary(boundaryVertices(g, rules, 0, layout, centring), values, 0);
    applyBoundary(boundaryPlan(g, rules, 0, layout, centring), values, 0, cycle, 1);
    return Array.from(values as Float64Array, Number);
  };

  it('Neumann: the derivative outward, per cell, over the distance from the mirror image', () => {
    const rule = { lower: { neumann: 10 }, upper: { neumann: -1 } };
    // A straight line keeps its slope: outward at the lower end it is −1.
    expect(
      filled({ lower: { neumann: -1 }, upper: { neumann: 1 } }, Float64Array.of(0, 0, 5, 6, 7, 0, 0)),
    ).toEqual([3, 4, 5, 6, 7, 8, 9]);
    expect(filled(rule, Float64Array.of(0, 0, 1, 2, 3, 0, 0))).toEqual([32, 11, 1, 2, 3, 2, -1]);
    const vertices = Float64Array.of(0, 0, 1, 2, 3, 0, 0);
    expect(filled(rule, vertices, { centring: 'vertex' })).toEqual([43, 22, 1, 2, 3, 0, -3]);
    expect(filled({ neumann: 0 }, Float64Array.of(1, -0, 1, 1), { halo: 1 })).toEqual([-0, -0, 1, 1]);
    expect(filled(rule, BigInt64Array.of(0n, 0n, 1n, 2n, 3n, 0n, 0n) as never)).toEqual([
      32, 11, 1, 2, 3, 2, -1,
    ]);
  });

  it('Dirichlet on vertices: the boundary vertex has the value', () => {
    const rule = { lower: { dirichlet: 10 }, upper: { dirichlet: -7 } };
    expect(filled(rule, Float64Array.of(0, 0, 1, 2, 4, 8, 0, 0), { centring: 'vertex' })).toEqual([
      16, 18, 10, 2, 4, -7, -18, -16,
    ]);
  });

  it('vectors: one value for all components, or one each', () => {
    const values = () => Float64Array.of(0, 0, 1, 2, 3, 4, 0, 0);
    const vectors = { halo: 1, components: 2 };
    expect(filled({ dirichlet: 1 }, values(), vectors)).toEqual([1, 0, 1, 2, 3, 4, -1, -2]);
    expect(filled({ lower: { dirichlet: [1, 9] }, upper: { neumann: [0, 5] } }, values(), vectors)).toEqual([
      1, 16, 1, 2, 3, 4, 3, 9,
    ]);
    expect(() => filled({ constant: [1, 2, 3] }, values(), vectors)).toThrow(
      /3 values for a field of 2 components/,
    );
  });

  it('a function: what lies inside, and the place', () => {
    const seen: BoundaryPlace[] = [];
    const f: BoundaryFunction = (inside, place) => {
      seen.push({ ...place, index: [...place.index] });
      return inside + 100 * place.layer + place.component;
    };
    const values = Float64Array.of(0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0);
    expect(filled({ lower: f, upper: { constant: 0 } }, values, { components: 2, cycle: 6 })).toEqual([
      203, 205, 101, 103, 1, 2, 3, 4, 0, 0, 0, 0,
    ]);
    const common = { axis: 0, side: 'lower', cycle: 6, phase: 1 };
    expect(seen).toEqual([
      { index: [-2], layer: 2, component: 0, ...common },
      { index: [-2], layer: 2, component: 1, ...common },
      { index: [-1], layer: 1, component: 0, ...common },
      { index: [-1], layer: 1, component: 1, ...common },
    ]);
    seen.length = 0;
    filled({ lower: { constant: 0 }, upper: f }, Float64Array.of(0, 1, 2, 3, 0), {
      halo: 1,
      centring: 'vertex',
    });
    expect(seen).toMatchObject([{ index: [3], layer: 1, side: 'upper' }]);
  });

  it('a function that fails', () => {
    const fails: BoundaryFunction = () => {
      throw new RangeError('no such thing');
    };
    const cause = (f: BoundaryFunction, values: NumberArray): unknown => {
      try {
        filled(f, values);
      } catch (error) {
        expect(error).toBeInstanceOf(BoundaryFailure);
        expect(error).toMatchObject({ axis: 0, side: 'lower' });
        return (error as Error).cause;
      }
      throw new Error('accepted');
    };
    expect(cause(fails, new Float64Array(7))).toEqual(new RangeError('no such thing'));
    expect(cause(() => '1' as never, new Float64Array(7))).toHaveProperty(
      'message',
      expect.stringMatching(/gave 1 for \(-2\): give a number/),
    );
    expect(cause(() => 1, new BigInt64Array(7) as never)).toHaveProperty(
      'message',
      expect.stringMatching(/give a bigint/),
    );
  });
});

describe('boundaryPlan', () => {
  const rules = normaliseBoundary({ constant: 2 }, 2);
  const g = { shape: [9, 9], dims: [3, 3], halo: 1, periodic: rules.periodic };
  const layout = fieldLayout([3, 3], 1);

  it('has steps for the sides on the domain edge only, in axis order, without sources for a constant', () => {
    const sides = (id: number) => boundaryPlan(g, rules, id, layout).map((s) => `${s.axis} ${s.side}`);
    expect(sides(4)).toEqual([]);
    expect(sides(0)).toEqual(['0 lower', '1 lower']);
    expect(sides(5)).toEqual(['1 upper']);
    expect(boundaryPlan(g, rules, 0, layout).map((s) => [s.dst.length, s.src.length])).toEqual([
      [4, 0],
      [5, 0],
    ]);
  });

  it('is empty without a halo', () => {
    expect(boundaryPlan({ ...g, halo: 0 }, rules, 0, fieldLayout([3, 3], 0))).toEqual([]);
  });

  it('refuses rules or a layout of another geometry', () => {
    expect(() => boundaryPlan({ ...g, periodic: [true, false] }, rules, 0, layout)).toThrow(/derive both/);
    expect(() => boundaryPlan(g, rules, 0, fieldLayout([3, 4], 1))).toThrow(/partition 0 owns 3x3/);
    expect(() => boundaryPlan(g, rules, 0, fieldLayout([3, 3], 2))).toThrow(/halo 2/);
    const wide = { ...g, halo: 4 };
    expect(() => boundaryPlan(wide, rules, 0, fieldLayout([3, 3], 4))).toThrow(/narrower/);
  });
});

describe('normaliseBoundary', () => {
  it('spreads one rule over every axis and both sides', () => {
    expect(normaliseBoundary('periodic', 2)).toEqual({
      periodic: [true, true],
      sides: [
        [{ kind: 'periodic' }, { kind: 'periodic' }],
        [{ kind: 'periodic' }, { kind: 'periodic' }],
      ],
    });
    const zero = { kind: 'dirichlet', value: 0 };
    expect(normaliseBoundary({ dirichlet: 0 }, 1).sides).toEqual([[zero, zero]]);
  });

  it('takes sides and lists per axis', () => {
    const rules = normaliseBoundary(
      [{ lower: { dirichlet: 1 }, upper: { constant: Number.POSITIVE_INFINITY } }, 'periodic'],
      2,
    );
    expect(rules.periodic).toEqual([false, true]);
    expect(rules.sides[0]).toEqual([
      { kind: 'dirichlet', value: 1 },
      { kind: 'constant', value: Number.POSITIVE_INFINITY },
    ]);
    expect(normaliseBoundary({ lower: 'periodic', upper: 'periodic' }, 1).periodic).toEqual([true]);
  });

  it.each([
    [['periodic'], 2, /lists 1 axes but the grid has 2/],
    [['periodic', { lower: 'periodic', upper: { constant: 1 } }], 2, /axis 1 is periodic on one side/],
    [['periodic', 'reflect'], 2, /axis 1 is "reflect"/],
    [[{ lower: { dirichlet: 1 } }], 1, /axis 0, upper side/],
    [{ dirichlet: Number.NaN }, 1, /axis 0: dirichlet is NaN/],
    [{ dirichlet: Number.POSITIVE_INFINITY }, 1, /finite/],
    [{ constant: '1' }, 1, /constant is 1/],
    [{ neumann: [1, Number.NaN] }, 1, /neumann is NaN/],
    [{ constant: [] }, 1, /empty list/],
    [{ dirichlet: 1, constant: 2 }, 1, /axis 0 is/],
    [undefined, 1, /axis 0 is undefined/],
    ['periodic', 0, /0 axes/],
  ])('refuses %j on %i axes', (boundary, d, why) => {
    expect(() => normaliseBoundary(boundary as Boundary, d)).toThrow(why);
  });
});
