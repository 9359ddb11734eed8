import { type Axes, type FieldRow, fieldRow } from './field.js';
import { advanceFusedRow, finishRk4FusedRow } from './fused.js';
import { type Coefficients, scaled } from './model.js';
import type { Places } from './places.js';
import { advanceRow, finishHeunRow, finishRk4Row } from './update.js';

/** What one phase of a cycle does to a part. */
export type Stage = (places: Places) => void;

// Where the x component of the state and of the stages is in `Places.at`; y and z follow.
export const S = 0;
const A = 3;
const B = 6;
const C = 9;

/** The effective field of the rows of a part, one at a time in one scratch row. */
export class RowField {
  readonly c: Coefficients;
  /** True if the one-pass forms apply. */
  readonly fusible: boolean;
  readonly #row: FieldRow;
  #out = new Float64Array(0);

  constructor(axes: Axes, c: Coefficients) {
    this.c = c;
    this.fusible = axes === 2 && c.tilted === null;
    this.#row = fieldRow(axes, c);
  }

  /** The field of the row at `offset` of the vector field at `from`, as `FieldRow` leaves it; overwritten by the next call. */
  of(p: Places, from: number, offset: number): Float64Array {
    if (this.#out.length < 3 * p.columns) this.#out = new Float64Array(3 * p.columns);
    this.#row(
      p.data,
      p.at[from]! + offset,
      p.at[from + 1]! + offset,
      p.at[from + 2]! + offset,
      p.pitch,
      p.layer,
      p.columns,
      this.#out,
      this.c,
    );
    return this.#out;
  }
}

/**
 * The four stages of a step h of the classical Runge–Kutta method on a part with the fields s, a, b, c (in
 * this order in `Places`), S normalised at the end of the step. After each, the halo of what it wrote must be
 * exchanged:
 *
 *     a = s + (h/2) k(s);   b = s + (h/2) k(a);   c = s + h k(b);   s ← (a + 2b + c − s)/3 + (h/6) k(c)
 *
 * with k = −γ/(1+α²) [S×B + α S×(S×B)]. Order 4. Every cut into parts gives the same bits.
 * Source: Hairer, Nørsett, Wanner, "Solving Ordinary Differential Equations I", II.1.
 */
export function rk4Stages(axes: Axes, c: Coefficients, h: number): readonly [Stage, Stage, Stage, Stage] {
  const w = h * c.rate;
  const half = new RowField(axes, scaled(c, w / 2));
  const whole = new RowField(axes, scaled(c, w));
  const sixth = new RowField(axes, scaled(c, w / 6));
  return [
    (p) => advance(half, p, S, A),
    (p) => advance(half, p, A, B),
    (p) => advance(whole, p, B, C),
    (p) => finishRk4(sixth, p),
  ];
}

/** As `rk4Stages` for Heun's method, with the fields s and a: a = s + h k(s); s ← (s + a)/2 + (h/2) k(a). Order 2. */
export function heunStages(axes: Axes, c: Coefficients, h: number): readonly [Stage, Stage] {
  const w = h * c.rate;
  const whole = new RowField(axes, scaled(c, w));
  const half = new RowField(axes, scaled(c, w / 2));
  return [(p) => advance(whole, p, S, A), (p) => finishHeun(half, p)];
}

function advance(field: RowField, p: Places, from: number, to: number): void {
  const { data, at, layers, rows, columns: n, pitch, layer, spacing } = p;
  const { c } = field;
  const [x, y, z] = [at[from]!, at[from + 1]!, at[from + 2]!];
  const [sx, sy, sz] = [at[S]!, at[S + 1]!, at[S + 2]!];
  const [ox, oy, oz] = [at[to]!, at[to + 1]!, at[to + 2]!];
  for (let k = 0; k < layers; k++)
    for (let r = 0; r < rows; r++) {
      const i = k * layer + r * pitch;
      if (field.fusible && spacing !== null)
        advanceFusedRow(data, x + i, spacing, sx - x, ox - x, pitch, n, c);
      else {
        const b = field.of(p, from, i);
        advanceRow(data, x + i, y + i, z + i, sx + i, sy + i, sz + i, ox + i, oy + i, oz + i, n, b, c.alpha);
      }
    }
}

function finishRk4(field: RowField, p: Places): void {
  const { data, at, layers, rows, columns: n, pitch, layer, spacing } = p;
  const { c } = field;
  const [x, y, z] = [at[C]!, at[C + 1]!, at[C + 2]!];
  const [ax, ay, az] = [at[A]!, at[A + 1]!, at[A + 2]!];
  const [bx, by, bz] = [at[B]!, at[B + 1]!, at[B + 2]!];
  const [sx, sy, sz] = [at[S]!, at[S + 1]!, at[S + 2]!];
  for (let k = 0; k < layers; k++)
    for (let r = 0; r < rows; r++) {
      const i = k * layer + r * pitch;
      if (field.fusible && spacing !== null)
        finishRk4FusedRow(data, x + i, spacing, ax - x, bx - x, sx - x, pitch, n, c);
      else {
        const b = field.of(p, C, i);
        finishRk4Row(
          data,
          x + i,
          y + i,
          z + i,
          ax + i,
          ay + i,
          az + i,
          bx + i,
          by + i,
          bz + i,
          sx + i,
          sy + i,
          sz + i,
          n,
          b,
          c.alpha,
        );
      }
    }
}

function finishHeun(field: RowField, p: Places): void {
  const { data, at, layers, rows, columns: n, pitch, layer } = p;
  const [x, y, z] = [at[A]!, at[A + 1]!, at[A + 2]!];
  const [sx, sy, sz] = [at[S]!, at[S + 1]!, at[S + 2]!];
  for (let k = 0; k < layers; k++)
    for (let r = 0; r < rows; r++) {
      const i = k * layer + r * pitch;
      const b = field.of(p, A, i);
      finishHeunRow(data, x + i, y + i, z + i, sx + i, sy + i, sz + i, n, b, field.c.alpha);
    }
}
