import { Buffer } from 'node:buffer';
import { DTYPES, type TypedArray } from '../../core/memory/dtype.js';
import { inCheckout } from './paths.js';

/** A file that NumPy has written; see test/data/npy/make.py for what is in it. */
export function npyFixture(name: string): string {
  return inCheckout(`test/data/npy/${name}.npy`);
}

/** NumPy's name of each dtype. */
export const NUMPY_CODES = {
  f64: 'f8',
  f32: 'f4',
  i8: 'i1',
  i16: 'i2',
  i32: 'i4',
  i64: 'i8',
  u8: 'u1',
  u16: 'u2',
  u32: 'u4',
  u64: 'u8',
} as const;

/** The values that make.py puts into a file of shape (2, 3, 4), in C order. */
export function fixtureValues(code: string): TypedArray {
  const whole = Array.from({ length: 24 }, (_, k) => k * 37 - 100);
  if (code === 'b1') return Uint8Array.from(whole, (_, k) => (k % 3 === 0 ? 1 : 0));
  const name = Object.entries(NUMPY_CODES).find(([, c]) => c === code)![0];
  const { create } = DTYPES.find((d) => d.name === name)!;
  const out = new create(24);
  whole.forEach((n, k) => {
    if (code[0] === 'f') out[k] = n / 7;
    else if (code[1] === '8') out[k] = BigInt(n) * (2n ** 40n + 1n);
    else out[k] = n;
  });
  return out;
}

/** A file by the letter of NEP 1: magic, version, length, dictionary, elements. */
export function npyBytes(dictionary: string, data: Uint8Array, version: [number, number] = [1, 0]): Buffer {
  const head = Buffer.from(`${dictionary}\n`, version[0] === 3 ? 'utf8' : 'latin1');
  const length = Buffer.alloc(version[0] === 1 ? 2 : 4);
  if (version[0] === 1) length.writeUInt16LE(head.length);
  else length.writeUInt32LE(head.length);
  return Buffer.concat([
    Buffer.from([0x93]),
    Buffer.from('NUMPY', 'latin1'),
    Buffer.from(version),
    length,
    head,
    data,
  ]);
}
