import { describe, expect, it } from 'vitest';
import { ndarray } from '../../../../core/memory/ndarray.js';
import { pieceArrays, pieceBox, type WholeField } from '../../../../core/runtime/save/pieces.js';

const SHAPE = [4, 3, 5];
const geometry = { shape: SHAPE, dims: [2, 1, 2], halo: 1, periodic: [true, false, false] };

/** A field whose value tells the place and the component. */
function field(
  name: string,
  extent: number[],
  centring: WholeField['centring'],
  components: number,
): WholeField {
  const shape = components > 1 ? [...extent, components] : extent;
  const a = ndarray(new Float64Array(shape.reduce((x, y) => x * y, 1)), shape);
  for (let i = 0; i < extent[0]!; i++)
    for (let j = 0; j < extent[1]!; j++)
      for (let k = 0; k < extent[2]!; k++)
        for (let c = 0; c < components; c++)
          a.data[((i * extent[1]! + j) * extent[2]! + k) * components + c] = value(i, j, k, c);
  return { name, array: a, centring, components };
}
const value = (i: number, j: number, k: number, c: number): number => 1000 * i + 100 * j + 10 * k + c;

describe('a part’s image of a space, periodic along its first axis', () => {
  // Cells 2..3, 0..2, 3..4 of the grid: the last part.
  const id = 3;

  it('shows the own cells and the halo, as far as the grid goes', () => {
    expect(pieceBox(geometry, id)).toEqual({
      own: { lo: [2, 0, 3], hi: [4, 3, 5] },
      shown: { lo: [1, 0, 2], hi: [4, 3, 5] },
    });
  });

  it('holds cells with all their components, and marks the halo', () => {
    const { cellData, pointData } = pieceArrays(geometry, id, [
      field('u', SHAPE, 'cell', 1),
      field('m', SHAPE, 'cell', 3),
    ]);
    expect(pointData).toEqual([]);
    expect(cellData.map((a) => [a.name, a.dtype, a.components, a.data.length])).toEqual([
      ['u', 'f64', 1, 27],
      ['m', 'f64', 3, 81],
      ['vtkGhostType', 'u8', 1, 27],
    ]);
    let at = 0;
    for (let i = 1; i < 4; i++)
      for (let j = 0; j < 3; j++)
        for (let k = 2; k < 5; k++, at++) {
          expect(cellData[0]!.data[at]).toBe(value(i, j, k, 0));
          for (let c = 0; c < 3; c++) expect(cellData[1]!.data[3 * at + c]).toBe(value(i, j, k, c));
          expect(cellData[2]!.data[at]).toBe(i < 2 || k < 3 ? 1 : 0);
        }
  });

  it('holds vertices, one more along each axis; beyond a periodic edge those of the other side', () => {
    // Vertices: 4 along the periodic axis, one more than cells along the others.
    const { cellData, pointData } = pieceArrays(geometry, id, [field('p', [4, 4, 6], 'vertex', 2)]);
    expect(cellData.map((a) => a.name)).toEqual(['vtkGhostType']);
    expect(pointData.map((a) => [a.name, a.components, a.data.length])).toEqual([
      ['p', 2, 4 * 4 * 4 * 2],
      ['vtkGhostType', 1, 64],
    ]);
    let at = 0;
    for (let i = 1; i <= 4; i++)
      for (let j = 0; j <= 3; j++)
        for (let k = 2; k <= 5; k++, at++) {
          for (let c = 0; c < 2; c++) expect(pointData[0]!.data[2 * at + c]).toBe(value(i % 4, j, k, c));
          expect(pointData[1]!.data[at]).toBe(i < 2 || k < 3 ? 1 : 0);
        }
  });

  it('wraps rows along the last axis too', () => {
    const turned = { shape: [5], dims: [2], halo: 2, periodic: [true] };
    const p: WholeField = {
      name: 'p',
      array: ndarray(Float32Array.of(0, 1, 2, 3, 4), [5]),
      centring: 'vertex',
      components: 1,
    };
    const { pointData } = pieceArrays(turned, 1, [p]);
    expect([...pointData[0]!.data]).toEqual([1, 2, 3, 4, 0]);
    expect([...pointData[1]!.data]).toEqual([1, 1, 0, 0, 0]);
  });

  it('has no marks where there are no copies', () => {
    for (const g of [
      { ...geometry, halo: 0 },
      { ...geometry, dims: [1, 1, 1] },
    ])
      expect(pieceArrays(g, 0, [field('u', SHAPE, 'cell', 1)]).cellData.map((a) => a.name)).toEqual(['u']);
  });
});
