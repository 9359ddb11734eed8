/*
 * Field and update in one pass over a row of a lattice, for an axis of anisotropy along z or none: the bits
 * of `FieldRow` followed by `advanceRow` or `finishRk4Row`, a fifth faster. That takes few addresses, so that
 * they stay in registers: of a vector field whose components lie `d` apart only the place of the first is
 * given, and of every further field its distance from the one that is read. `c` is scaled by w, as in update.ts.
 */
import type { Coefficients } from './model.js';
import { THIRD } from './update.js';

/** As `advanceRow`: reads the row at `x`, adds to the row at `x + base`, writes the row at `x + to`. */
export function advanceFusedRow(
  data: Float64Array,
  x: number,
  d: number,
  base: number,
  to: number,
  pitch: number,
  n: number,
  c: Coefficients,
): void {
  const { j, di, db, kz, bx, by, bz, alpha } = c;
  const y = x + d;
  const z = y + d;
  let xw = data[x - 1]!;
  let xc = data[x]!;
  let yw = data[y - 1]!;
  let yc = data[y]!;
  let zw = data[z - 1]!;
  let zc = data[z]!;
  const end = x + n;
  for (let p = x; p < end; p++) {
    const q = p + d;
    const r = q + d;
    const xe = data[p + 1]!;
    const xn = data[p + pitch]!;
    const xs = data[p - pitch]!;
    const ye = data[q + 1]!;
    const yn = data[q + pitch]!;
    const ys = data[q - pitch]!;
    const ze = data[r + 1]!;
    const zn = data[r + pitch]!;
    const zs = data[r - pitch]!;
    const fx = j * (xw + xe + xs + xn) - di * (ze - zw) - db * (zn - zs) + bx;
    const fy = j * (yw + ye + ys + yn) - di * (zn - zs) + db * (ze - zw) + by;
    const fz = j * (zw + ze + zs + zn) + di * (xe - xw + yn - ys) + db * (xn - xs - ye + yw) + kz * zc + bz;
    const cx = yc * fz - zc * fy;
    const cy = zc * fx - xc * fz;
    const cz = xc * fy - yc * fx;
    data[p + to] = data[p + base]! + (cx + alpha * (yc * cz - zc * cy));
    data[q + to] = data[q + base]! + (cy + alpha * (zc * cx - xc * cz));
    data[r + to] = data[r + base]! + (cz + alpha * (xc * cy - yc * cx));
    xw = xc;
    xc = xe;
    yw = yc;
    yc = ye;
    zw = zc;
    zc = ze;
  }
}

/** As `finishRk4Row`: c at `x`, a, b and s at these distances from it. */
export function finishRk4FusedRow(
  data: Float64Array,
  x: number,
  d: number,
  a: number,
  b: number,
  s: number,
  pitch: number,
  n: number,
  c: Coefficients,
): void {
  const { j, di, db, kz, bx, by, bz, alpha } = c;
  const y = x + d;
  const z = y + d;
  let xw = data[x - 1]!;
  let xc = data[x]!;
  let yw = data[y - 1]!;
  let yc = data[y]!;
  let zw = data[z - 1]!;
  let zc = data[z]!;
  const end = x + n;
  for (let p = x; p < end; p++) {
    const q = p + d;
    const r = q + d;
    const xe = data[p + 1]!;
    const xn = data[p + pitch]!;
    const xs = data[p - pitch]!;
    const ye = data[q + 1]!;
    const yn = data[q + pitch]!;
    const ys = data[q - pitch]!;
    const ze = data[r + 1]!;
    const zn = data[r + pitch]!;
    const zs = data[r - pitch]!;
    const fx = j * (xw + xe + xs + xn) - di * (ze - zw) - db * (zn - zs) + bx;
    const fy = j * (yw + ye + ys + yn) - di * (zn - zs) + db * (ze - zw) + by;
    const fz = j * (zw + ze + zs + zn) + di * (xe - xw + yn - ys) + db * (xn - xs - ye + yw) + kz * zc + bz;
    const cx = yc * fz - zc * fy;
    const cy = zc * fx - xc * fz;
    const cz = xc * fy - yc * fx;
    const ux = (data[p + a]! + 2 * data[p + b]! + xc - data[p + s]!) * THIRD;
    const uy = (data[q + a]! + 2 * data[q + b]! + yc - data[q + s]!) * THIRD;
    const uz = (data[r + a]! + 2 * data[r + b]! + zc - data[r + s]!) * THIRD;
    const vx = ux + (cx + alpha * (yc * cz - zc * cy));
    const vy = uy + (cy + alpha * (zc * cx - xc * cz));
    const vz = uz + (cz + alpha * (xc * cy - yc * cx));
    const scale = 1 / Math.sqrt(vx * vx + vy * vy + vz * vz);
    data[p + s] = vx * scale;
    data[q + s] = vy * scale;
    data[r + s] = vz * scale;
    xw = xc;
    xc = xe;
    yw = yc;
    yc = ye;
    zw = zc;
    zc = ze;
  }
}
