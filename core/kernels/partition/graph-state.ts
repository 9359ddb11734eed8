import { HaloweaveError } from '../../base/errors.js';
import { ExactSum } from '../../base/exact-sum.js';
import { isNdArray } from '../../memory/ndarray.js';
import { decode, encode } from '../../wire/codec.js';
import type { OwnedGraphPart } from './graph-part.js';
import { partName } from './user-error.js';

/** Version of what `saveState` writes. */
const VERSION = 1;

/** What a part is between two steps. */
interface Saved {
  version: number;
  state: unknown;
  /** Null, or what the part had staged for its neighbours: once it has taken in theirs, its state gives other shares. */
  staged: unknown[] | null;
}

/**
 * A part's state between two steps as bytes, from which `restoreState` makes the same on any rank, bit for bit: plain
 * data, arrays, ndarrays, Maps, Sets, bigints, dates, −0, and objects that refer to each other. What the part has shared for the
 * next step is in it where its state does not give it any more. Costs a look at every object, and encoding.
 * @throws HaloweaveError 'program' that names the place in the state of what would not come back as it is: functions,
 *   objects of a class, arrays whose memory overlaps.
 */
export function saveState(part: OwnedGraphPart): Uint8Array {
  const { state } = part.object;
  const refuse = (what: string): HaloweaveError =>
    new HaloweaveError(
      'program',
      `the state of partition ${partName(part.id)} cannot be saved: ${what}; keep plain data in it, and functions in the program`,
      { partition: part.id, operation: 'checkpoint' },
    );
  refuseUnplain(state, refuse);
  const saved: Saved = { version: VERSION, state, staged: part.unpacked ? part.staged() : null };
  return encode(saved);
}

/**
 * Makes a part what it was when `saveState` gave these bytes, after `step` steps of which the last was of `phase`, and
 * publishes what it had; for ranks of other hosts `send` is left to the caller.
 * @throws HaloweaveError 'format' for bytes of another version.
 */
export function restoreState(part: OwnedGraphPart, bytes: Uint8Array, step: number, phase: number): void {
  const saved = decode(bytes) as Saved | null;
  const edges = part.object.neighbours.length;
  if (saved?.version !== VERSION || (saved.staged !== null && saved.staged.length !== edges))
    throw new HaloweaveError(
      'format',
      `the saved state of partition ${partName(part.id)} is of version ${saved?.version}: this version of haloweave reads version ${VERSION}`,
      { partition: part.id, operation: 'restore' },
    );
  part.object.state = saved.state;
  part.resume(step, phase, saved.staged);
}

type Refuse = (what: string) => HaloweaveError;
/** Some memory, and what views it, as a path. */
type View = { from: number; to: number; path: string };

/** Throws for what would come back as something else. */
function refuseUnplain(state: unknown, refuse: Refuse): void {
  const known = new Set<object>();
  const views = new Map<ArrayBufferLike, View[]>();
  const note = (buffer: ArrayBufferLike, from: number, bytes: number, path: string): void => {
    const list = views.get(buffer) ?? [];
    views.set(buffer, list);
    if (bytes > 0) list.push({ from, to: from + bytes, path });
  };
  const visit = (x: unknown, path: string): void => {
    if (typeof x === 'function' || typeof x === 'symbol') throw refuse(`${path} is a ${typeof x}`);
    if (typeof x !== 'object' || x === null || known.has(x)) return;
    known.add(x);
    if (ArrayBuffer.isView(x)) note(x.buffer, x.byteOffset, x.byteLength, path);
    else if (x instanceof ArrayBuffer) note(x, 0, x.byteLength, path);
    else if (isNdArray(x)) visit(x.data, `${path}.data`);
    else if (Array.isArray(x)) for (let k = 0; k < x.length; k++) visit(x[k], `${path}[${k}]`);
    else if (x instanceof Map && x.constructor === Map)
      for (const [key, value] of x) {
        visit(key, `a key of ${path}`);
        visit(value, `${path}.get(${typeof key === 'object' ? '…' : String(key)})`);
      }
    else if (x instanceof Set && x.constructor === Set)
      for (const value of x) visit(value, `a member of ${path}`);
    else if (isPlain(x))
      for (const key of Object.keys(x)) visit((x as Record<string, unknown>)[key], `${path}.${key}`);
    else if (!isKnown(x)) throw refuse(`${path} is a ${x.constructor.name}`);
  };
  visit(state, 'state');
  for (const list of views.values()) refuseOverlap(list, refuse);
}

function isPlain(x: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(x);
  return prototype === Object.prototype || prototype === null;
}

/** Objects that the codec gives back as they are. */
function isKnown(x: object): boolean {
  return [Date, RegExp, ExactSum].some((c) => x.constructor === c);
}

/** Two arrays of the same memory would be apart afterwards: what is written to one would not be seen in the other. */
function refuseOverlap(views: View[], refuse: Refuse): void {
  views.sort((a, b) => a.from - b.from);
  for (let k = 1; k < views.length; k++) {
    const [before, view] = [views[k - 1]!, views[k]!];
    if (view.from < before.to)
      throw refuse(
        `${before.path} and ${view.path} are views of the same memory, and would come back as two`,
      );
  }
}
