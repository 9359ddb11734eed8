import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import * as math from '../../../../core/math.js';
import { parse, ROOT, sources, walk } from '../../../support/kernel-imports.js';

type Unary = (x: number) => number;
type Binary = (x: number, y: number) => number;

/** The error each docstring states, in units of the last place of the true value rounded to nearest. */
const ULPS: Record<string, number> = {
  ...{ sin: 1, cos: 1, tan: 1, asin: 2, acos: 2, atan: 1, atan2: 2 },
  ...{ sinh: 2, cosh: 2, tanh: 2, asinh: 2, acosh: 2, atanh: 2 },
  ...{ exp: 1, expm1: 1, log: 1, log1p: 1, log2: 1, log10: 1, pow: 1, hypot: 2, cbrt: 1 },
};
const TWO = ['atan2', 'pow', 'hypot'];
const table = math as unknown as Record<string, (...x: number[]) => number>;
/** `Math` has the special values that are asked for; within a few ulp it has the others too. */
const engine = Math as unknown as Record<string, (...x: number[]) => number>;

const view = new DataView(new ArrayBuffer(8));
function bitsOf(x: number): bigint {
  view.setFloat64(0, x);
  return view.getBigInt64(0);
}
function double(hex: string): number {
  view.setBigUint64(0, BigInt(`0x${hex}`));
  return view.getFloat64(0);
}
/** The distance in doubles; infinite when one is NaN or the signs differ. */
function steps(a: number, b: number): number {
  if (Object.is(a, b)) return 0;
  if (Number.isNaN(a) || Number.isNaN(b) || Object.is(a, -0) !== Object.is(b, -0)) return Infinity;
  if (Math.sign(a) !== Math.sign(b) && a !== 0 && b !== 0) return Infinity;
  const d = bitsOf(Math.abs(a)) - bitsOf(Math.abs(b));
  return Number(d < 0n ? -d : d);
}

/** Values from mpmath: see test/data/math/make.py. */
const reference = JSON.parse(readFileSync(join(ROOT, 'test/data/math/elementary.json'), 'utf8')) as {
  cases: Record<string, string[][]>;
};

describe('values of elementary functions', () => {
  it('are given for every function', () => {
    expect(Object.keys(reference.cases).sort()).toEqual(Object.keys(ULPS).sort());
  });

  it.each(Object.keys(ULPS))('%s is as near to the true value as it says', (name) => {
    const cases = reference.cases[name]!;
    expect(cases.length).toBeGreaterThan(10);
    for (const one of cases) {
      const args = one.slice(0, -1).map(double);
      const want = double(one[one.length - 1]!);
      const got = table[name]!(...args);
      expect(steps(got, want), `${name}(${args.join(', ')}) = ${got}, not ${want}`).toBeLessThanOrEqual(
        ULPS[name]!,
      );
    }
  });
});

const SPECIAL = [
  ...[
    0,
    5e-324,
    2 ** -1022,
    1e-300,
    1e-10,
    0.5,
    1 - 2 ** -53,
    1,
    1 + 2 ** -52,
    1.5,
    2,
    3,
    4,
    10,
    22,
    100,
    700,
  ],
  ...[708, 709.05, 709.5, 709.78, 710, 710.4758, 710.476, 711, 740, 745.2, 1023, 1024, 1075, 2 ** 31],
  ...[2 ** 53 - 1, 2 ** 53, 2 ** 53 + 2, 1e300, Number.MAX_VALUE, Infinity],
].flatMap((x) => [x, -x]);
SPECIAL.push(NaN);

describe('special values are those of Math', () => {
  // Where Math may itself be an ulp or two off, both are; signs, zeros, infinities and NaN agree exactly.
  const near = (name: string, args: number[]): void => {
    const [got, want] = [table[name]!(...args), engine[name]!(...args)];
    expect(steps(got, want), `${name}(${args.join(', ')}) = ${got}, Math's is ${want}`).toBeLessThanOrEqual(
      4,
    );
  };
  it.each(Object.keys(ULPS).filter((name) => !TWO.includes(name)))('%s', (name) => {
    for (const x of SPECIAL) near(name, [x]);
  });
  it.each(TWO)('%s', (name) => {
    for (const x of SPECIAL) for (const y of SPECIAL) near(name, [x, y]);
  });
  it('where the package alone is wrong', () => {
    expect(math.atan2(-1e-300, -1e300)).toBe(-Math.PI);
    expect(math.sinh(-709.5)).toBe(-math.sinh(709.5));
    expect(math.cosh(710)).toBeLessThan(Infinity);
    expect(math.pow(-0, 0.5)).toBe(0);
    expect(math.pow(-1, 1e300)).toBe(1);
    expect(math.pow(-2, 2 ** 53 + 2)).toBe(Infinity);
    expect(math.pow(NaN, 0)).toBe(1);
    expect(math.pow(1, Infinity)).toBeNaN();
  });
});

/** The same arguments on every machine: an integer sequence over powers of two. */
function sequence(count: number): number[] {
  let state = 2463534242;
  return Array.from({ length: count }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state | 0) / 2 ** 31;
  });
}

describe('identities', () => {
  const xs = sequence(300);
  it('odd functions are odd and even ones even, to the bit', () => {
    for (const x of xs) {
      for (const f of [math.sin, math.tan, math.atan, math.sinh, math.tanh, math.asinh, math.cbrt])
        expect(f(-9 * x)).toBe(-f(9 * x));
      for (const f of [math.asin, math.atanh]) expect(f(-x)).toBe(-f(x));
      for (const f of [math.cos, math.cosh]) expect(f(-9 * x)).toBe(f(9 * x));
      expect(math.atan2(-x, -0.3)).toBe(-math.atan2(x, -0.3));
    }
  });
  it('inverses undo each other, and powers of two are exact', () => {
    for (const x of xs) {
      const p = 1 + Math.abs(x) * 5;
      expect(Math.abs(math.exp(math.log(p)) / p - 1)).toBeLessThan(1e-15);
      expect(Math.abs(math.sin(math.asin(x)) - x)).toBeLessThan(1e-15);
      expect(Math.abs(math.sin(9 * x) ** 2 + math.cos(9 * x) ** 2 - 1)).toBeLessThan(1e-15);
      expect(Math.abs(math.cosh(x) ** 2 - math.sinh(x) ** 2 - 1)).toBeLessThan(4e-15);
    }
    for (let k = -1074; k < 1024; k++) expect(math.log2(2 ** k)).toBe(k);
    for (let k = -1022; k < 1024; k++) expect(math.pow(2, k)).toBe(2 ** k);
    expect(math.hypot(3, 4)).toBe(5);
    expect(math.cbrt(27)).toBe(3);
  });
});

/** Not `**`: an engine may approximate it. */
const cube = (x: number): number => x * x * x;

/** Arguments in which a function is at home, from one of the sequence. */
const HOME: Record<string, Unary> = {
  ...{ asin: (x) => x, acos: (x) => x, atanh: (x) => x, acosh: (x) => 1 + 50 * cube(x + 1) },
  ...{
    exp: (x) => 700 * x,
    expm1: (x) => 5 * x,
    sinh: (x) => 700 * x,
    cosh: (x) => 700 * x,
    tanh: (x) => 5 * x,
  },
  ...{
    log: (x) => cube(cube(x + 1)),
    log1p: (x) => x,
    log2: (x) => cube(cube(x + 1)),
    log10: (x) => cube(cube(x + 1)),
  },
};

/** The first 64 bits of the SHA-256 of the results' bits (little-endian), over 400 arguments. */
const FROZEN: Record<string, string> = {
  sin: '5192d94c4c4dac40',
  cos: 'cd2857c4a66e3fa7',
  tan: '529ac10179e1cae8',
  asin: 'dc2337233175bb12',
  acos: 'acf4af4a50192cba',
  atan: '13fa57b3ccbabae9',
  atan2: '3b011c2e4f4b6cb7',
  sinh: 'c6819bc7bd33c7ff',
  cosh: '186c5b5cadeb85d8',
  tanh: '14ba71c12640ac76',
  asinh: '41605caad9663ea1',
  acosh: '216953cfe843ff09',
  atanh: '76a24074f5fcfea4',
  exp: '30f47f37d7c3941a',
  expm1: 'c99d248f321148a4',
  log: '1d9e69ccf433cd02',
  log1p: '921182ed713def5e',
  log2: 'a5c9e7b58f7a9ab2',
  log10: 'fcc0af9c54d972a9',
  pow: 'ba46d6005fc872f1',
  hypot: 'da2640e75805c180',
  cbrt: 'edd1ec0460021490',
};

describe('results do not change', () => {
  it.each(Object.keys(ULPS))('%s', (name) => {
    const xs = sequence(800);
    const bytes = new DataView(new ArrayBuffer(400 * 8));
    // Every fifth argument is large: the long reductions and the ends of the range count too.
    const home = HOME[name] ?? ((x: number, k: number) => (k % 5 === 0 ? x * 2 ** 60 : x * 20));
    const argument = home as (x: number, k: number) => number;
    for (let k = 0; k < 400; k++) {
      const value =
        name === 'pow'
          ? math.pow(3 * Math.abs(xs[2 * k]!), 100 * xs[2 * k + 1]!)
          : TWO.includes(name)
            ? (table[name] as Binary)(argument(xs[2 * k]!, k), argument(xs[2 * k + 1]!, k + 2))
            : (table[name] as Unary)(argument(xs[k]!, k));
      expect(value).not.toBeNaN();
      bytes.setFloat64(8 * k, value, true);
    }
    const hash = createHash('sha256').update(new Uint8Array(bytes.buffer)).digest('hex').slice(0, 16);
    expect(hash, `${name}: a dependency computes other bits than before`).toBe(FROZEN[name]);
  });
});

describe('the code behind the functions', () => {
  /** What ECMAScript specifies to the last bit. */
  const EXACT = [
    'abs',
    'ceil',
    'floor',
    'round',
    'sqrt',
    'trunc',
    'sign',
    'fround',
    'min',
    'max',
    'imul',
    'clz32',
  ];
  const used = sources('core/base/math').flatMap((file) =>
    [...readFileSync(join(ROOT, file), 'utf8').matchAll(/from '(@stdlib\/[^']+)'/g)].map((m) => m[1]!),
  );
  const require = createRequire(import.meta.url);
  for (const name of used) require(name);
  const loaded = Object.keys(require.cache).filter((file) => file.includes('@stdlib'));

  it('is plain JavaScript: no native add-on', () => {
    expect(new Set(used).size).toBe(22);
    expect(loaded.length).toBeGreaterThan(100);
    expect(loaded.filter((file) => !file.endsWith('.js') && !file.endsWith('.json'))).toEqual([]);
  });

  it('calls nothing of Math that an engine may approximate', () => {
    const wrong: string[] = [];
    const look = (file: string, source: ts.SourceFile): void =>
      walk(source, (node) => {
        if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.AsteriskAsteriskToken)
          wrong.push(`${file}: **`);
        if (!ts.isIdentifier(node) || node.text !== 'Math') return;
        const { parent } = node;
        const member = ts.isPropertyAccessExpression(parent) ? parent.name.text : '(all of it)';
        const constant = /^(E|PI|LN2|LN10|LOG2E|LOG10E|SQRT2|SQRT1_2)$/.test(member);
        if (!EXACT.includes(member) && !constant) wrong.push(`${file}: Math.${member}`);
      });
    for (const file of sources('core/base/math')) look(file, parse(file));
    for (const file of loaded)
      look(
        file,
        ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true, ts.ScriptKind.JS),
      );
    expect(wrong.join('\n')).toBe('');
  });
});
