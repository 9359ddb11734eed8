import { ExactSum, type RunOptions, type RunResult, run, StateHash, type TypedArray } from 'haloweave';
import { beforeAll, describe, expect, it } from 'vitest';
import { SHAPE, STATE, TYPED } from '../programs/kernel/mixed.js';
import { kernelProgramFile } from '../support/kernel-programs.js';

const CYCLES = 5;

function start(options: RunOptions): Promise<RunResult> {
  return run(kernelProgramFile('mixed'), { cycles: CYCLES, ...options });
}

describe('cells, vertices, vectors and every dtype', () => {
  let one: RunResult;
  const whole = (name: string): TypedArray => one.gather(name).data;
  beforeAll(async () => {
    one = await start({ parts: 1, transport: 'inline' });
  });

  it('a vertex more along axes that are not periodic; a vector has one axis more', () => {
    const [a, b, c] = SHAPE;
    expect(one.gather('u').shape).toEqual([a, b, c]);
    expect(one.gather('p').shape).toEqual([a, b! + 1, c! + 1]);
    expect(one.gather('m').shape).toEqual([a, b, c, 3]);
    for (const [name, { dtype, centring, components }] of Object.entries(TYPED)) {
      const extent = centring === 'vertex' ? [a, b! + 1, c! + 1] : [a, b, c];
      const array = one.gather(name);
      expect(array.shape).toEqual(components ? [...extent, components] : extent);
      expect(array.dtype).toMatch(
        { f: /float/, i: /^(big)?int/, u: /^(big)?uint/ }[dtype[0] as 'f' | 'i' | 'u'],
      );
      expect(new Set(array.data as never).size, `${name} holds much the same everywhere`).toBeGreaterThan(20);
    }
  });

  it('boundary vertices have the value of their side', () => {
    const p = one.gather('p');
    for (let i = 0; i < SHAPE[0]!; i++)
      for (let k = 0; k <= SHAPE[2]!; k++) {
        expect(p.get(i, 0, k)).toBe(0.5);
        expect(p.get(i, SHAPE[1]!, k)).toBe(0.5);
      }
    expect(p.get(1, 2, 0)).not.toBe(0.5);
  });

  it('the hash is that of the gathered arrays, components last', () => {
    const h = new StateHash();
    for (const name of STATE) {
      const data = whole(name);
      h.addRow(StateHash.fieldKey(name), 0, data, 0, data.length, 1);
    }
    expect(one.hash).toBe(h.hex());
  });

  it('measures count every value once', () => {
    for (const name of STATE) {
      const values = Array.from(whole(name) as Float64Array, Number);
      const s = new ExactSum();
      for (const v of values) s.add(v);
      expect(one.measures[`sum ${name}`]).toBe(s.value());
      expect(one.measures[`min ${name}`]).toBe(Math.min(...values));
      expect(one.measures[`max ${name}`]).toBe(Math.max(...values));
    }
  });

  it('products of fields too', () => {
    for (const name of ['u', 'p', 'm']) {
      const s = new ExactSum();
      for (const v of whole(name) as Float64Array) s.add(v * v);
      expect(one.measures[`square ${name}`]).toBe(s.value());
    }
  });

  const same = (result: RunResult): void => {
    expect(result.hash).toBe(one.hash);
    expect(result.measures).toEqual(one.measures);
    for (const name of STATE) expect(result.gather(name).data, name).toEqual(whole(name));
  };

  it.each([2, 3, 4, 6, 8, '7x6x9', '7x1x1', '1x6x1', '1x1x9', '3x2x4', 25, 27, 64])(
    'the same on %s parts',
    async (parts) => same(await start({ parts, transport: 'inline' })),
  );

  it.each([
    [1, 3],
    [8, 1],
    [6, 2],
    [25, 4],
    [64, 7],
    ['7x6x9', 3],
  ] as [number | string, number][])('the same on %s parts and %i ranks', async (parts, ranks) =>
    same(await start({ parts, ranks })),
  );
});

it('an error in a boundary function says where', async () => {
  for (const options of [{ transport: 'inline' }, { ranks: 2 }] as RunOptions[]) {
    const failed = (fault: string): Promise<RunResult> =>
      start({ parts: '1x3x1', args: { fault }, ...options });
    await expect(failed('throws')).rejects.toThrow(
      /boundary function \(axis 2, (lower|upper) side, field '[up]'\) of partition 0, cycle 2, phase 0: no tide/,
    );
    await expect(failed('nothing')).rejects.toThrow(
      /boundary function \(axis 2, .* cycle 2, phase 0: the function gave undefined for \(.*\): give a number/,
    );
  }
});
