/** What every partition of `parcels.ts` sends to every other at every step: a pure function of who, whom and when. */
import { isDeepStrictEqual } from 'node:util';
import { type GraphPartSpec, type NdArray, ndarray, type PartId, RandomStream } from 'haloweave';

const stream = new RandomStream(20261120);

/** A random symmetric graph, some parts their own neighbours, some with none, listed in no order. */
export function randomGraph(parts: number, edges: number): GraphPartSpec[] {
  const id = (k: number): PartId => (k % 3 === 0 ? `p${k}` : k % 3 === 1 ? k : -k);
  const beside = Array.from({ length: parts }, () => new Set<number>());
  for (let e = 0; e < edges; e++) {
    const a = Math.floor(stream.uniform(e, 0) * parts);
    const b = Math.floor(stream.uniform(e, 0, 1) * parts);
    beside[a]!.add(b);
    beside[b]!.add(a);
  }
  const list = beside.map((those, k) => ({
    id: id(k),
    neighbours: [...those].map(id),
    weight: 1 + Math.floor(3 * stream.uniform(k, 1)),
  }));
  return list.sort((a, b) => draw(a.id, a.id, 0) - draw(b.id, b.id, 0));
}

/** 0 … 2^32 − 1. */
export function draw(from: PartId, to: PartId, time: number): number {
  let h = 2166136261;
  for (const c of `${from}>${to}@${time}`) h = Math.imul(h ^ c.charCodeAt(0), 16777619);
  return (h ^ (h >>> 15)) >>> 0;
}

export function parcel(from: PartId, to: PartId, time: number): unknown {
  const h = draw(from, to, time);
  // Lengths jump up and down: blocks are outgrown and used again for less.
  const length = h % 7 === 0 ? 3000 + (h % 5000) : h % 40;
  const values = Array.from({ length: Math.min(length, 50) }, (_, k) => ((h >>> (k % 20)) % 1000) - 500);
  switch (h % 13) {
    case 0:
      return undefined;
    case 1:
      return Float64Array.from({ length }, (_, k) => h / (k + 1));
    case 2:
      return new Float64Array(0);
    case 3:
      return Int32Array.from(values);
    case 4:
      return BigInt64Array.from(values, (v) => BigInt(v) ** 5n);
    case 5:
      return { from, to, values, more: new Map([['time', { time }]]), bytes: Uint8Array.from(values) };
    case 6:
      return 'né'.repeat(length);
    case 7:
      return null;
    case 8:
      return -0;
    case 9:
      // Every second column of a matrix of 3 rows: strided.
      return ndarray(
        Float32Array.from({ length: 12 }, (_, k) => k + (h % 9)),
        [3, 2],
        [4, 2],
        1,
      );
    case 10:
      return Uint8Array.from({ length: length * 3 }, (_, k) => h >> (k % 24));
    case 11:
      return BigInt(h) << 40n;
    default:
      return ndarray(new Float64Array(0), [0, 4]);
  }
}

export function same(a: unknown, b: unknown): boolean {
  if (!isNdArray(a)) return isDeepStrictEqual(a, b);
  return isNdArray(b) && isDeepStrictEqual(a.shape, b.shape) && isDeepStrictEqual(list(a), list(b));
}

function isNdArray(x: unknown): x is NdArray {
  return typeof x === 'object' && x !== null && 'stride' in x;
}

function list(a: NdArray): unknown[] {
  const [rows = 0, columns = 0] = a.shape;
  return Array.from({ length: rows * columns }, (_, k) => a.get(Math.floor(k / columns), k % columns));
}
