import { RandomStream } from 'haloweave';
import type { SpinsModel } from '../../../solvers/spins/model.js';
import type { Places } from '../../../solvers/spins/places.js';

/** Hamiltonian and lattice as VALIDATION has them, with vectors and bonds spelled out: nothing of the solver. */
export type Vector = [number, number, number];

export interface Lattice {
  rows: number;
  columns: number;
  /** True: bonds along y too. */
  plane: boolean;
  periodic: boolean;
  spins: Vector[];
}

export function lattice(shape: readonly number[], periodic: boolean, seed = 1): Lattice {
  const [rows, columns] = shape.length === 1 ? [1, shape[0]!] : [shape[0]!, shape[1]!];
  const random = new RandomStream(seed);
  const spins = Array.from({ length: rows * columns }, (_, cell): Vector => {
    const out = [0, 0, 0];
    random.direction(cell, 0, out);
    return [out[0]!, out[1]!, out[2]!];
  });
  return { rows, columns, plane: shape.length === 2, periodic, spins };
}

export const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const cross = (a: Vector, b: Vector): Vector => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];

/** H, each bond counted once: from every spin to those at +x and +y. */
export function hamiltonian(model: SpinsModel, { rows, columns, plane, periodic, spins }: Lattice): number {
  const { exchange, dmi, anisotropy, field = [0, 0, 0], mu = 1 } = model;
  const directions: [Vector, number, number][] = plane
    ? [
        [[1, 0, 0], 0, 1],
        [[0, 1, 0], 1, 0],
      ]
    : [[[1, 0, 0], 0, 1]];
  let h = 0;
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) {
      const s = spins[r * columns + c]!;
      h -= mu * dot([field[0], field[1], field[2]], s);
      if (anisotropy) {
        const [x, y, z] = anisotropy.axis;
        h -= anisotropy.K * dot(s, [x, y, z]) ** 2;
      }
      for (const [along, dr, dc] of directions) {
        const [nr, nc] = [r + dr, c + dc];
        if (!periodic && (nr >= rows || nc >= columns)) continue;
        const t = spins[(nr % rows) * columns + (nc % columns)]!;
        h -= exchange * dot(s, t);
        if (!dmi) continue;
        const d = dmi.kind === 'bulk' ? along : cross([0, 0, 1], along);
        h -= dmi.D * dot(d, cross(s, t));
      }
    }
  return h;
}

/** B_i = −(1/µ) ∂H/∂S_i by central differences, which are exact for a quadratic H. */
export function gradientField(model: SpinsModel, l: Lattice, cell: number): Vector {
  const step = 0.5;
  const at = (k: number, by: number): number => {
    const spins = l.spins.map((s): Vector => [...s]);
    spins[cell]![k]! += by;
    return hamiltonian(model, { ...l, spins });
  };
  return [0, 1, 2].map((k) => -(at(k, step) - at(k, -step)) / (2 * step * (model.mu ?? 1))) as Vector;
}

/** The lattice as one part with halo, the state first of four vector fields; `pad` numbers between components. */
export function placesFor(l: Lattice, pad = 0): Places {
  const pitch = l.plane ? l.columns + 2 : 0;
  const size = (l.plane ? l.rows + 2 : 1) * (l.columns + 2);
  // Uneven distances between components when padded.
  const at = Array.from({ length: 12 }, (_, k) => k * size + pad * k * k + pitch + 1);
  const data = new Float64Array(at[11]! + size);
  const spacing = pad === 0 ? size : null;
  const p: Places = { data, at, spacing, rows: l.rows, columns: l.columns, pitch };
  l.spins.forEach((s, cell) => {
    for (let k = 0; k < 3; k++) data[at[k]! + spot(p, cell)] = s[k]!;
  });
  for (let field = 0; field < 12; field += 3) fillHalo(l, p, field);
  return p;
}

/** Exchanges the halo of the part with itself: what the kernel does after every phase. */
export function fillHalo(l: Lattice, p: Places, from: number): void {
  for (let k = from; k < from + 3; k++)
    for (let r = l.plane ? -1 : 0; r <= (l.plane ? l.rows : 0); r++)
      for (let c = -1; c <= l.columns; c++) {
        const [wr, wc] = [(r + l.rows) % l.rows, (c + l.columns) % l.columns];
        if (wr === r && wc === c) continue;
        p.data[p.at[k]! + r * p.pitch + c] = l.periodic ? p.data[p.at[k]! + wr * p.pitch + wc]! : 0;
      }
}

export function spinsOf(p: Places, from = 0): Vector[] {
  return Array.from(
    { length: p.rows * p.columns },
    (_, cell) => [0, 1, 2].map((k) => p.data[p.at[from + k]! + spot(p, cell)]!) as Vector,
  );
}

function spot(p: Places, cell: number): number {
  return Math.floor(cell / p.columns) * p.pitch + (cell % p.columns);
}
