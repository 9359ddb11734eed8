import { RandomStream } from 'haloweave';
import type { SpinsModel } from '../../../solvers/spins/model.js';
import type { Places } from '../../../solvers/spins/places.js';

/** Hamiltonian and lattice as VALIDATION has them, with vectors and bonds spelled out: nothing of the solver. */
export type Vector = [number, number, number];

export interface Lattice {
  layers: number;
  rows: number;
  columns: number;
  /** Bonds along x, along y too, along z too. */
  axes: 1 | 2 | 3;
  periodic: boolean;
  spins: Vector[];
}

export function lattice(shape: readonly number[], periodic: boolean, seed = 1): Lattice {
  const [columns = 1, rows = 1, layers = 1] = shape.toReversed();
  const random = new RandomStream(seed);
  const spins = Array.from({ length: layers * rows * columns }, (_, cell): Vector => {
    const out = [0, 0, 0];
    random.direction(cell, 0, out);
    return [out[0]!, out[1]!, out[2]!];
  });
  return { layers, rows, columns, axes: shape.length as 1 | 2 | 3, periodic, spins };
}

export const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const cross = (a: Vector, b: Vector): Vector => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];

/** H, each bond counted once: from every spin to those at +x, +y and +z. */
export function hamiltonian(
  model: SpinsModel,
  { layers, rows, columns, axes, periodic, spins }: Lattice,
): number {
  const { exchange, dmi, anisotropy, field = [0, 0, 0], mu = 1 } = model;
  const directions: Vector[] = [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ];
  let h = 0;
  for (let r = 0; r < layers * rows; r++)
    for (let c = 0; c < columns; c++) {
      const [z, y] = [Math.floor(r / rows), r % rows];
      const s = spins[r * columns + c]!;
      h -= mu * dot([field[0], field[1], field[2]], s);
      if (anisotropy) {
        h -= anisotropy.K * dot(s, [...anisotropy.axis]) ** 2;
      }
      for (const along of directions.slice(0, axes)) {
        const [nc, nr, nl] = [c + along[0], y + along[1], z + along[2]];
        if (!periodic && (nl >= layers || nr >= rows || nc >= columns)) continue;
        const t = spins[((nl % layers) * rows + (nr % rows)) * columns + (nc % columns)]!;
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
  const pitch = l.axes > 1 ? l.columns + 2 : 0;
  const layer = l.axes > 2 ? (l.rows + 2) * pitch : 0;
  const size = (l.axes > 2 ? l.layers + 2 : 1) * (l.axes > 1 ? l.rows + 2 : 1) * (l.columns + 2);
  // Uneven distances between components when padded.
  const at = Array.from({ length: 12 }, (_, k) => k * size + pad * k * k + layer + pitch + 1);
  const data = new Float64Array(at[11]! + size);
  const spacing = pad === 0 ? size : null;
  const { layers, rows, columns } = l;
  const p: Places = { data, at, spacing, layers, rows, columns, pitch, layer };
  l.spins.forEach((s, cell) => {
    for (let k = 0; k < 3; k++) data[at[k]! + spot(p, cell)] = s[k]!;
  });
  for (let field = 0; field < 12; field += 3) fillHalo(l, p, field);
  return p;
}

/** Exchanges the halo of the part with itself: what the kernel does after every phase. */
export function fillHalo(l: Lattice, p: Places, from: number): void {
  const [y, z] = [l.axes > 1 ? 1 : 0, l.axes > 2 ? 1 : 0];
  for (let k = from; k < from + 3; k++)
    for (let q = -z; q < l.layers + z; q++)
      for (let r = -y; r < l.rows + y; r++)
        for (let c = -1; c <= l.columns; c++) {
          const wq = (q + l.layers) % l.layers;
          const [wr, wc] = [(r + l.rows) % l.rows, (c + l.columns) % l.columns];
          if (wq === q && wr === r && wc === c) continue;
          const inside = p.data[p.at[k]! + wq * p.layer + wr * p.pitch + wc]!;
          p.data[p.at[k]! + q * p.layer + r * p.pitch + c] = l.periodic ? inside : 0;
        }
}

export function spinsOf(p: Places, from = 0): Vector[] {
  return Array.from(
    { length: p.layers * p.rows * p.columns },
    (_, cell) => [0, 1, 2].map((k) => p.data[p.at[from + k]! + spot(p, cell)]!) as Vector,
  );
}

function spot(p: Places, cell: number): number {
  const row = Math.floor(cell / p.columns);
  return Math.floor(row / p.rows) * p.layer + (row % p.rows) * p.pitch + (cell % p.columns);
}
