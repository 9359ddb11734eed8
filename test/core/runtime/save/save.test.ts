import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type DType, ndarray, readNpy, run, writeNpy } from 'haloweave';
import { afterAll, describe, expect, it } from 'vitest';
import { haloweave } from '../../../support/command-line.js';
import { kernelProgramFile } from '../../../support/kernel-programs.js';
import { inCheckout, programFile, ScratchFolder } from '../../../support/paths.js';
import { bytesOf, pattern } from '../../../support/values.js';
import { child, numbers, parseXml, readVti } from '../../../support/vtk-files.js';

const folder = new ScratchFolder();
afterAll(() => folder[Symbol.dispose]());
const heat = inCheckout('examples/heat.ts');

/** The extents and files that a `.pvti` lists. */
function pieces(path: string): {
  whole: number[];
  halo: string;
  list: { extent: number[]; source: string }[];
} {
  const file = parseXml(readFileSync(path, 'utf8'));
  expect(file.attributes).toEqual({
    type: 'PImageData',
    version: '1.0',
    byte_order: 'LittleEndian',
    header_type: 'UInt64',
  });
  const image = child(file, 'PImageData');
  expect(image.attributes).toMatchObject({ Origin: '0 0 0', Spacing: '1 1 1' });
  return {
    whole: numbers(image.attributes.WholeExtent!),
    halo: image.attributes.GhostLevel!,
    list: image.children
      .filter((c) => c.name === 'Piece')
      .map((c) => ({
        extent: numbers(c.attributes.Extent!),
        source: join(dirname(path), c.attributes.Source!),
      })),
  };
}

/** Cells along an axis of an extent; an axis without any counts as one layer. */
const layers = (extent: readonly number[], axis: number): number =>
  Math.max(1, extent[2 * axis + 1]! - extent[2 * axis]!);

describe('--save', () => {
  it.each([
    ['a line of f32', [23], 'f32', 4],
    ['a plane of i64', [13, 10], 'i64', '3x2'],
    ['a plane in one part', [5, 6], 'u8', 1],
  ] as const)(
    '%s: the array, and an image whose parts make up the whole',
    async (name, shape, dtype, parts) => {
      const to = join(folder.path, name);
      const file = join(folder.path, `${name}.npy`);
      const data = pattern(
        dtype,
        shape.reduce((a: number, b: number) => a * b, 1),
      );
      writeNpy(file, ndarray(data, shape));
      const args = { shape, dtype: dtype as DType, file };
      const result = await run(kernelProgramFile('loads'), { ranks: 2, parts, cycles: 0, args, save: to });
      const saved = readNpy(join(to, 'u.npy'));
      expect([saved.shape, bytesOf(saved.data)]).toEqual([[...shape], bytesOf(data)]);
      const { whole, halo, list } = pieces(join(to, 'state.pvti'));
      expect(halo).toBe('1');
      expect(whole).toEqual(
        shape.length === 1 ? [0, shape[0], 0, 0, 0, 0] : [0, shape[1], 0, shape[0], 0, 0],
      );
      expect(list).toHaveLength(result.parts);
      // Only the state is saved: u, which is shared, and not the scratch field.
      expect(result.saved.sort()).toEqual(
        [join(to, 'u.npy'), join(to, 'state.pvti'), ...list.map((p) => p.source)].sort(),
      );
      expect(readdirSync(to).sort()).toEqual(['state', 'state.pvti', 'u.npy']);

      const columns = layers(whole, 0);
      const seen = new Array<number>(data.length).fill(0);
      let copies = 0;
      for (const { extent, source } of list) {
        const image = readVti(source);
        expect(Object.keys(image.pointData)).toEqual([]);
        expect(Object.keys(image.cellData)).toEqual(list.length > 1 ? ['u', 'vtkGhostType'] : ['u']);
        expect(image.attributes.cells).toEqual({ Scalars: 'u' });
        const { u } = image.cellData;
        expect(u!.components).toBe(1);
        const inside = (axis: number, x: number): boolean =>
          layers(extent, axis) === 1 && extent[2 * axis] === extent[2 * axis + 1]
            ? true
            : x >= extent[2 * axis]! && x < extent[2 * axis + 1]!;
        const [nx, ny] = [layers(image.extent, 0), layers(image.extent, 1)];
        expect(u!.data).toHaveLength(nx * ny);
        // What the image shows beyond the part's cells is one cell wide, and ends where the grid ends.
        for (const axis of [0, 1, 2]) {
          const [lo, hi] = [extent[2 * axis]!, extent[2 * axis + 1]!];
          const most = whole[2 * axis + 1]!;
          expect(image.extent.slice(2 * axis, 2 * axis + 2)).toEqual(
            most === 0 ? [0, 0] : [Math.max(0, lo - 1), Math.min(most, hi + 1)],
          );
        }
        for (let y = 0; y < ny; y++)
          for (let x = 0; x < nx; x++) {
            const at = (image.extent[2]! + y) * columns + image.extent[0]! + x;
            expect(u!.data[y * nx + x]).toEqual(data[at]);
            const own = inside(0, image.extent[0]! + x) && inside(1, image.extent[2]! + y);
            if (list.length > 1) expect(image.cellData.vtkGhostType!.data[y * nx + x]).toBe(own ? 0 : 1);
            if (own) seen[at]!++;
            else copies++;
          }
      }
      expect(seen).toEqual(seen.map(() => 1));
      expect(copies > 0).toBe(list.length > 1);
    },
  );

  it('writes the same files whatever the ranks, replaces those of before, and says how many', async () => {
    const to = join(folder.path, 'new', 'deep');
    const command = (...words: string[]) =>
      haloweave([
        'run',
        heat,
        '--cycles',
        '6',
        '--parts',
        '2x2',
        '--save',
        to,
        ...words,
        '--',
        '--shape',
        '9x7',
      ]);
    const one = await command('-n', '1');
    expect([one.code, one.out.trimEnd().split('\n').at(-1)]).toEqual([0, `  saved 6 files to ${to}`]);
    const names = readdirSync(to, { recursive: true, encoding: 'utf8' }).filter((n) => n.includes('.'));
    expect(names).toHaveLength(6);
    const before = names.map((n) => readFileSync(join(to, n)));
    const three = await command('-n', '3', '--json');
    expect(three.err).toContain(`  saved 6 files to ${to}\n`);
    expect(three.out.trimEnd().split('\n')).toHaveLength(1);
    expect(names.map((n) => readFileSync(join(to, n)))).toEqual(before);
    expect(readdirSync(to, { recursive: true })).toHaveLength(7);
  });

  it('saves the last whole state of a run that was interrupted', async () => {
    const to = join(folder.path, 'interrupted');
    const stop = new AbortController();
    const result = await run(heat, {
      ranks: 2,
      cycles: 1e8,
      args: { shape: '40x40' },
      save: to,
      signal: stop.signal,
      onProgress: (p) => {
        if (p.cycle > 10) stop.abort();
      },
      progressEvery: 1,
    });
    expect(result.interrupted).toBe(true);
    expect(bytesOf(readNpy(join(to, 'u.npy')).data)).toEqual(bytesOf(result.gather('u').data));
  });

  it('refuses, before anything runs, a folder that it cannot write to, and programs without a grid', async () => {
    const file = folder.write('in-the-way', '');
    const none = run(heat, { ranks: 1, cycles: 1, save: file });
    await expect(none).rejects.toMatchObject({
      code: 'usage',
      message: `--save ${file} cannot be written: a file of that name is in the way: choose another place`,
    });
    await expect(run(heat, { ranks: 1, cycles: 1, save: join(file, 'x') })).rejects.toThrow(
      'a part of the path is a file, not a folder: choose another place',
    );
    const to = join(folder.path, 'spmd');
    await expect(run(programFile('echo.ts'), { ranks: 2, save: to })).rejects.toThrow(
      'is a function of ranks and messages, whose state only it knows: write files with writeNpy',
    );
    const named = kernelProgramFile('graph/named');
    await expect(run(named, { ranks: 2, cycles: 1, save: to })).rejects.toMatchObject({
      code: 'usage',
      message:
        '--save: partitions of a graph have no fields, only the program knows their states: collect them, and write files in report',
    });
    expect(existsSync(join(to, 'state'))).toBe(false);
  });
});
