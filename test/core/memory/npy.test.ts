import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ndarray, readNpy, writeNpy } from 'haloweave';
import { afterAll, describe, expect, it } from 'vitest';
import { dtypeInfo } from '../../../core/memory/dtype.js';
import { fileError } from '../../../core/memory/files.js';
import { NpyFile, readBox } from '../../../core/memory/npy-file.js';
import { fixtureValues, NUMPY_CODES, npyBytes, npyFixture } from '../../support/npy-files.js';
import { askNumpy, numpyMissing } from '../../support/numpy.js';
import { ScratchFolder } from '../../support/paths.js';
import { bytesOf, dtypes, pattern } from '../../support/values.js';

const folder = new ScratchFolder();
afterAll(() => folder[Symbol.dispose]());
const codes = ['f8', 'f4', 'i1', 'i2', 'i4', 'i8', 'u1', 'u2', 'u4', 'u8', 'b1'];

function bad(name: string, bytes: Uint8Array): string {
  const path = join(folder.path, name);
  writeFileSync(path, bytes);
  return path;
}

describe('reading what NumPy has written', () => {
  it.each(codes)('%s: little endian in C order, big endian in Fortran order', (code) => {
    const expected = fixtureValues(code);
    for (const order of ['little-c', 'big-fortran']) {
      const a = readNpy(npyFixture(`${code}-${order}`));
      expect(a.shape).toEqual([2, 3, 4]);
      expect(a.stride).toEqual([12, 4, 1]);
      expect(a.data.constructor).toBe(expected.constructor);
      expect(bytesOf(a.data)).toEqual(bytesOf(expected));
    }
  });

  it('versions 2.0 and 3.0', () => {
    for (const version of [2, 3]) {
      const a = readNpy(npyFixture(`version-${version}`));
      expect([a.shape, bytesOf(a.data)]).toEqual([[2, 3, 4], bytesOf(fixtureValues('f8'))]);
    }
  });

  it('arrays without axes, of one axis, and without elements', () => {
    const scalar = readNpy(npyFixture('no-axes'));
    expect([scalar.shape, scalar.size, scalar.get()]).toEqual([[], 1, 2.5]);
    const one = readNpy(npyFixture('one-axis'));
    expect([one.shape, [...one.data]]).toEqual([[5], [0, 1, 2, 3, 4]]);
    const none = readNpy(npyFixture('empty'));
    expect([none.shape, none.size, none.data.length]).toEqual([[0, 3], 0, 0]);
  });

  it('refuses other dtypes by name, and says what to do', () => {
    const list = 'f8, f4, i1, i2, i4, i8, u1, u2, u4, u8, b1';
    expect(() => readNpy(npyFixture('half'))).toThrow(
      `half.npy, byte 10: expected a dtype of ${list}, with < or > before it, found '<f2': convert it with astype`,
    );
    expect(() => readNpy(npyFixture('complex'))).toThrow("found '<c16'");
    expect(() => readNpy(npyFixture('structured'))).toThrow(
      `expected a simple dtype (${list}), found a structured one: save one field at a time`,
    );
  });
});

describe('reading by the letter of the specification', () => {
  const one = Buffer.from(Float32Array.of(1.5).buffer);

  it('takes keys in any order, double quotes, an L of Python 2, and any padding', () => {
    const path = bad('odd.npy', npyBytes('{"shape":(1L,),"fortran_order":False,"descr":"<f4"}   \n', one));
    expect([...readNpy(path).data]).toEqual([1.5]);
  });

  it.each<[string, Uint8Array, string]>([
    [
      'text',
      Buffer.from('PK\u0003\u0004 this is a zip'),
      "byte 0: expected the magic bytes 93 'NUMPY' of an .npy file, found byte 50",
    ],
    [
      'nothing',
      Buffer.alloc(0),
      "byte 0: expected the magic bytes 93 'NUMPY' of an .npy file, found the end of the file",
    ],
    ['version', npyBytes('{}', one, [4, 0]), 'byte 6: expected version 1.0, 2.0 or 3.0, found version 4.0'],
    [
      'cut',
      npyBytes('{}', one).subarray(0, 9),
      "byte 8: expected the header's length in 2 bytes, found the end of the file",
    ],
    [
      'cut-header',
      npyBytes("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }", one).subarray(0, 30),
      'byte 30: expected a header of 68 bytes in all, found the end of the file',
    ],
    [
      'list',
      npyBytes('[1]', one),
      "byte 10: expected a dictionary with 'descr', 'fortran_order' and 'shape', found [1]",
    ],
    [
      'no-shape',
      npyBytes("{'descr': '<f4', 'fortran_order': False}", one),
      "byte 10: expected the key 'shape' in the header, found 'descr', 'fortran_order'",
    ],
    [
      'more',
      npyBytes("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': 1}", one),
      "byte 10: expected only the keys 'descr', 'fortran_order' and 'shape'",
    ],
    [
      'order',
      npyBytes("{'descr': '<f4', 'fortran_order': 1, 'shape': (1,)}", one),
      "byte 10: expected True or False for 'fortran_order', found 1",
    ],
    [
      'shape',
      npyBytes("{'descr': '<f4', 'fortran_order': False, 'shape': (1, -2)}", one),
      "byte 10: expected a tuple of whole numbers for 'shape', found [1,-2]",
    ],
    ['code', npyBytes("{'descr': <f4}", one), `byte 20: expected a Python literal, found "<f4}`],
    ['colon', npyBytes("{'descr', '<f4'}", one), `byte 18: expected ':', found ", '<f4'}`],
    ['quote', npyBytes("{'descr}", one), "byte 11: expected a closing ', found"],
    ['open', npyBytes("{'descr': '<f4'", one), "expected ',', found the end of the header"],
    ['twice', npyBytes('{} {}', one), 'byte 13: expected the end of the header, found "{}'],
    ['no-order', npyBytes("{'descr': '|f4', 'fortran_order': False, 'shape': (1,)}", one), "found '|f4'"],
    [
      'short',
      npyBytes("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }", one),
      'byte 74: expected 4 elements of f32, 86 bytes in all, found the end of the file',
    ],
    [
      'long',
      npyBytes("{'descr': '<f4', 'fortran_order': False, 'shape': (), }", Buffer.alloc(9)),
      'expected 1 elements of f32, 70 bytes in all, found 5 bytes more',
    ],
  ])('%s is an error with the place', (name, bytes, message) => {
    const path = bad(`${name}.npy`, bytes);
    expect(() => readNpy(path)).toThrow(`${path}, ${message.startsWith('byte') ? message : ''}`);
    expect(() => readNpy(path)).toThrow(message);
    try {
      readNpy(path);
    } catch (e) {
      expect(e).toMatchObject({ name: 'HaloweaveError', code: 'format' });
    }
  });

  it('says why a file cannot be opened', () => {
    expect(() => readNpy('/no/such.npy')).toThrow(
      '/no/such.npy cannot be read: there is no such file or folder (a relative path starts at the working folder)',
    );
    expect(() => readNpy(folder.path)).toThrow(`${folder.path} cannot be read: it is a folder: name a file`);
  });
});

describe('writing', () => {
  it.each(dtypes)('%s: what is read is what was written, byte for byte by the specification', (dtype) => {
    const data = pattern(dtype, 24);
    const path = join(folder.path, `${dtype}.npy`);
    writeNpy(path, ndarray(data, [2, 3, 4]));
    const a = readNpy(path);
    expect([a.shape, bytesOf(a.data)]).toEqual([[2, 3, 4], bytesOf(data)]);
    const file = readFileSync(path);
    expect(file.subarray(0, 8)).toEqual(Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]));
    const end = 10 + file.readUInt16LE(8);
    expect(end % 64).toBe(0);
    const order = dtypeInfo(dtype).bytes === 1 ? '|' : '<';
    expect(file.toString('latin1', 10, end)).toMatch(
      new RegExp(
        `^\\{'descr': '\\${order}${NUMPY_CODES[dtype]}', 'fortran_order': False, 'shape': \\(2, 3, 4\\), \\} *\\n$`,
      ),
    );
    expect(new Uint8Array(file.subarray(end))).toEqual(bytesOf(data));
  });

  it('writes strided views, views with an offset, shared memory, and more than one piece', () => {
    const path = join(folder.path, 'strided.npy');
    const a = ndarray(new Int32Array(new SharedArrayBuffer(4 * 500_000)), [500, 1000]);
    for (let k = 0; k < a.size; k++) a.data[k] = k;
    writeNpy(path, a);
    expect(Buffer.compare(bytesOf(readNpy(path).data), bytesOf(a.data))).toBe(0);
    const view = a.lo(3, 5).hi(4, 6).step(2, -1).transpose(1, 0);
    writeNpy(path, view);
    const back = readNpy(path);
    expect(back.shape).toEqual([6, 2]);
    for (let i = 0; i < 6; i++) for (let j = 0; j < 2; j++) expect(back.get(i, j)).toBe(view.get(i, j));
    writeNpy(path, ndarray(Float64Array.of(1, 2, 3, 4), [2], [1], 1));
    expect([...readNpy(path).data]).toEqual([2, 3]);
  });

  it('replaces a file whole, and leaves nothing behind when it cannot write', () => {
    using own = new ScratchFolder();
    const path = own.write('a.npy', 'something else');
    writeNpy(path, ndarray(Uint8Array.of(7), []));
    expect(readNpy(path).get()).toBe(7);
    expect(readdirSync(own.path)).toEqual(['a.npy']);
    mkdirSync(join(own.path, 'b.npy'));
    expect(() => writeNpy(join(own.path, 'b.npy'), ndarray(Uint8Array.of(7)))).toThrow(
      'b.npy cannot be written: it is a folder: name a file',
    );
    expect(readdirSync(own.path).sort()).toEqual(['a.npy', 'b.npy']);
    expect(() => writeNpy(join(own.path, 'no', 'a.npy'), ndarray(Uint8Array.of(7)))).toThrow(
      'cannot be written: there is no such file or folder',
    );
    expect(() => writeNpy(join(path, 'a.npy'), ndarray(Uint8Array.of(7)))).toThrow(
      'cannot be written: a part of the path is a file, not a folder: choose another place',
    );
  });

  it.each([
    ['EACCES', 'permission is missing: choose another place or change its permissions'],
    ['EROFS', 'the file system is read-only: choose another place'],
    ['ENOSPC', 'the disk is full: make room or choose another place'],
    ['EIO', 'i/o error, write'],
  ])('says what %s means and what to do', (code, meaning) => {
    const error = fileError(
      'out/u.npy cannot be written',
      Object.assign(new Error('i/o error, write'), { code }),
    );
    expect([error.message, error.code]).toEqual([`out/u.npy cannot be written: ${meaning}`, 'usage']);
  });

  it('is read by NumPy', (context) => {
    const missing = numpyMissing();
    if (missing) context.skip(missing);
    for (const dtype of dtypes) {
      const data = pattern(dtype, 60, 3);
      const path = join(folder.path, `numpy-${dtype}.npy`);
      writeNpy(path, ndarray(data, [3, 4, 5]).transpose(2, 0, 1));
      const got = askNumpy(
        'a = np.load(sys.argv[1])\nprint(json.dumps([list(a.shape), a.dtype.str, a.transpose(1, 2, 0).tobytes().hex()]))',
        [path],
      );
      const code = NUMPY_CODES[dtype];
      expect(got).toEqual([
        [5, 3, 4],
        `${code[1] === '1' ? '|' : '<'}${code}`,
        Buffer.from(bytesOf(data)).toString('hex'),
      ]);
    }
  });
});

describe('reading a box', () => {
  it('gives the elements of every box, in both orders, into arrays with a halo round them', () => {
    for (const name of ['i4-little-c', 'i4-big-fortran', 'f8-big-fortran']) {
      using file = new NpyFile(npyFixture(name));
      const all = readNpy(npyFixture(name));
      const ranges = all.shape.map((n) =>
        Array.from({ length: n * n }, (_, k) => [Math.floor(k / n), (k % n) + 1]).filter(([a, b]) => a! < b!),
      );
      const boxes = ranges[0]!.flatMap((x) => ranges[1]!.flatMap((y) => ranges[2]!.map((z) => [x, y, z])));
      expect(boxes).toHaveLength(3 * 6 * 10);
      for (const box of boxes) {
        const lo = box.map(([a]) => a!);
        const size = box.map(([a, b]) => b! - a!);
        const padded = size.map((n) => n + 2);
        const data = new file.header.dtype.create(padded[0]! * padded[1]! * padded[2]!);
        const into = ndarray(data, padded)
          .lo(1, 1, 1)
          .hi(...size);
        readBox(file, lo, into);
        let sum = 0;
        for (let i = 0; i < size[0]!; i++)
          for (let j = 0; j < size[1]!; j++)
            for (let k = 0; k < size[2]!; k++) {
              const value = all.get(lo[0]! + i, lo[1]! + j, lo[2]! + k);
              expect(into.get(i, j, k)).toBe(value);
              sum += Number(value);
            }
        // Nothing else was written.
        expect((data as Float64Array).reduce((x, y) => x + y, 0)).toBeCloseTo(sum, 9);
      }
    }
  });

  it('goes on at the beginning of an axis past its end', () => {
    for (const name of ['i4-little-c', 'i4-big-fortran']) {
      using file = new NpyFile(npyFixture(name));
      const all = readNpy(npyFixture(name));
      for (const lo of [
        [1, 1, 1],
        [2, 0, 4],
        [0, 3, 2],
        [0, 0, 0],
      ]) {
        const into = ndarray(new Int32Array(24), [2, 3, 4]);
        readBox(file, lo, into);
        const at = (i: number, j: number, k: number): number[] => [
          (lo[0]! + i) % 2,
          (lo[1]! + j) % 3,
          (lo[2]! + k) % 4,
        ];
        for (let i = 0; i < 2; i++)
          for (let j = 0; j < 3; j++)
            for (let k = 0; k < 4; k++) expect(into.get(i, j, k)).toBe(all.get(...at(i, j, k)));
      }
    }
  });

  it('reads boxes larger than a piece', () => {
    const path = join(folder.path, 'large.npy');
    const a = ndarray(new Float64Array(500 * 700), [500, 700]);
    for (let k = 0; k < a.size; k++) a.data[k] = k;
    writeNpy(path, a);
    using file = new NpyFile(path);
    for (const [lo, size] of [
      [
        [0, 0],
        [500, 700],
      ],
      [
        [17, 0],
        [480, 700],
      ],
      [
        [3, 100],
        [490, 599],
      ],
    ] as const) {
      const into = ndarray(new Float64Array(size[0] * size[1]), size);
      readBox(file, lo, into);
      for (let i = 0; i < size[0]; i += 7)
        for (let j = 0; j < size[1]; j += 3) expect(into.get(i, j)).toBe(a.get(lo[0] + i, lo[1] + j));
    }
  });
});
