import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { HaloweaveError } from 'haloweave';
import { describe, expect, it } from 'vitest';
import { parseSpinsParams, parseSpinsParamsObject } from '../../../solvers/spins/params.js';

const least = { exchange: 1, dt: 0.1, cycles: 10 };
const full = {
  lattice: { shape: [8, 16], boundary: 'open' },
  exchange: -2.5,
  dmi: { kind: 'bulk', D: 0.3 },
  anisotropy: { K: 0.1, axis: [0, 3, 4] },
  field: [0, 0, -0.1],
  mu: 2,
  gamma: 3,
  alpha: 0,
  integrator: 'heun',
  dt: 0.01,
  cycles: 100,
  torque: 1e-6,
  measureEvery: 5,
  picturesEvery: 50,
  seed: 4294967295,
  initial: 'z',
};

function failure(parse: () => unknown): string {
  try {
    parse();
  } catch (error) {
    expect(error).toBeInstanceOf(HaloweaveError);
    expect((error as HaloweaveError).code).toBe('format');
    return (error as HaloweaveError).message;
  }
  throw new Error('expected the parameters to be refused');
}

/** `full` with the value at a dotted path replaced. */
function changed(path: string, value: unknown): unknown {
  const copy: Record<string, unknown> = structuredClone(full);
  const keys = path.split('.');
  let inner = copy;
  for (const key of keys.slice(0, -1)) inner = inner[key] as Record<string, unknown>;
  inner[keys.at(-1)!] = value;
  return copy;
}

describe('parameters of a relaxation', () => {
  it('fills in the defaults', () => {
    expect(parseSpinsParams(JSON.stringify(least))).toEqual({
      ...least,
      mu: 1,
      gamma: 1,
      alpha: 0.1,
      integrator: 'rk4',
      torque: 0,
      measureEvery: 20,
      seed: 1,
      initial: 'random',
    });
    expect(parseSpinsParamsObject({ ...least, lattice: { shape: [7] } }).lattice).toEqual({
      shape: [7],
      boundary: 'periodic',
    });
  });

  it('takes layers, with a boundary for each axis', () => {
    const lattice = { shape: [3, 8, 16], boundary: ['open', 'periodic', 'periodic'] };
    expect(parseSpinsParamsObject({ ...least, lattice, pictureLayer: 2 })).toMatchObject({
      lattice,
      pictureLayer: 2,
    });
  });

  it('keeps what is given and normalises the axis', () => {
    const params = parseSpinsParamsObject(full);
    expect(params).toEqual({ ...full, anisotropy: { K: 0.1, axis: [0, 0.6, 0.8] } });
  });

  it('normalises any axis that is not zero', () => {
    const c = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(fc.tuple(c, c, c), (axis) => {
        fc.pre(axis.some((v) => v !== 0));
        const unit = parseSpinsParamsObject({ ...least, anisotropy: { K: 1, axis } }).anisotropy!.axis;
        expect(Math.abs(Math.hypot(...unit) - 1)).toBeLessThan(1e-15 * 4);
        unit.forEach((v, i) => {
          expect(v === 0 || Math.sign(v) === Math.sign(axis[i]!)).toBe(true);
        });
      }),
    );
  });

  it('takes a byte order mark', () => {
    expect(parseSpinsParams(`\uFEFF${JSON.stringify(least)}`).dt).toBe(0.1);
  });

  const wrong: [string, unknown, string][] = [
    ['lattice', 5, 'lattice is 5; expected an object with the keys shape, boundary'],
    ['lattice.shape', [0, 8], 'lattice.shape[0] is 0; expected an integer from 1 to 16384'],
    ['lattice.shape', [8, 16385], 'lattice.shape[1] is 16385; expected an integer from 1 to 16384'],
    [
      'lattice.shape',
      [1, 2, 3, 4],
      'lattice.shape is [1,2,3,4]; expected [n], [rows, columns] or [layers, rows, columns] with integers from 1 to 16384',
    ],
    ['lattice.shape', [], 'lattice.shape is []; expected [n], [rows, columns] or'],
    ['lattice.shape', [4096, 4096, 17], 'lattice.shape is [4096,4096,17]; expected at most 268435456 spins'],
    ['lattice.boundary', ['open'], 'lattice.boundary must have as many entries as shape'],
    ['pictureLayer', -1, 'pictureLayer is -1; expected an integer from 0 to 16383'],
    ['lattice.boundary', 'Periodic', 'lattice.boundary is "Periodic"; expected "periodic" or "open"'],
    ['exchange', '1', 'exchange is "1"; expected a finite number'],
    ['exchange', undefined, 'exchange is missing; expected a finite number'],
    ['exchange', Number.NaN, 'exchange is NaN; expected a finite number'],
    ['dmi.kind', 'none', 'dmi.kind is "none"; expected "interfacial" or "bulk"'],
    ['dmi.D', null, 'dmi.D is null; expected a finite number'],
    [
      'anisotropy.axis',
      [0, 0, -0],
      'anisotropy.axis is [0,0,0]; expected a direction: three numbers, not all zero',
    ],
    ['anisotropy.axis', [0, 1], 'anisotropy.axis is [0,1]; expected three finite numbers [x, y, z]'],
    ['field', [0, 0, Infinity], 'field[2] is Infinity; expected a finite number'],
    ['field', 0.1, 'field is 0.1; expected three finite numbers [x, y, z]'],
    ['mu', 0, 'mu is 0; expected a finite number above 0'],
    ['gamma', -1, 'gamma is -1; expected a finite number above 0'],
    ['alpha', 10.5, 'alpha is 10.5; expected a number from 0 to 10'],
    ['alpha', -0.1, 'alpha is -0.1; expected a number from 0 to 10'],
    ['integrator', 'euler', 'integrator is "euler"; expected "rk4" or "heun"'],
    ['dt', 0, 'dt is 0; expected a finite number above 0'],
    ['dt', undefined, 'dt is missing; expected a finite number above 0'],
    ['cycles', 0, 'cycles is 0; expected an integer of at least 1'],
    ['cycles', 1.5, 'cycles is 1.5; expected an integer of at least 1'],
    ['torque', -1, 'torque is -1; expected a finite number of at least 0'],
    ['measureEvery', 0, 'measureEvery is 0; expected an integer of at least 1'],
    ['picturesEvery', true, 'picturesEvery is true; expected an integer of at least 1'],
    ['seed', 4294967296, 'seed is 4294967296; expected an integer from 0 to 4294967295'],
    ['initial', 'up', 'initial is "up"; expected "random" or "x" or "y" or "z"'],
    ['exchnage', 1, 'the file has the unknown key "exchnage"; did you mean "exchange"?'],
    ['dmi.d0', 1, 'dmi has the unknown key "d0"; did you mean "D"?'],
    ['temperature', 1, 'the file has the unknown key "temperature"; known are lattice, exchange, dmi,'],
  ];
  it.each(wrong)('refuses %s = %j', (path, value, message) => {
    const text = failure(() => parseSpinsParamsObject(changed(path, value), 'p.json'));
    expect(text).toContain(`p.json: ${message}`);
    expect(text).not.toContain('\n');
  });

  it('lists everything that is wrong', () => {
    const text = failure(() =>
      parseSpinsParamsObject({ exchange: 'a', dt: -1, cycles: 3, alfa: 1, sed: 2 }, 'p.json'),
    );
    expect(text.split('\n')).toEqual([
      'p.json:',
      '  exchange is "a"; expected a finite number',
      '  dt is -1; expected a finite number above 0',
      '  the file has the unknown key "alfa"; did you mean "alpha"?; has the unknown key "sed"; did you mean "seed"?',
    ]);
  });

  it.each([null, 3, 'text', [1], undefined])('refuses %j for an object', (value) => {
    expect(failure(() => parseSpinsParamsObject(value))).toMatch(
      /parameters: the file is .*expected an object with the keys/,
    );
  });

  it('gives line and column of text that is no JSON', () => {
    expect(failure(() => parseSpinsParams('{\n  "exchange": 1,\n  dt: 2 }', 'p.json'))).toBe(
      'p.json, line 3, column 3: not valid JSON: expected a key in double quotes, found "d"',
    );
    expect(failure(() => parseSpinsParams('{"dt": 1, "dt": 2}'))).toMatch(
      /line 1, column 11: .*"dt" is given twice/,
    );
    expect(failure(() => parseSpinsParams('{"exchange": 1e999, "dt": 1, "cycles": 1}'))).toMatch(
      /exchange is Infinity/,
    );
  });

  it('lets no prototype in', () => {
    const text = '{"exchange": 1, "dt": 1, "cycles": 1, "__proto__": {"alpha": 5}}';
    expect(failure(() => parseSpinsParams(text))).toContain('unknown key "__proto__"');
  });

  it('never fails with anything but its own error', () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(full)), fc.jsonValue(), (key, value) => {
        try {
          parseSpinsParams(JSON.stringify(changed(key, value)));
        } catch (error) {
          expect(error).toBeInstanceOf(HaloweaveError);
          expect((error as Error).message).toContain(key);
        }
      }),
    );
  });

  it('takes the example files', () => {
    const url = new URL('../../../examples/params/skyrmions.json', import.meta.url);
    const params = parseSpinsParams(readFileSync(url, 'utf8'), 'skyrmions.json');
    expect(params.lattice?.shape).toEqual([512, 512]);
    expect(params.dmi?.kind).toBe('interfacial');
  });
});
