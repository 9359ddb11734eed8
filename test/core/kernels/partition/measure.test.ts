import fc from 'fast-check';
import { run } from 'haloweave';
import { describe, expect, it } from 'vitest';
import { accumulator, max, min, sum } from '../../../../core/kernels/partition/measure.js';
import type { PartObject } from '../../../../core/kernels/partition/part.js';
import { kernelProgramFile } from '../../../support/kernel-programs.js';

type Terms = (part: unknown, add: (value: number) => void) => void;
const nowhere = {} as PartObject;
const context = {
  args: {},
  cycle: 0,
  phase: 0,
  rank: 0,
  ranks: 1,
  measures: {},
  measuredCycle: -1,
  reduced: {},
  control: {},
} as const;

/** What a measure makes of values that are spread over ranks: each collects its own, one merges all. */
function reduce(factory: typeof min, ranks: readonly (readonly number[])[]): number {
  const lists = ranks.map((values) => {
    const terms: Terms = (_part, add) => {
      for (const v of values) add(v);
    };
    const a = accumulator(factory(terms));
    a.collect(nowhere, context);
    const words = new Int32Array(a.words + 3);
    a.write(words, 3);
    return words;
  });
  const all = accumulator(factory((() => undefined) as Terms));
  all.clear();
  for (const words of lists) all.merge(words, 3);
  return all.value();
}

const doubles = fc.array(fc.double(), { maxLength: 20 });
const cut = (values: readonly number[], at: readonly number[]): number[][] => {
  const cuts = [0, ...at.map((a) => a % (values.length + 1)).sort((a, b) => a - b), values.length];
  return cuts.slice(1).map((end, k) => values.slice(cuts[k], end));
};

describe('a measure is the same for every cut', () => {
  it.each([
    ['sum', sum],
    ['min', min],
    ['max', max],
  ] as const)('%s', (_, factory) => {
    fc.assert(
      fc.property(doubles, fc.array(fc.nat(), { maxLength: 4 }), (values, at) => {
        expect(reduce(factory, cut(values, at))).toBe(reduce(factory, [values]));
      }),
    );
  });

  it('sums without rounding, once', () => {
    expect(reduce(sum, [[1e16], [1], [-1e16]])).toBe(1);
    expect(reduce(sum, [[1e16, 1], [], [-1e16, 2 ** -60]])).toBe(1);
    expect(reduce(sum, [[0.1, 0.2], [0.3]])).toBe(reduce(sum, [[0.3], [0.2, 0.1]]));
  });

  it('knows NaN and the zeros', () => {
    expect(reduce(min, [[1], [Number.NaN], [-1]])).toBeNaN();
    expect(reduce(max, [[1], [Number.NaN]])).toBeNaN();
    expect(reduce(min, [[0], [-0]])).toBe(-0);
    expect(reduce(max, [[-0], [0]])).toBe(0);
    expect(reduce(min, [[], []])).toBe(Number.POSITIVE_INFINITY);
    expect(reduce(max, [[], []])).toBe(Number.NEGATIVE_INFINITY);
    expect(reduce(sum, [[], []])).toBe(0);
  });

  it('forgets when cleared', () => {
    for (const factory of [sum, min, max]) {
      const a = accumulator(factory(((_p, add) => add(7)) as Terms));
      a.collect(nowhere, context);
      expect(a.value()).toBe(7);
      a.clear();
      a.collect(nowhere, context);
      expect(a.value()).toBe(7);
    }
  });
});

describe('sum.fast', () => {
  const part = (id: number | string, values: readonly number[]) => ({ id, values });
  type Listed = ReturnType<typeof part>;
  const terms = ((p: Listed, add: (value: number) => void) => {
    for (const v of p.values) add(v);
  }) as unknown as Terms;
  const collect = (parts: readonly Listed[]) => {
    const a = accumulator(sum.fast(terms));
    for (const p of parts) a.collect(p, context);
    return a;
  };
  // Their plain sums differ with nearly every order.
  const parts = [
    part(3, [0.1, 1e16]),
    part(11, [1, 0.7]),
    part(20, [-1e16]),
    part('b', [0.3]),
    part('a', [3]),
  ];

  it('adds parts by id, however they came', () => {
    const want = 0.1 + 1e16 + (1 + 0.7) + -1e16 + 3;
    for (const order of [
      [0, 1, 2, 3, 4],
      [4, 3, 2, 1, 0],
      [2, 4, 0, 1, 3],
    ])
      expect(collect(order.map((k) => parts[k]!)).value()).toBe(want + 0.3);
  });

  it('adds ranks in their order, and forgets when cleared', () => {
    const total = accumulator(sum.fast(terms));
    for (const p of parts) {
      const words = new Int32Array(2);
      collect([p]).write(words, 0);
      total.merge(words, 0);
    }
    expect(total.value()).toBe(0.1 + 1e16 + (1 + 0.7) + -1e16 + 0.3 + 3);
    total.clear();
    expect(total.value()).toBe(0);
    const again = collect(parts);
    again.clear();
    for (const p of parts) again.collect(p, context);
    expect(again.value()).toBe(collect(parts).value());
    expect(collect([part(0, [Number.NaN])]).value()).toBeNaN();
  });
});

describe('on ranks', () => {
  // Naive sums of these differ with nearly every order.
  const values = Array.from(
    { length: 60 },
    (_, k) => [1e16, 1, -1e16, 1e-9 * k, 0.1 * k][k % 5] * (1 + (k % 7)),
  );
  const exact = reduce(sum, [values]);
  const square = reduce(sum, [values.map((v) => v * v)]);
  const product = reduce(sum, [values.map((v, i) => (i - 30) * v)]);

  it('sum.fast of one part adds the cells in their order', async () => {
    const options = { cycles: 0, parts: 1, args: { values }, transport: 'inline' } as const;
    const { measures } = await run(kernelProgramFile('values'), options);
    expect(measures.fast).toBe(values.reduce((a, b) => a + b, 0));
  });

  it.each([1, 2, 7, 30])('%i parts', async (parts) => {
    for (const ranks of [1, 3]) {
      const result = await run(kernelProgramFile('values'), {
        cycles: 2,
        parts,
        args: { values },
        ...(ranks === 1 ? { transport: 'inline' } : { ranks }),
      });
      expect(result.measures).toEqual({
        byName: exact,
        byTerms: exact,
        square,
        product,
        fast: expect.any(Number),
        fastTerms: result.measures.fast,
        least: Math.min(...values),
        most: Math.max(...values),
        single: values.reduce((n, v) => n + (Math.abs(v) < 1 ? 1 : 0), 0),
      });
    }
  });
});
