import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { DTYPES } from '../../../../core/memory/dtype.js';
import { extent, imageFile, piecesFile } from '../../../../core/runtime/save/vtk-image.js';
import { ScratchFolder } from '../../../support/paths.js';
import { bytesOf, pattern } from '../../../support/values.js';
import { child, parseXml, readVti } from '../../../support/vtk-files.js';

const folder = new ScratchFolder();
afterAll(() => folder[Symbol.dispose]());

describe('VTK images', () => {
  it('name the last axis x', () => {
    expect(extent({ lo: [1], hi: [4] })).toBe('1 4 0 0 0 0');
    expect(extent({ lo: [1, 2], hi: [4, 6] })).toBe('2 6 1 4 0 0');
    expect(extent({ lo: [1, 2, 3], hi: [4, 6, 9] })).toBe('3 9 2 6 1 4');
  });

  it('hold every dtype, cells and points, by the letter of the format', () => {
    const cells = { lo: [0, 0], hi: [2, 3] };
    const cellData = DTYPES.map(({ name }) => ({ name, dtype: name, components: 1, data: pattern(name, 6) }));
    const pointData = [{ name: 'a<"&">', dtype: 'f32' as const, components: 3, data: pattern('f32', 36) }];
    const path = join(folder.path, 'all.vti');
    writeFileSync(path, Buffer.concat([...imageFile(cells, cellData, pointData)]));
    const image = readVti(path);
    expect(image.extent).toEqual([0, 3, 0, 2, 0, 0]);
    expect(Object.entries(image.cellData).map(([name, a]) => [name, a.type])).toEqual([
      ['f64', 'Float64'],
      ['f32', 'Float32'],
      ['i8', 'Int8'],
      ['u8', 'UInt8'],
      ['i16', 'Int16'],
      ['u16', 'UInt16'],
      ['i32', 'Int32'],
      ['u32', 'UInt32'],
      ['i64', 'Int64'],
      ['u64', 'UInt64'],
    ]);
    for (const a of cellData) expect(bytesOf(image.cellData[a.name]!.data)).toEqual(bytesOf(a.data));
    expect(image.pointData['a<"&">']).toMatchObject({ components: 3, type: 'Float32' });
    expect(bytesOf(image.pointData['a<"&">']!.data)).toEqual(bytesOf(pointData[0]!.data));
    expect(image.attributes).toEqual({ cells: { Scalars: 'f64' }, points: { Vectors: 'a<"&">' } });
  });

  it('are listed with their own cells', () => {
    const bytes = piecesFile(
      { lo: [0], hi: [9] },
      2,
      [{ name: 'u', dtype: 'f64', components: 1 }],
      [],
      [
        { cells: { lo: [0], hi: [5] }, source: 'state/part-0.vti' },
        { cells: { lo: [5], hi: [9] }, source: 'state/part-1.vti' },
      ],
    );
    const image = child(parseXml(new TextDecoder().decode(bytes)), 'PImageData');
    expect(image.attributes).toEqual({
      WholeExtent: '0 9 0 0 0 0',
      GhostLevel: '2',
      Origin: '0 0 0',
      Spacing: '1 1 1',
    });
    expect(child(image, 'PCellData').children.map((c) => c.attributes)).toEqual([
      { type: 'Float64', Name: 'u', NumberOfComponents: '1' },
    ]);
    expect(image.children.filter((c) => c.name === 'Piece').map((c) => c.attributes)).toEqual([
      { Extent: '0 5 0 0 0 0', Source: 'state/part-0.vti' },
      { Extent: '5 9 0 0 0 0', Source: 'state/part-1.vti' },
    ]);
  });
});
