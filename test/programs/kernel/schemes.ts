/**
 * Update rules for one cell, used twice: on ranks by scheme.ts, over parts with halos, and in the tests by a
 * plain loop over whole arrays. They share the arithmetic of a cell and nothing of how neighbours are found.
 */
import type { Boundary, DType } from 'haloweave';

export type Value = number | bigint;

/** One cell and its surroundings. Offsets are along the axes. */
export interface Cell {
  read(field: string, a: number, b?: number, c?: number): number;
  readBig(field: string, a: number, b?: number, c?: number): bigint;
  write(field: string, value: Value): void;
  index: readonly number[];
}

export interface Scheme {
  shape: number[];
  halo: number;
  boundary: Boundary;
  fields: Record<string, DType>;
  /** The fields in the hash, if not those that are shared. */
  state?: string[];
  init(field: string, index: readonly number[]): Value;
  phases: { share: string[]; swap?: [string, string][]; update(cell: Cell): void }[];
  measures: Record<string, { kind: 'sum' | 'min' | 'max'; field: string }>;
}

/** A number between −1 and 1 that looks like nothing in particular; exact in every engine. */
function rough([i = 0, j = 0, k = 0]: readonly number[], seed: number): number {
  return (((i * 7919 + j * 104729 + k * 15485863 + seed * 1299709) % 2003) - 1001) / 1001;
}

const heat: Scheme = {
  shape: [37, 53],
  halo: 1,
  boundary: 'periodic',
  fields: { u: 'f64', next: 'f64' },
  init: (field, [i = 0, j = 0]) => (field === 'u' ? ((i * 37 + j * 91) % 101) / 101 : 0),
  phases: [
    {
      share: ['u'],
      swap: [['u', 'next']],
      update(c) {
        const u = c.read('u', 0);
        const around = c.read('u', -1) + c.read('u', 1) + c.read('u', 0, -1) + c.read('u', 0, 1);
        c.write('next', u + 0.2 * (around - 4 * u));
      },
    },
  ],
  measures: { heat: { kind: 'sum', field: 'u' } },
};

const line: Scheme = {
  shape: [61],
  halo: 1,
  boundary: { lower: { dirichlet: 1.5 }, upper: { constant: -0.25 } },
  fields: { u: 'f64', next: 'f64' },
  init: (_, index) => rough(index, 1),
  phases: [
    {
      share: ['u'],
      swap: [['next', 'u']],
      update: (c) =>
        c.write('next', c.read('u', 0) + 0.3 * (c.read('u', -1) - 2 * c.read('u', 0) + c.read('u', 1))),
    },
  ],
  measures: {
    sum: { kind: 'sum', field: 'u' },
    least: { kind: 'min', field: 'u' },
    most: { kind: 'max', field: 'u' },
  },
};

/** Fourth derivative on a ring: halo of two cells. */
const beam: Scheme = {
  shape: [67],
  halo: 2,
  boundary: 'periodic',
  fields: { u: 'f64', next: 'f64' },
  init: (field, index) => (field === 'u' ? rough(index, 2) : 0),
  phases: [
    {
      share: ['u'],
      swap: [['u', 'next']],
      update(c) {
        const near = c.read('u', -1) + c.read('u', 1);
        const far = c.read('u', -2) + c.read('u', 2);
        c.write('next', c.read('u', 0) - 0.05 * (far - 4 * near + 6 * c.read('u', 0)));
      },
    },
  ],
  measures: { sum: { kind: 'sum', field: 'u' } },
};

/** Long arms and far corners: halo of three cells. */
const arms: Scheme = {
  shape: [37, 41],
  halo: 3,
  boundary: [{ dirichlet: 0.5 }, 'periodic'],
  fields: { u: 'f64', next: 'f64' },
  init: (field, index) => (field === 'u' ? rough(index, 3) : 0),
  phases: [
    {
      share: ['u'],
      swap: [['u', 'next']],
      update(c) {
        const corners = c.read('u', -3, -3) + c.read('u', -3, 3) + c.read('u', 3, -3) + c.read('u', 3, 3);
        const knights = c.read('u', 2, 1) - c.read('u', -1, 2) + c.read('u', 1, -3) - c.read('u', -2, 3);
        c.write('next', 0.7 * c.read('u', 0) + 0.06 * corners + 0.01 * knights);
      },
    },
  ],
  measures: { sum: { kind: 'sum', field: 'u' } },
};

/** Two shared fields of two dtypes that need each other's corners. */
const nine: Scheme = {
  shape: [29, 23],
  halo: 1,
  boundary: ['periodic', { lower: { dirichlet: -0.5 }, upper: { constant: 2 } }],
  fields: { u: 'f64', u1: 'f64', v: 'f32', v1: 'f32' },
  init: (field, index) => rough(index, field.startsWith('u') ? 4 : 5),
  phases: [
    {
      share: ['u', 'v'],
      swap: [
        ['u', 'u1'],
        ['v', 'v1'],
      ],
      update(c) {
        let a = 0;
        let b = 0;
        for (let i = -1; i <= 1; i++)
          for (let j = -1; j <= 1; j++) {
            a += c.read('u', i, j) * (i + 2 * j + 4);
            b += c.read('v', i, j) * (2 * i - j + 3.5);
          }
        c.write('u1', a / 37 + c.read('v', 1, 1) / 8);
        c.write('v1', b / 33 - c.read('u', -1, 1) / 8);
      },
    },
  ],
  measures: { u: { kind: 'sum', field: 'u' }, v: { kind: 'max', field: 'v' } },
};

/** One field of each size, in place: each reads only what the others' halos hold. */
const dtypes: Scheme = {
  shape: [19, 31],
  halo: 1,
  boundary: [{ dirichlet: 2 }, { lower: { constant: 3 }, upper: { dirichlet: -1 } }],
  fields: { d: 'f64', s: 'f32', i: 'i32', l: 'i64', b: 'u8', w: 'i16', ...fieldsTwice() },
  init(field, index) {
    const x = rough(index, 6);
    if (field.startsWith('l')) return BigInt(Math.round(x * 1001)) * 9_007_199_254_740_993n;
    return /^[ds]/.test(field) ? x : Math.round(x * 1001);
  },
  phases: [
    {
      share: ['d', 's', 'i', 'l', 'b', 'w'],
      swap: [
        ['d', 'd1'],
        ['s', 's1'],
        ['i', 'i1'],
        ['l', 'l1'],
        ['b', 'b1'],
        ['w', 'w1'],
      ],
      update(c) {
        c.write('d1', c.read('d', 0, 1) / 3 + c.read('s', -1, -1) / 7 + c.read('i', 1, 0) / 1e6);
        c.write('s1', c.read('s', 1, -1) / 3 + c.read('d', -1, 0) / 5);
        c.write('i1', Math.imul(c.read('i', -1, 1), 48271) + c.read('b', 0, -1) - c.read('w', 1, 1));
        c.write('l1', c.readBig('l', 1, 1) * 6_364_136_223_846_793_005n + c.readBig('l', -1, 0));
        c.write('b1', c.read('b', 1, -1) * 5 + c.read('w', 0, 1) + 1);
        c.write('w1', c.read('w', -1, -1) * 3 - c.read('b', 1, 0));
      },
    },
  ],
  measures: {
    d: { kind: 'sum', field: 'd' },
    i: { kind: 'sum', field: 'i' },
    b: { kind: 'max', field: 'b' },
    w: { kind: 'min', field: 'w' },
  },
};

function fieldsTwice(): Record<string, DType> {
  return { d1: 'f64', s1: 'f32', i1: 'i32', l1: 'i64', b1: 'u8', w1: 'i16' };
}

/** Midpoint rule in two phases, then red and black in place; the coefficient is never shared nor written. */
const phases: Scheme = {
  // Even along the periodic axis, or two red cells would meet at the seam.
  shape: [23, 36],
  halo: 1,
  boundary: [{ constant: 0.75 }, 'periodic'],
  fields: { u: 'f64', mid: 'f64', next: 'f64', k: 'f64', p: 'f64' },
  state: ['p', 'u'],
  init: (field, index) =>
    field === 'k' ? 0.1 + Math.abs(rough(index, 7)) / 10 : field === 'mid' ? 0 : rough(index, 8),
  phases: [
    { share: ['mid'], update: (c) => c.write('mid', c.read('u', 0) + 0.5 * flux(c, 'u', 'u')) },
    {
      share: ['u', 'p'],
      swap: [['u', 'next']],
      // The halo of u is still that of the cycle's beginning: phase 0 left it alone.
      update: (c) => c.write('next', c.read('u', 0) + flux(c, 'mid', 'u')),
    },
    { share: ['p'], update: (c) => relax(c, 0) },
    { share: ['p'], update: (c) => relax(c, 1) },
  ],
  measures: { u: { kind: 'sum', field: 'u' }, p: { kind: 'sum', field: 'p' } },
};

function flux(c: Cell, of: string, other: string): number {
  const k = c.read('k', 0);
  let sum = 0;
  for (const [i, j] of [
    [-1, 0],
    [1, 0],
    [0, -1],
    [0, 1],
  ] as const)
    sum += (k + c.read('k', i, j)) * (c.read(of, i, j) - c.read(of, 0)) + 1e-3 * c.read(other, j, i);
  return 0.2 * sum;
}

function relax(c: Cell, colour: number): void {
  const [i = 0, j = 0] = c.index;
  if ((i + j) % 2 !== colour) return;
  const around = c.read('p', -1) + c.read('p', 1) + c.read('p', 0, -1) + c.read('p', 0, 1);
  c.write('p', (around - 0.1 * c.read('u', 0)) / 4);
}

/** Rows so long that halos are copied as blocks, in two sizes of element. */
const rows: Scheme = {
  shape: [9, 431],
  halo: 2,
  boundary: ['periodic', { dirichlet: 0.25 }],
  fields: { u: 'f64', u1: 'f64', s: 'f32', s1: 'f32' },
  init: (_, index) => rough(index, 9),
  phases: [
    {
      share: ['u', 's'],
      swap: [
        ['u1', 'u'],
        ['s', 's1'],
      ],
      update(c) {
        c.write('u1', (c.read('u', -2, 1) + c.read('u', 2, -2) + c.read('s', 1, 2)) / 3);
        c.write('s1', (c.read('s', 2, 2) + c.read('s', -1, -2) - c.read('u', -2, 0)) / 3);
      },
    },
  ],
  measures: { u: { kind: 'sum', field: 'u' } },
};

/** Seven points in a box that is periodic, mirrored and held at its sides. */
const seven: Scheme = {
  shape: [13, 9, 11],
  halo: 1,
  boundary: ['periodic', { lower: { neumann: 0.125 }, upper: { neumann: 0 } }, { dirichlet: 0.3 }],
  fields: { u: 'f64', next: 'f64' },
  init: (field, index) => (field === 'u' ? rough(index, 10) : 0),
  phases: [
    {
      share: ['u'],
      swap: [['u', 'next']],
      update(c) {
        const u = c.read('u', 0);
        let around = c.read('u', -1) + c.read('u', 1);
        around += c.read('u', 0, -1) + c.read('u', 0, 1);
        around += c.read('u', 0, 0, -1) + c.read('u', 0, 0, 1);
        c.write('next', u + 0.15 * (around - 6 * u));
      },
    },
  ],
  measures: { sum: { kind: 'sum', field: 'u' }, most: { kind: 'max', field: 'u' } },
};

/** All 27 points of a cube, in three sizes of element, each corner with a weight of its own. */
const cube: Scheme = {
  shape: [10, 12, 9],
  halo: 1,
  boundary: [{ lower: { dirichlet: -1 }, upper: { constant: 2 } }, 'periodic', { neumann: 3 }],
  fields: { u: 'f64', u1: 'f64', s: 'f32', s1: 'f32', l: 'i64', l1: 'i64' },
  init: (field, index) =>
    field.startsWith('l') ? BigInt(Math.round(rough(index, 11) * 1001)) << 40n : rough(index, 12),
  phases: [
    {
      share: ['u', 's', 'l'],
      swap: [
        ['u', 'u1'],
        ['s', 's1'],
        ['l', 'l1'],
      ],
      update(cell) {
        let u = 0;
        let s = 0;
        let l = 0n;
        for (let a = -1; a <= 1; a++)
          for (let b = -1; b <= 1; b++)
            for (let c = -1; c <= 1; c++) {
              const weight = 9 * a + 3 * b + c + 13.5;
              u += cell.read('u', a, b, c) * weight;
              s += cell.read('s', c, a, b) * weight;
              l += cell.readBig('l', b, c, a) * BigInt(2 * weight);
            }
        cell.write('u1', u / 361 + cell.read('s', 1, -1, 1) / 8);
        cell.write('s1', s / 367 - cell.read('u', -1, -1, 1) / 8);
        cell.write('l1', BigInt.asIntN(64, l));
      },
    },
  ],
  measures: {
    u: { kind: 'sum', field: 'u' },
    s: { kind: 'min', field: 's' },
    l: { kind: 'max', field: 'l' },
  },
};

/** Two cells of halo and red and black in place. */
const layers: Scheme = {
  shape: [12, 10, 14],
  halo: 2,
  boundary: ['periodic', { dirichlet: 0.5 }, { lower: { neumann: 0.25 }, upper: { constant: 0 } }],
  fields: { p: 'f64', q: 'f64', r: 'f64' },
  state: ['q', 'p'],
  init: (field, index) => (field === 'r' ? 0 : rough(index, field === 'p' ? 13 : 14)),
  phases: [
    { share: ['p'], update: (c) => gather(c, 0) },
    { share: ['p'], update: (c) => gather(c, 1) },
    {
      share: ['q'],
      swap: [['q', 'r']],
      update: (c) =>
        c.write('r', (c.read('q', 2, -2, 1) + c.read('q', -2, 1, 2) + c.read('p', 0, 2, -2)) / 3),
    },
  ],
  measures: { p: { kind: 'sum', field: 'p' }, q: { kind: 'sum', field: 'q' } },
};

function gather(c: Cell, colour: number): void {
  const [i = 0, j = 0, k = 0] = c.index;
  if ((i + j + k) % 2 !== colour) return;
  const around = c.read('p', -1) + c.read('p', 1) + c.read('p', 0, -1) + c.read('p', 0, 1);
  c.write('p', (around + c.read('p', 0, 0, -1) + c.read('p', 0, 0, 1) - 0.1 * c.read('q', 0)) / 6);
}

export const SCHEMES = {
  heat,
  line,
  beam,
  arms,
  nine,
  dtypes,
  phases,
  rows,
  seven,
  cube,
  layers,
} satisfies Record<string, Scheme>;
export type SchemeName = keyof typeof SCHEMES;
