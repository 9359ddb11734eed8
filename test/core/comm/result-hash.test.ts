import fc from 'fast-check';
import { free, Heap, ndarray, run, StateHash, zeros } from 'haloweave';
import { describe, expect, it } from 'vitest';
import type { StateArray } from '../../../core/base/state-hash.js';
import { checkResult, mergeResults, ResultHash } from '../../../core/comm/result-hash.js';
import { COUNT } from '../../programs/comm/results.js';
import { haloweave, lastObject } from '../../support/command-line.js';
import { programFile } from '../../support/paths.js';
import { dtypes, pattern } from '../../support/values.js';

const program = programFile('results.ts');

/** The hash of what the program registers, from the definition: each element added on its own. */
function expected(): string {
  const h = new StateHash();
  for (const dtype of dtypes)
    h.addRow(StateHash.fieldKey(dtype), 0, pattern(dtype, COUNT) as StateArray, 0, COUNT, 1);
  const strided = StateHash.fieldKey('strided');
  const single = StateHash.fieldKey('element by element');
  for (let k = 0; k < COUNT; k++) {
    h.add(strided, k, Math.sqrt(k));
    h.add(single, 2 ** 40 + 3 * k, Math.sqrt(k));
  }
  h.add(StateHash.fieldKey('one number'), 0, -0);
  return h.hex();
}

describe('results of an SPMD program', () => {
  it.each([1, 2, 3, 5])('have the same hash on %i ranks', async (ranks) => {
    const result = await run(program, { ranks });
    expect(result.hash).toBe(expected());
    expect(result.nondeterministic).toBe(0);
  });

  it('have the same hash inline', async () => {
    expect((await run(program, { transport: 'inline' })).hash).toBe(expected());
  });

  it('are printed by --hash and held by --json, and not hashed without either', async () => {
    const [text, json, plain] = await Promise.all([
      haloweave(['run', program, '-n', '2', '--hash']),
      haloweave(['run', program, '-n', '3', '--json']),
      haloweave(['run', program, '-n', '2']),
    ]);
    expect(text.out).toContain(`  hash ${expected()}\n`);
    expect(lastObject(json).hash).toBe(expected());
    expect(plain.out).not.toContain('hash');
    expect((await run(program, { ranks: 2, hash: false })).hash).toBeNull();
    expect((await run(program, { ranks: 2, args: { none: true } })).hash).toBeNull();
  });

  it('that were registered twice end the run, naming both ranks', async () => {
    await expect(run(program, { ranks: 1, args: { twice: true } })).rejects.toThrow(
      "result 'f32': element 209 was registered twice, both times by rank 0: register each element once, at the end, on the rank that owns it",
    );
    const { code, err } = await haloweave(['run', program, '-n', '2', '--hash', '--', '--twice', 'yes']);
    expect(code).toBe(1);
    expect(err).toContain("result 'f32': element 209 was registered twice, both times by rank 1");
  });

  it('of a bad index end the run, with or without a hash', async () => {
    for (const hash of [true, false])
      await expect(run(program, { ranks: 2, hash, args: { wrong: true } })).rejects.toThrow(
        "result 'f64': 1 elements from global index -1: use a whole number of 0 or more",
      );
  });
});

describe('checkResult', () => {
  it('refuses what has no name, no elements or no index', () => {
    const ok = new Float64Array(4);
    for (const name of ['', 5, undefined, null, ['u']])
      expect(() => checkResult(name, ok, 0, 3)).toThrow(
        /result: the name is .*use a string that is not empty/,
      );
    for (const array of [
      7,
      'text',
      [1, 2],
      null,
      undefined,
      new ArrayBuffer(8),
      new DataView(new ArrayBuffer(8)),
    ])
      expect(() => checkResult('u', array, 0, 3)).toThrow("result 'u': ");
    for (const offset of [-1, 0.5, Number.NaN, '0', 2 ** 53, 2 ** 53 - 4])
      expect(() => checkResult('u', ok, offset, 3)).toThrow(/4 elements from global index/);
    expect(() => checkResult('u', ok, 2 ** 53 - 5, 3)).not.toThrow();
    expect(() => checkResult('u', ndarray(ok, [2, 2]), 0, 3)).not.toThrow();
  });
});

describe('ResultHash and mergeResults', () => {
  it('give the hash of the whole however it is cut and whoever registers what', () => {
    const whole = pattern('f64', 500) as Float64Array;
    const h = new StateHash();
    h.addRow(StateHash.fieldKey('u'), 0, whole, 0, 500, 1);
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 0, max: 500 }), { maxLength: 12 }),
        fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 13, maxLength: 13 }),
        (inner, owners) => {
          const cuts = [0, ...inner.sort((a, b) => a - b), 500];
          const ranks = [0, 1, 2, 3].map(() => new ResultHash());
          for (let k = 1; k < cuts.length; k++)
            ranks[owners[k - 1]!]!.add('u', whole.subarray(cuts[k - 1], cuts[k]), cuts[k - 1]!);
          const outcomes = ranks.map((r, rank) => ({ rank, registered: r.take() }));
          expect(mergeResults(outcomes)).toBe(h.hex());
        },
      ),
    );
  });

  it('tell elements of several calls, ranks and names apart, and refuse any that comes twice', () => {
    const of = (...calls: [string, number, number][]) => {
      const r = new ResultHash();
      for (const [name, from, n] of calls) r.add(name, new Int8Array(n), from);
      return r.take();
    };
    const merge =
      (...ranks: ReturnType<typeof of>[]) =>
      () =>
        mergeResults(ranks.map((registered, rank) => ({ rank, registered })));
    expect(merge(of(['u', 0, 5], ['v', 0, 5]), of(['u', 5, 2], ['u', 7, 0]))).not.toThrow();
    expect(merge(of(['u', 8, 2], ['u', 0, 2]), of(['u', 2, 6]))).not.toThrow();
    expect(merge(of(['u', 0, 5]), of(['v', 9, 9]), of(['u', 4, 2]))).toThrow(
      "result 'u': element 4 was registered twice, by rank 0 and by rank 2",
    );
    expect(merge(of(['u', 3, 1]), of(['u', 0, 9]))).toThrow(
      'element 3 was registered twice, by rank 1 and by rank 0',
    );
    expect(merge(of(['u', 3, 3], ['u', 6, 1], ['u', 5, 1]))).toThrow(
      'element 5 was registered twice, both times by rank 0',
    );
    expect(merge(null, null)()).toBeNull();
    expect(merge(null, of(['u', 3, 0]))()).toBe('0'.repeat(32));
  });

  it('take arrays of the shared heap as they are at the call', () => {
    const heap = Heap.create({ arenaBytes: 2 ** 20 });
    try {
      const a = zeros(heap, [3, 4]);
      const r = new ResultHash();
      r.add('a', a, 0);
      a.data.fill(1);
      const h = new StateHash();
      h.addRow(StateHash.fieldKey('a'), 0, new Float64Array(12), 0, 12, 1);
      expect(mergeResults([{ rank: 0, registered: r.take() }])).toBe(h.hex());
      free(heap, a);
    } finally {
      heap.close();
    }
  });
});
