import { describe, expect, it } from 'vitest';
import { HaloweaveError } from '../../../core/base/errors.js';
import { factorParts, parseParts, resolveParts } from '../../../core/decomposition/factor.js';

/** All lists of one number per axis, each 1..shape[k]. */
function layouts(shape: number[]): number[][] {
  return shape.reduce<number[][]>(
    (lists, n) => lists.flatMap((list) => Array.from({ length: n }, (_, i) => [...list, i + 1])),
    [[]],
  );
}
const product = (list: number[]) => list.reduce((a, b) => a * b, 1);
const largest = (dims: number[], shape: number[]) => product(shape.map((n, k) => Math.ceil(n / dims[k])));
/** Cell faces between parts: f − 1 planes across each axis. */
const faces = (dims: number[], shape: number[]) =>
  dims.reduce((sum, f, k) => sum + ((f - 1) * product(shape)) / shape[k], 0);

const shapes = [[7], [12], [6, 6], [4, 9], [3, 8], [1, 5], [4, 4, 4], [2, 5, 3], [6, 1, 4]];

function failure(run: () => unknown): HaloweaveError {
  try {
    run();
  } catch (error) {
    if (error instanceof HaloweaveError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('factorParts', () => {
  it('is exact, fits and has the least surface of all layouts; otherwise suggests the nearest count', () => {
    for (const shape of shapes) {
      const all = layouts(shape);
      const works = (parts: number) => all.filter((dims) => product(dims) === parts);
      for (let parts = 1; parts <= product(shape) + 3; parts++) {
        const options = works(parts);
        if (options.length > 0) {
          const dims = factorParts(parts, shape);
          expect(product(dims)).toBe(parts);
          const least = Math.min(...options.map((o) => faces(o, shape)));
          expect(Math.abs(faces(dims, shape) - least)).toBeLessThan(1e-9);
          expect(dims.every((f, k) => f <= shape[k])).toBe(true);
        } else {
          let smaller = parts - 1;
          while (works(smaller).length === 0) smaller--;
          const error = failure(() => factorParts(parts, shape));
          expect(error.code).toBe('argument');
          expect(error.message).toContain(`${parts} parts`);
          expect(error.message).toContain(shape.join('x'));
          expect(error.message).toMatch(new RegExp(`count that works is ${smaller}$`));
        }
      }
    }
  });

  it('cuts the long axis, and on a draw the earliest', () => {
    expect(factorParts(6, [10, 100])).toEqual([1, 6]);
    expect(factorParts(6, [512, 512])).toEqual([3, 2]);
    expect(factorParts(2, [8, 8, 8])).toEqual([2, 1, 1]);
    expect(factorParts(25, [512, 512])).toEqual([5, 5]);
  });

  it('refuses numbers that are no count', () => {
    expect(() => factorParts(0, [4])).toThrow(/0 parts/);
    expect(() => factorParts(2.5, [4])).toThrow(/2.5 parts/);
    expect(() => factorParts(2 ** 31, [2 ** 31])).toThrow(/2147483647/);
    expect(() => factorParts(1, [4, 0])).toThrow(/shape\[1\] is 0/);
  });
});

describe('parseParts', () => {
  it('reads the three forms', () => {
    expect(parseParts('25')).toEqual({ kind: 'count', count: 25 });
    expect(parseParts(' 5x5 ')).toEqual({ kind: 'dims', dims: [5, 5] });
    expect(parseParts('2x3x4')).toEqual({ kind: 'dims', dims: [2, 3, 4] });
    expect(parseParts('cells=1000')).toEqual({ kind: 'cells', cells: 1000 });
  });

  it.each([
    ['', /not a whole number/],
    ['five', /"five" is not a whole number/],
    ['5x', /not a whole number/],
    ['-4', /"-4"/],
    ['1e3', /"1e3"/],
    ['2.5', /"2.5"/],
    ['cells=', /not a whole number/],
    ['0', /zero/],
    ['5x0', /zero/],
    ['cells=0', /zero/],
    ['99999999999999999999', /too large/],
  ])('refuses %j as wrong usage', (text, why) => {
    const error = failure(() => parseParts(text));
    expect(error.code).toBe('usage');
    expect(error.message).toMatch(why);
    expect(error.message).toContain(JSON.stringify(text));
  });
});

describe('resolveParts', () => {
  it('takes dims as they are, after checking them', () => {
    expect(resolveParts({ kind: 'dims', dims: [3, 4] }, [9, 4])).toEqual([3, 4]);
    expect(() => resolveParts({ kind: 'dims', dims: [5, 5] }, [100])).toThrow(/5x5 name 2 axes .* has 1/);
    expect(() => resolveParts({ kind: 'dims', dims: [3, 5] }, [9, 4])).toThrow(/axis 1 .*at most 4/);
    expect(() => resolveParts({ kind: 'dims', dims: [3, 0] }, [9, 4])).toThrow(/parts\[1\] is 0/);
    expect(() => resolveParts({ kind: 'dims', dims: [2 ** 16, 2 ** 16] }, [2 ** 17, 2 ** 17])).toThrow(
      /at most 2147483647/,
    );
  });

  it('factorises a count', () => {
    expect(resolveParts({ kind: 'count', count: 6 }, [512, 512])).toEqual([3, 2]);
  });

  it('cells: fewest parts under the bound, then least surface, against every layout', () => {
    for (const shape of shapes) {
      const all = layouts(shape);
      for (let cells = 1; cells <= product(shape) + 2; cells++) {
        const fits = all.filter((dims) => largest(dims, shape) <= cells);
        const fewest = Math.min(...fits.map(product));
        const least = Math.min(...fits.filter((o) => product(o) === fewest).map((o) => faces(o, shape)));
        const dims = resolveParts({ kind: 'cells', cells }, shape);
        expect(largest(dims, shape)).toBeLessThanOrEqual(cells);
        expect(product(dims)).toBe(fewest);
        expect(Math.abs(faces(dims, shape) - least)).toBeLessThan(1e-9);
      }
    }
  });

  it('cells: stays square on a square and refuses nonsense', () => {
    expect(resolveParts({ kind: 'cells', cells: 1024 }, [512, 512])).toEqual([16, 16]);
    expect(() => resolveParts({ kind: 'cells', cells: 0 }, [5])).toThrow(/at most 0 cells/);
  });
});

describe('the default number of parts', () => {
  it('is the number given wherever that fits', () => {
    expect(resolveParts({ kind: 'default', count: 8 }, [512, 512])).toEqual([4, 2]);
  });

  it('is the nearest smaller number that fits the grid, for every small shape and count', () => {
    for (const shape of shapes)
      for (let count = 1; count <= 20; count++) {
        const parts = product(resolveParts({ kind: 'default', count }, shape));
        expect(parts).toBeLessThanOrEqual(count);
        for (let more = parts + 1; more <= count; more++)
          expect(() => factorParts(more, shape)).toThrow(HaloweaveError);
      }
  });

  it('leaves no part narrower than the halo', () => {
    expect(resolveParts({ kind: 'default', count: 8 }, [16], 3)).toEqual([5]);
    expect(resolveParts({ kind: 'default', count: 8 }, [2, 2], 3)).toEqual([1, 1]);
  });
});
