import { HaloweaveError } from '../base/errors.js';
import type { TypedArray } from '../memory/dtype.js';
import type { BoundaryCall, BoundaryStep } from './boundary-plan.js';

/** The typed arrays whose elements are numbers; 64-bit integers are told apart when a boundary is applied. */
export type NumberArray = Exclude<TypedArray, BigInt64Array | BigUint64Array> | Uint8ClampedArray;

/**
 * Executes the steps on a field whose element 0 is values[base], for the workunit of `cycle` and `phase`.
 * Arithmetic is in f64 and rounds once, on store; integer arrays store as JavaScript does, and those of 64 bits
 * calculate in their own. In place, O(cells filled).
 * @throws BoundaryFailure for what a boundary function throws, or if it gives no number.
 */
export function applyBoundary(
  steps: readonly BoundaryStep[],
  values: NumberArray,
  base: number,
  cycle = 0,
  phase = 0,
): void {
  if (typeof (values[base] as unknown) === 'bigint') {
    applyBigBoundary(steps, values as unknown as BigInt64Array, base, cycle, phase);
    return;
  }
  for (let s = 0; s < steps.length; s++) {
    const { kind, value, dst, src } = steps[s]!;
    if (kind === 'set') {
      for (let i = 0; i < dst.length; i++) values[base + dst[i]!] = value;
    } else if (kind === 'reflect') {
      const twice = 2 * value;
      for (let i = 0; i < dst.length; i++) values[base + dst[i]!] = twice - values[base + src[i]!]!;
    } else if (kind === 'shift') {
      for (let i = 0; i < dst.length; i++) values[base + dst[i]!] = values[base + src[i]!]! + value;
    } else {
      callStep(steps[s]!, values, base, cycle, phase);
    }
  }
}

/** The same on 64-bit integers, whose rules hold whole numbers. */
function applyBigBoundary(
  steps: readonly BoundaryStep[],
  values: BigInt64Array,
  base: number,
  cycle: number,
  phase: number,
): void {
  for (const step of steps) {
    const { kind, value, dst, src } = step;
    const v = BigInt(value);
    if (kind === 'set') for (let i = 0; i < dst.length; i++) values[base + dst[i]!] = v;
    else if (kind === 'reflect')
      for (let i = 0; i < dst.length; i++) values[base + dst[i]!] = 2n * v - values[base + src[i]!]!;
    else if (kind === 'shift')
      for (let i = 0; i < dst.length; i++) values[base + dst[i]!] = values[base + src[i]!]! + v;
    else callStep(step, values as unknown as NumberArray, base, cycle, phase);
  }
}

/** Fills the elements of one step by its function. */
function callStep(step: BoundaryStep, values: NumberArray, base: number, cycle: number, phase: number): void {
  const { dst, src, call } = step;
  if (!call) return;
  const wanted = typeof values[base];
  try {
    for (let i = 0; i < dst.length; i++) {
      const result = ask(call, i, values[base + src[i]!]!, cycle, phase);
      // A number where a 64-bit integer belongs would throw, anything else would be stored as what it is not.
      if (typeof result !== wanted)
        throw new HaloweaveError(
          'program',
          `the function gave ${String(result)} for (${call.place.index.join(', ')}): give a ${wanted}`,
        );
      values[base + dst[i]!] = result as number;
    }
  } catch (cause) {
    throw new BoundaryFailure(step, cause);
  }
}

/** What went wrong in a boundary function, and on which side. */
export class BoundaryFailure extends Error {
  readonly axis: number;
  readonly side: 'lower' | 'upper';
  constructor(step: BoundaryStep, cause: unknown) {
    super(`boundary function of axis ${step.axis}, ${step.side} side`, { cause });
    this.axis = step.axis;
    this.side = step.side;
  }
}

/** Asks a boundary function for the value of its i-th element. */
function ask(call: BoundaryCall, i: number, inside: number, cycle: number, phase: number): number | bigint {
  const { place, cells, extent } = call;
  const { index } = place;
  const d = index.length;
  for (let k = 0; k < d; k++) index[k] = cells[i * d + k]!;
  const x = index[place.axis]!;
  place.layer = x < 0 ? -x : x - extent + 1;
  place.component = i % call.components;
  place.cycle = cycle;
  place.phase = phase;
  return call.f(inside, place);
}
