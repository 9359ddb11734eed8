import type { Places } from './places.js';
import { type RowField, S } from './stages.js';

/**
 * Hands over the energy of every spin of a part,
 *
 *     e_i = −(µ/2) S_i·(B_i + B),
 *
 * B_i being the effective and B the external field: of each bond one half, of anisotropy and field the
 * whole. Their sum is H with each bond counted once. Reads the halo.
 */
export function spinEnergies(field: RowField, p: Places, add: (value: number) => void): void {
  const { data, at, layers, rows, columns, pitch, layer } = p;
  const { mu, bx, by, bz } = field.c;
  const half = -0.5 * mu;
  for (let k = 0; k < layers; k++)
    for (let r = 0; r < rows; r++) {
      const o = k * layer + r * pitch;
      const b = field.of(p, S, o);
      const [x, y, z] = [at[S]! + o, at[S + 1]! + o, at[S + 2]! + o];
      for (let i = 0; i < columns; i++) {
        const along =
          data[x + i]! * (b[i]! + bx) +
          data[y + i]! * (b[columns + i]! + by) +
          data[z + i]! * (b[2 * columns + i]! + bz);
        add(half * along);
      }
    }
}

/** The largest |S × B| of the spins of a part, B being the effective field. Reads the halo. */
export function largestTorque(field: RowField, p: Places): number {
  const { data, at, layers, rows, columns, pitch, layer } = p;
  let largest = 0;
  for (let k = 0; k < layers; k++)
    for (let r = 0; r < rows; r++) {
      const o = k * layer + r * pitch;
      const b = field.of(p, S, o);
      const [x, y, z] = [at[S]! + o, at[S + 1]! + o, at[S + 2]! + o];
      for (let i = 0; i < columns; i++) {
        const sx = data[x + i]!;
        const sy = data[y + i]!;
        const sz = data[z + i]!;
        const bx = b[i]!;
        const by = b[columns + i]!;
        const bz = b[2 * columns + i]!;
        const cx = sy * bz - sz * by;
        const cy = sz * bx - sx * bz;
        const cz = sx * by - sy * bx;
        const square = cx * cx + cy * cy + cz * cz;
        // Not a comparison alone: a state that has become NaN must not look like one at rest.
        if (square > largest || Number.isNaN(square)) largest = square;
      }
    }
  return Math.sqrt(largest);
}
