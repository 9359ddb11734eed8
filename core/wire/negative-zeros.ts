import { HaloweaveError } from '../base/errors.js';
import { ExactSum } from '../base/exact-sum.js';

/** Steps from the outside of a structure to one value: keys of objects, indices of arrays, places in Maps and Sets. */
export type Place = readonly (string | number)[];

/**
 * How deep, and at how many objects, is looked without remembering them: a set takes longer than all the rest. Structures of
 * data are wider than deep; one that refers to itself is found out by its depth, one that refers often to the same by the number.
 */
const DEEP = 32;
const MANY = 2 ** 14;

let left = 0;
let seen: Set<object> | null = null;

/**
 * True if a number in a structure may be −0, which the encoder would write as the integer 0: in arrays, objects and the
 * values of Maps, at any depth, cycles included. Keys of Maps and members of Sets never are (they are +0 there), and
 * typed arrays travel as they lie. Costs little beside encoding: it only looks.
 */
export function hasNegativeZero(value: object): boolean {
  left = MANY;
  seen = null;
  try {
    return search(value, 0);
  } finally {
    seen = null;
  }
}

function search(x: object, depth: number): boolean {
  if (seen !== null) {
    if (seen.has(x)) return false;
    seen.add(x);
  } else if (--left < 0 || depth > DEEP) seen = new Set([x]);
  if (Array.isArray(x)) {
    for (let k = 0; k < x.length; k++) {
      const v: unknown = x[k];
      if (typeof v === 'number') {
        if (v === 0 && 1 / v < 0) return true;
      } else if (typeof v === 'object' && v !== null && search(v, depth + 1)) return true;
    }
    return false;
  }
  if (x.constructor !== Object) {
    if (x instanceof Map) {
      for (const [key, v] of x) if (searched(key, depth) || searched(v, depth)) return true;
      return false;
    }
    if (x instanceof Set) {
      for (const v of x) if (searched(v, depth)) return true;
      return false;
    }
    if (isLeaf(x)) return false;
  }
  for (const key in x) {
    const v: unknown = (x as Record<string, unknown>)[key];
    if (typeof v === 'number') {
      if (v === 0 && 1 / v < 0) return true;
    } else if (typeof v === 'object' && v !== null && search(v, depth + 1)) return true;
  }
  return false;
}

function searched(v: unknown, depth: number): boolean {
  return Object.is(v, -0) || (typeof v === 'object' && v !== null && search(v, depth + 1));
}

/** What the encoder has its own form for, without numbers that it would write as integers. */
function isLeaf(x: object): boolean {
  return (
    ArrayBuffer.isView(x) ||
    x instanceof ExactSum ||
    x instanceof Date ||
    x instanceof RegExp ||
    x instanceof Error ||
    x instanceof ArrayBuffer ||
    typeof (x as { toJSON?: unknown }).toJSON === 'function'
  );
}

/** Where in a structure a −0 lies: once for every object that holds it, however often that is referred to. */
export function negativeZeros(value: object): Place[] {
  const places: Place[] = [];
  const known = new Set<object>();
  const path: (string | number)[] = [];
  const visit = (v: unknown, step: string | number): void => {
    path.push(step);
    if (Object.is(v, -0)) places.push([...path]);
    else if (typeof v === 'object' && v !== null) enter(v);
    path.pop();
  };
  const enter = (x: object): void => {
    if (known.has(x)) return;
    known.add(x);
    if (Array.isArray(x)) for (let k = 0; k < x.length; k++) visit(x[k], k);
    else if (x instanceof Map) {
      let k = 0;
      for (const [key, v] of x) {
        visit(key, k++);
        visit(v, k++);
      }
    } else if (x instanceof Set) {
      let k = 0;
      for (const v of x) visit(v, k++);
    } else if (!isLeaf(x))
      // As the decoder calls it.
      for (const key of Object.keys(x))
        visit((x as Record<string, unknown>)[key], key === '__proto__' ? '__proto_' : key);
  };
  enter(value);
  return places;
}

/** Makes the zeros at these places negative again. Refuses places that the value does not have, or not with a 0. */
export function negateZeros(value: unknown, places: unknown): unknown {
  if (!Array.isArray(places)) throw refused();
  for (const place of places as unknown[]) {
    if (!Array.isArray(place) || place.length === 0) throw refused();
    let x = value;
    for (let k = 0; k < place.length - 1; k++) x = at(x, place[k]);
    negate(x, place[place.length - 1]);
  }
  return value;
}

/** What lies one step further in. Own members only: what an object inherits is never reached. */
function at(x: unknown, step: unknown): unknown {
  if (x instanceof Map) {
    const entry = typeof step === 'number' ? [...x][step >> 1] : undefined;
    if (entry) return entry[(step as number) & 1];
  } else if (x instanceof Set) {
    if (typeof step === 'number' && step < x.size) return [...x][step];
  } else if (hasOwn(x, step)) return x[step as string];
  throw refused();
}

function negate(x: unknown, step: unknown): void {
  if (!Object.is(at(x, step), 0)) throw refused();
  if (x instanceof Map) {
    // A key is no −0.
    if (((step as number) & 1) === 0) throw refused();
    x.set([...x.keys()][(step as number) >> 1], -0);
  } else if (hasOwn(x, step)) x[step as string] = -0;
  else throw refused();
}

function hasOwn(x: unknown, step: unknown): x is Record<string, unknown> {
  return (
    typeof x === 'object' &&
    x !== null &&
    (typeof step === 'string' || typeof step === 'number') &&
    !ArrayBuffer.isView(x) &&
    Object.hasOwn(x, step)
  );
}

function refused(): HaloweaveError {
  return new HaloweaveError(
    'format',
    'an encoded value names a −0 where it has no zero: it was damaged, or written by another release',
  );
}
