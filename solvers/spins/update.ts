/*
 * The second half of a stage, a row at a time, after `FieldRow`. All take w·B of the row's spins in `b`, w
 * being step · weight · rate, and add to a base vector
 *
 *     w [S×B + α S×(S×B)],   rate = −γ/(1+α²).
 *
 * + − × ÷ sqrt only; 3 to 5 ns a spin. The numbers x, y, z, … say where the row starts in each component of a
 * vector field. Keep the expressions the same as in fused.ts, which must give the same bits.
 */

/** out = s + w·slope(from). `out` may be `s` itself, but not overlap `from`. */
export function advanceRow(
  data: Float64Array,
  x: number,
  y: number,
  z: number,
  sx: number,
  sy: number,
  sz: number,
  ox: number,
  oy: number,
  oz: number,
  n: number,
  b: Float64Array,
  alpha: number,
): void {
  const n2 = 2 * n;
  for (let i = 0; i < n; i++) {
    const px = data[x + i]!;
    const py = data[y + i]!;
    const pz = data[z + i]!;
    const bx = b[i]!;
    const by = b[n + i]!;
    const bz = b[n2 + i]!;
    const cx = py * bz - pz * by;
    const cy = pz * bx - px * bz;
    const cz = px * by - py * bx;
    data[ox + i] = data[sx + i]! + (cx + alpha * (py * cz - pz * cy));
    data[oy + i] = data[sy + i]! + (cy + alpha * (pz * cx - px * cz));
    data[oz + i] = data[sz + i]! + (cz + alpha * (px * cy - py * cx));
  }
}

export const THIRD = 1 / 3;

/**
 * s = (a + 2b + c − s)/3 + w·slope(c), normalised: the last stage of the classical Runge–Kutta method, whose
 * weighted sum of slopes is that of its stages a = s + (h/2) k₁, b = s + (h/2) k₂, c = s + h k₃ — so no
 * accumulator is read and written in every stage.
 */
export function finishRk4Row(
  data: Float64Array,
  x: number,
  y: number,
  z: number,
  ax: number,
  ay: number,
  az: number,
  bx0: number,
  by0: number,
  bz0: number,
  sx: number,
  sy: number,
  sz: number,
  n: number,
  b: Float64Array,
  alpha: number,
): void {
  const n2 = 2 * n;
  for (let i = 0; i < n; i++) {
    const px = data[x + i]!;
    const py = data[y + i]!;
    const pz = data[z + i]!;
    const bx = b[i]!;
    const by = b[n + i]!;
    const bz = b[n2 + i]!;
    const cx = py * bz - pz * by;
    const cy = pz * bx - px * bz;
    const cz = px * by - py * bx;
    const ux = (data[ax + i]! + 2 * data[bx0 + i]! + px - data[sx + i]!) * THIRD;
    const uy = (data[ay + i]! + 2 * data[by0 + i]! + py - data[sy + i]!) * THIRD;
    const uz = (data[az + i]! + 2 * data[bz0 + i]! + pz - data[sz + i]!) * THIRD;
    const vx = ux + (cx + alpha * (py * cz - pz * cy));
    const vy = uy + (cy + alpha * (pz * cx - px * cz));
    const vz = uz + (cz + alpha * (px * cy - py * cx));
    const scale = 1 / Math.sqrt(vx * vx + vy * vy + vz * vz);
    data[sx + i] = vx * scale;
    data[sy + i] = vy * scale;
    data[sz + i] = vz * scale;
  }
}

/** s = (s + a)/2 + w·slope(a), normalised: the second stage of Heun's method, a = s + h k₁. */
export function finishHeunRow(
  data: Float64Array,
  x: number,
  y: number,
  z: number,
  sx: number,
  sy: number,
  sz: number,
  n: number,
  b: Float64Array,
  alpha: number,
): void {
  const n2 = 2 * n;
  for (let i = 0; i < n; i++) {
    const px = data[x + i]!;
    const py = data[y + i]!;
    const pz = data[z + i]!;
    const bx = b[i]!;
    const by = b[n + i]!;
    const bz = b[n2 + i]!;
    const cx = py * bz - pz * by;
    const cy = pz * bx - px * bz;
    const cz = px * by - py * bx;
    const vx = (data[sx + i]! + px) * 0.5 + (cx + alpha * (py * cz - pz * cy));
    const vy = (data[sy + i]! + py) * 0.5 + (cy + alpha * (pz * cx - px * cz));
    const vz = (data[sz + i]! + pz) * 0.5 + (cz + alpha * (px * cy - py * cx));
    const scale = 1 / Math.sqrt(vx * vx + vy * vy + vz * vz);
    data[sx + i] = vx * scale;
    data[sy + i] = vy * scale;
    data[sz + i] = vz * scale;
  }
}
