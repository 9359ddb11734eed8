import { type FieldRow, fieldRow } from './field.js';
import type { Coefficients } from './model.js';
import type { Places } from './places.js';
import { advanceRow, finishHeunRow, finishRk4Row } from './update.js';

/** What one phase of a cycle does to a part. */
export type Stage = (places: Places) => void;

// Where the x component of the state and of the stages is in `Places.at`; y and z follow.
const S = 0;
const A = 3;
const B = 6;
const C = 9;

/** The effective field of the rows of a part, one at a time in one scratch row. */
export class RowField {
  readonly c: Coefficients;
  readonly #row: FieldRow;
  #out = new Float64Array(0);

  constructor(axes: 1 | 2, c: Coefficients) {
    this.c = c;
    this.#row = fieldRow(axes, c);
  }

  /** The field of a row of the vector field at `from`, as `FieldRow` leaves it; overwritten by the next call. */
  of(p: Places, from: number, row: number): Float64Array {
    if (this.#out.length < 3 * p.columns) this.#out = new Float64Array(3 * p.columns);
    const o = row * p.pitch;
    const [x, y, z] = [p.at[from]!, p.at[from + 1]!, p.at[from + 2]!];
    this.#row(p.data, x + o, y + o, z + o, p.pitch, p.columns, this.#out, this.c);
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
export function rk4Stages(field: RowField, h: number): readonly [Stage, Stage, Stage, Stage] {
  const w = h * field.c.rate;
  return [
    (p) => advance(field, p, S, A, w / 2),
    (p) => advance(field, p, A, B, w / 2),
    (p) => advance(field, p, B, C, w),
    (p) => finishRk4(field, p, w / 6),
  ];
}

/** As `rk4Stages` for Heun's method, with the fields s and a: a = s + h k(s); s ← (s + a)/2 + (h/2) k(a). Order 2. */
export function heunStages(field: RowField, h: number): readonly [Stage, Stage] {
  const w = h * field.c.rate;
  return [(p) => advance(field, p, S, A, w), (p) => finishHeun(field, p, w / 2)];
}

function advance(field: RowField, p: Places, from: number, to: number, w: number): void {
  const { data, at, rows, columns, pitch } = p;
  const { alpha } = field.c;
  for (let r = 0; r < rows; r++) {
    const b = field.of(p, from, r);
    const o = r * pitch;
    advanceRow(
      data,
      at[from]! + o,
      at[from + 1]! + o,
      at[from + 2]! + o,
      at[S]! + o,
      at[S + 1]! + o,
      at[S + 2]! + o,
      at[to]! + o,
      at[to + 1]! + o,
      at[to + 2]! + o,
      columns,
      b,
      alpha,
      w,
    );
  }
}

function finishRk4(field: RowField, p: Places, w: number): void {
  const { data, at, rows, columns, pitch } = p;
  const { alpha } = field.c;
  for (let r = 0; r < rows; r++) {
    const b = field.of(p, C, r);
    const o = r * pitch;
    finishRk4Row(
      data,
      at[C]! + o,
      at[C + 1]! + o,
      at[C + 2]! + o,
      at[A]! + o,
      at[A + 1]! + o,
      at[A + 2]! + o,
      at[B]! + o,
      at[B + 1]! + o,
      at[B + 2]! + o,
      at[S]! + o,
      at[S + 1]! + o,
      at[S + 2]! + o,
      columns,
      b,
      alpha,
      w,
    );
  }
}

function finishHeun(field: RowField, p: Places, w: number): void {
  const { data, at, rows, columns, pitch } = p;
  const { alpha } = field.c;
  for (let r = 0; r < rows; r++) {
    const b = field.of(p, A, r);
    const o = r * pitch;
    finishHeunRow(
      data,
      at[A]! + o,
      at[A + 1]! + o,
      at[A + 2]! + o,
      at[S]! + o,
      at[S + 1]! + o,
      at[S + 2]! + o,
      columns,
      b,
      alpha,
      w,
    );
  }
}
