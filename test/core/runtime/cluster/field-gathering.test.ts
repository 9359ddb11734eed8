import { describe, expect, it } from 'vitest';
import type { GatherTable } from '../../../../core/kernels/program.js';
import { FieldGathering } from '../../../../core/runtime/cluster/field-gathering.js';
import { encodePieceHead, type PieceHead } from '../../../../core/wire/network-pieces.js';

const CYCLES = 7;
/** 3 × 2 cells of doubles; their 3 × 3 vertices (the first axis is a ring) with vectors of two small integers. */
const table = (shape = [3, 2]): GatherTable => ({
  shape,
  dims: [1, 1],
  halo: 1,
  periodic: [true, false],
  fields: [
    { name: 'u', dtype: 'f64', centring: 'cell', components: 1, vector: false },
    { name: 'v', dtype: 'i16', centring: 'vertex', components: 2, vector: true },
  ],
  blocks: new Float64Array(1),
});
const u = Float64Array.of(0.5, -0, 1, 2, 3, Number.NaN);
const v = Int16Array.from({ length: 18 }, (_, k) => 1000 * k - 9000);

function message(head: Partial<PieceHead>, ...chunks: Uint8Array[]): Uint8Array[] {
  const whole = { cycles: CYCLES, part: 0, request: 0, bytes: 48, offset: 0, found: true, ...head };
  return [encodePieceHead(whole), ...chunks];
}
const bytesOf = (a: Float64Array | Int16Array, from = 0, to = a.byteLength): Uint8Array =>
  new Uint8Array(a.buffer, from, to - from);

function begin(shape?: number[]): { gathering: FieldGathering; asked: number[] } {
  const asked: number[] = [];
  return { gathering: new FieldGathering(table(shape), CYCLES, (f) => asked.push(f)), asked };
}

describe('fields on their way to the coordinator', () => {
  it('are asked for one after the other, and put together from stretches of any length', () => {
    const { gathering, asked } = begin();
    expect(asked).toEqual([0]);
    // Stretches of bytes need not end where values do.
    expect(gathering.take(message({}, bytesOf(u, 0, 13)))).toBe(null);
    expect(gathering.take(message({ offset: 13 }, bytesOf(u, 13, 14), bytesOf(u, 14, 40)))).toBe(null);
    expect(asked).toEqual([0]);
    expect(gathering.take(message({ offset: 40 }, bytesOf(u, 40)))).toBe(null);
    expect(asked).toEqual([0, 1]);
    expect(gathering.complete).toBe(false);
    expect(gathering.take(message({ part: 1, bytes: 36 }, bytesOf(v)))).toBe(null);
    expect(gathering.complete).toBe(true);
    expect(asked).toEqual([0, 1]);
    const whole = gathering.array('u');
    expect(whole.shape).toEqual([3, 2]);
    expect(whole.data).toEqual(u);
    expect(gathering.array('v').shape).toEqual([3, 3, 2]);
    expect(gathering.array('v').data).toEqual(v);
    // Whoever gets one may write into it.
    whole.set(0, 0, 9);
    expect(gathering.array('u').get(0, 0)).toBe(0.5);
    expect(() => gathering.array('w')).toThrow("gather: there is no field 'w'; the fields are u, v");
  });

  it.each<[string, Partial<PieceHead>, number]>([
    ['another field', { part: 1 }, 48],
    ['the whole run instead of a field', { part: -1 }, 48],
    ['a state of other cycles', { cycles: CYCLES + 1 }, 48],
    ['a field of another size', { bytes: 56 }, 48],
    ['a stretch that leaves a hole', { offset: 8 }, 40],
    ['nothing', { found: false }, 0],
  ])('are refused if they are %s', (_, head, bytes) => {
    const { gathering } = begin();
    expect(gathering.take(message(head, new Uint8Array(bytes)))).toBe('field');
    expect(gathering.take(message({}, bytesOf(u)))).toBe(null);
  });

  it('are refused if they come twice, or after the last, or are longer than they say', () => {
    const { gathering } = begin();
    expect(gathering.take(message({}, new Uint8Array(49)))).toBe('message length');
    expect(gathering.take(message({}))).toBe('field');
    expect(gathering.take(message({}, bytesOf(u)))).toBe(null);
    expect(gathering.take(message({}, bytesOf(u)))).toBe('field');
    expect(gathering.take(message({ part: 1, bytes: 36 }, bytesOf(v)))).toBe(null);
    expect(gathering.take(message({ part: 1, bytes: 36 }, bytesOf(v)))).toBe('field');
    expect(gathering.take([new Uint8Array(3)])).toBe('piece');
  });

  it('that do not fit into memory are named', () => {
    expect(() => begin([2 ** 30, 2 ** 20])).toThrow(
      /^field 'u' of the final state has 9007199254740992 bytes, for which the coordinator's process has no room/,
    );
  });

  it('without values need not be waited for', () => {
    const { gathering, asked } = begin([3, 0]);
    // A line of vertices lies between the two sides.
    expect(asked).toEqual([1]);
    expect(gathering.take(message({ part: 1, bytes: 12 }, new Uint8Array(12)))).toBe(null);
    expect(gathering.complete).toBe(true);
    expect(gathering.array('u').data).toHaveLength(0);
  });
});
