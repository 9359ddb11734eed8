import { join, relative } from 'node:path';
import { type DType, ndarray, readNpy, run, writeNpy } from 'haloweave';
import { afterAll, describe, expect, it } from 'vitest';
import { kernelProgramFile } from '../../../support/kernel-programs.js';
import { NUMPY_CODES, npyFixture } from '../../../support/npy-files.js';
import { ScratchFolder } from '../../../support/paths.js';
import { bytesOf, dtypes, pattern } from '../../../support/values.js';

const program = kernelProgramFile('loads');
const folder = new ScratchFolder();
afterAll(() => folder[Symbol.dispose]());

describe('part.load and gather', () => {
  it.each(dtypes)('%s: every part gets its own cells, and the whole comes back', async (dtype) => {
    for (const shape of [[13], [7, 9]]) {
      const n = shape.reduce((a, b) => a * b, 1);
      const data = pattern(dtype, n);
      const file = join(folder.path, `${dtype}-${shape.length}.npy`);
      writeNpy(file, ndarray(data, shape));
      const args = { shape, dtype, file };
      const result = await run(program, { transport: 'inline', parts: 6, cycles: 0, args });
      const u = result.gather('u');
      expect([u.shape, u.stride]).toEqual([shape, shape.length === 1 ? [1] : [9, 1]]);
      expect(u.data.constructor).toBe(data.constructor);
      expect(bytesOf(u.data)).toEqual(bytesOf(data));
      // Private memory: it may be posted, and outlives the run's heap.
      expect(u.data.buffer).toBeInstanceOf(ArrayBuffer);
    }
  });

  it('every kind of field in space: cells and vertices, numbers and vectors', async () => {
    // The state of a run is saved, and comes back by what each part loads of it.
    const save = join(folder.path, 'mixed');
    const mixed = kernelProgramFile('mixed');
    const first = await run(mixed, { transport: 'inline', parts: 1, cycles: 3, save });
    for (const [parts, ranks] of [
      ['2x3x2', 3],
      ['7x6x9', 1],
    ] as const) {
      const again = await run(mixed, { parts, ranks, cycles: 0, args: { from: save } });
      expect(again.hash).toBe(first.hash);
    }
  });

  it('reads both memory orders on ranks, from a path relative to the working folder', async () => {
    const fortran = join(folder.path, 'fortran.npy');
    const whole = readNpy(npyFixture('i4-little-c'));
    writeNpy(fortran, ndarray(whole.data, [6, 4]));
    for (const ranks of [1, 2, 3]) {
      const file = relative(process.cwd(), fortran);
      const args = { shape: [6, 4], dtype: 'i32' as DType, file };
      const result = await run(program, { ranks, parts: '3x2', cycles: 5, args });
      expect([...result.gather('u').data]).toEqual([...whole.data].map((x) => Number(x) + 5));
    }
  });

  it('refuses a file of another shape, dtype or field, naming both', async () => {
    const file = npyFixture('one-axis');
    const fails = (args: object) => run(program, { ranks: 2, parts: 4, cycles: 1, args: { file, ...args } });
    await expect(fails({ shape: [6], dtype: 'i32' })).rejects.toMatchObject({
      message: expect.stringContaining(
        `load: ${file} has shape [5], field 'u' of the grid has [6]: save the file, or make the grid, with the other's shape`,
      ) as string,
    });
    await expect(fails({ shape: [5, 1], dtype: 'i32', parts: 4 })).rejects.toThrow('has shape [5]');
    await expect(fails({ shape: [5], dtype: 'f32' })).rejects.toMatchObject({
      message: expect.stringContaining(
        `load: ${file} holds i32, field 'u' is f32: convert the file with astype, or declare the field as i32`,
      ) as string,
    });
    await expect(fails({ shape: [5], dtype: 'i32', field: 'w' })).rejects.toThrow(
      "load: there is no field 'w'; the grid's fields are u, scratch",
    );
    await expect(fails({ shape: [5], dtype: 'i32', file: 'no/such.npy' })).rejects.toThrow(
      'no/such.npy cannot be read: there is no such file or folder',
    );
  });

  it('knows every dtype of haloweave', () => {
    expect(Object.keys(NUMPY_CODES).sort()).toEqual([...dtypes].sort());
  });
});
