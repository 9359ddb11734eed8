import type { Coefficients } from './model.js';

/** Axes of a lattice: a chain along x, a layer of rows, a stack of layers. */
export type Axes = 1 | 2 | 3;

/**
 * The effective field of one row of `n` spins, B = −(1/µ) ∂H/∂S:
 *
 *     B_i = (1/µ) [J Σ_j S_j + Σ_j S_j × D_ij + 2K (S_i·e) e] + B
 *
 * over the neighbours j of i. Component x of the row's first spin is `data[x]`, of its neighbours along x
 * `data[x ± 1]`, along y `data[x ± pitch]` and along z `data[x ± layer]`; `y` and `z` likewise. Writes B_x to `out[0 … n−1]`, B_y to
 * `out[n … 2n−1]`, B_z to `out[2n … 3n−1]`. Reads the halo; + − × only, in an order that depends on nothing
 * but the model, so that every cut gives the same bits. About 4 ns a spin.
 */
export type FieldRow = (
  data: Float64Array,
  x: number,
  y: number,
  z: number,
  pitch: number,
  layer: number,
  n: number,
  out: Float64Array,
  c: Coefficients,
) => void;

/** The field's function for a lattice of so many axes: chosen by the model alone. */
export function fieldRow(axes: Axes, c: Coefficients): FieldRow {
  const pairs = axes === 1 ? chainRow : axes === 2 ? latticeRow : stackRow;
  if (c.tilted === null) return pairs;
  return (data, x, y, z, pitch, layer, n, out, k) => {
    pairs(data, x, y, z, pitch, layer, n, out, k);
    addTiltedAxis(data, x, y, z, n, out, k);
  };
}

// Both kinds of coupling at once, one of them with a coefficient of 0: costs 4 % and halves the code.
// The spins at i − 1, i and i + 1 move along in locals: fewer loads, each of which costs a bounds check.

const chainRow: FieldRow = (data, x, y, z, _pitch, _layer, n, out, c) => {
  const { j, di, db, kz, bx, by, bz } = c;
  let xw = data[x - 1]!;
  let xc = data[x]!;
  let yw = data[y - 1]!;
  let yc = data[y]!;
  let zw = data[z - 1]!;
  let zc = data[z]!;
  for (let i = 0; i < n; i++) {
    const xe = data[x + i + 1]!;
    const ye = data[y + i + 1]!;
    const ze = data[z + i + 1]!;
    out[i] = j * (xw + xe) - di * (ze - zw) + bx;
    out[n + i] = j * (yw + ye) + db * (ze - zw) + by;
    out[2 * n + i] = j * (zw + ze) + (di * (xe - xw) - db * (ye - yw)) + kz * zc + bz;
    xw = xc;
    xc = xe;
    yw = yc;
    yc = ye;
    zw = zc;
    zc = ze;
  }
};

// Keep every expression the same as in fused.ts, which must give the same bits.
const latticeRow: FieldRow = (data, x, y, z, pitch, _layer, n, out, c) => {
  const { j, di, db, kz, bx, by, bz } = c;
  let xw = data[x - 1]!;
  let xc = data[x]!;
  let yw = data[y - 1]!;
  let yc = data[y]!;
  let zw = data[z - 1]!;
  let zc = data[z]!;
  for (let i = 0; i < n; i++) {
    const p = x + i;
    const q = y + i;
    const r = z + i;
    const xe = data[p + 1]!;
    const xn = data[p + pitch]!;
    const xs = data[p - pitch]!;
    const ye = data[q + 1]!;
    const yn = data[q + pitch]!;
    const ys = data[q - pitch]!;
    const ze = data[r + 1]!;
    const zn = data[r + pitch]!;
    const zs = data[r - pitch]!;
    out[i] = j * (xw + xe + xs + xn) - di * (ze - zw) - db * (zn - zs) + bx;
    out[n + i] = j * (yw + ye + ys + yn) - di * (zn - zs) + db * (ze - zw) + by;
    out[2 * n + i] =
      j * (zw + ze + zs + zn) + di * (xe - xw + yn - ys) + db * (xn - xs - ye + yw) + kz * zc + bz;
    xw = xc;
    xc = xe;
    yw = yc;
    yc = ye;
    zw = zc;
    zc = ze;
  }
};

/** A row of a stack: what its own layer does to it, then the spins below and above. */
const stackRow: FieldRow = (data, x, y, z, pitch, layer, n, out, c) => {
  latticeRow(data, x, y, z, pitch, layer, n, out, c);
  // Along z, interfacial coupling vanishes: ẑ × ẑ = 0.
  const { j, db } = c;
  for (let i = 0; i < n; i++) {
    const xb = data[x + i - layer]!;
    const xa = data[x + i + layer]!;
    const yb = data[y + i - layer]!;
    const ya = data[y + i + layer]!;
    out[i]! += j * (xb + xa) + db * (ya - yb);
    out[n + i]! += j * (yb + ya) - db * (xa - xb);
    out[2 * n + i]! += j * (data[z + i - layer]! + data[z + i + layer]!);
  }
};

/** Adds (2K/µ)(S·e) e. */
function addTiltedAxis(
  data: Float64Array,
  x: number,
  y: number,
  z: number,
  n: number,
  out: Float64Array,
  c: Coefficients,
): void {
  if (c.tilted === null) return;
  const { k } = c.tilted;
  const [ex, ey, ez] = c.tilted.axis;
  for (let i = 0; i < n; i++) {
    const along = k * (ex * data[x + i]! + ey * data[y + i]! + ez * data[z + i]!);
    out[i]! += along * ex;
    out[n + i]! += along * ey;
    out[2 * n + i]! += along * ez;
  }
}
