import { pathToFileURL } from 'node:url';
import { RunError, type RunProgress, run } from 'haloweave';
import { afterAll, describe, expect, it } from 'vitest';
import { inCheckout, programFile, ScratchFolder } from '../../support/paths.js';

const folder = new ScratchFolder();
afterAll(() => folder[Symbol.dispose]());
const echo = programFile('echo.ts');
const heat = inCheckout('examples/heat.ts');

async function failure(running: Promise<unknown>): Promise<RunError> {
  const error = await running.then(
    () => null,
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(RunError);
  return error as RunError;
}

describe('run', () => {
  it('gives args to the program and its value back, on both transports', async () => {
    const args = { n: 3, list: [1, { a: 'b' }], map: new Map([[1, 2]]) };
    for (const options of [{ ranks: 3 }, { transport: 'inline' }] as const) {
      const result = await run(echo, { ...options, args });
      const ranks = 'ranks' in options ? 3 : 1;
      expect(result.results).toMatchObject({ args, size: ranks, total: (ranks * (ranks - 1)) / 2 });
      expect(result).toMatchObject({ ranks, parts: 0, cycles: 0, hash: null, interrupted: false });
      expect(result.ranksFrom).toBe('ranks' in options ? '-n' : 'inline');
      expect(result.perRank.map((r) => r.rank)).toEqual(Array.from({ length: ranks }, (_, r) => r));
    }
  });

  it('shares shared buffers with the ranks', async () => {
    const file = folder.write(
      'shared.ts',
      `import type { Args, Communicator } from 'haloweave';
       export default function main(comm: Communicator, args: Args) {
         Atomics.add(new Int32Array(args.buffer as SharedArrayBuffer), comm.rank, comm.rank + 10);
       }`,
    );
    const buffer = new SharedArrayBuffer(16);
    await run(file, { ranks: 4, args: { buffer } });
    expect([...new Int32Array(buffer)]).toEqual([10, 11, 12, 13]);
  });

  it('reports progress, whole cycles and measures, and gathers fields', async () => {
    const seen: RunProgress[] = [];
    const result = await run(heat, {
      ranks: 2,
      parts: [2, 3],
      cycles: 400,
      args: { shape: '120x90' },
      onProgress: (p) => seen.push(p),
      progressEvery: 5,
    });
    expect(result).toMatchObject({ parts: 6, cycles: 400, transport: 'threads' });
    const last = seen[seen.length - 1]!;
    expect(last).toMatchObject({ cycle: 400, cycles: 400, parts: 6, cellsPerCycle: 120 * 90 });
    expect(last.cellsDone).toBe(400 * 120 * 90);
    expect(last.measures.heat).toBe(result.measures.heat);
    for (let k = 1; k < seen.length; k++)
      expect(seen[k]!.cellsDone).toBeGreaterThanOrEqual(seen[k - 1]!.cellsDone);
    const u = result.gather('u');
    expect(u.shape).toEqual([120, 90]);
    let heatOfAll = 0;
    for (let i = 0; i < 120; i++) for (let j = 0; j < 90; j++) heatOfAll += Number(u.get(i, j));
    expect(heatOfAll).toBeCloseTo(result.measures.heat!, 6);
    expect(() => result.gather('v')).toThrow("'v'");
    const inline = await run(heat, { transport: 'inline', cycles: 400, args: { shape: '120x90' } });
    expect(inline.hash).toBe(result.hash);
    expect(inline.gather('u').data).toEqual(u.data);
  });

  it('ends at a common cycle by its signal', async () => {
    const stop = new AbortController();
    const result = await run(heat, {
      ranks: 2,
      cycles: 1e8,
      args: { shape: '64x64' },
      signal: stop.signal,
      onProgress: (p) => {
        if (p.cycle > 50) stop.abort();
      },
      progressEvery: 5,
    });
    expect(result.interrupted).toBe(true);
    expect(result.cycles).toBeGreaterThan(50);
    const again = await run(heat, { transport: 'inline', cycles: result.cycles, args: { shape: '64x64' } });
    expect(again.hash).toBe(result.hash);
  });

  it('with a signal that was given before ends before it begins, or at its first cycle', async () => {
    const result = await run(heat, {
      ranks: 2,
      cycles: 1e8,
      args: { shape: '64x64' },
      signal: AbortSignal.abort(),
    });
    expect(result.interrupted).toBe(true);
    expect(result.cycles).toBeLessThanOrEqual(1);
    const error = await failure(
      run(programFile('ends/waits.ts'), { ranks: 2, signal: AbortSignal.abort(), output: 2 }),
    );
    expect([error.code, error.rank]).toEqual(['aborted', -1]);
  });

  it('rejects with rank, place, code, stack and what was known', async () => {
    const error = await failure(run(programFile('ends/throws.ts'), { ranks: 3, args: { state: 'barrier' } }));
    expect(error).toMatchObject({
      name: 'RunError',
      code: 'program',
      rank: 1,
      message: 'rank 1 has had enough',
    });
    expect(error.stack).toMatch(/^RangeError: rank 1 has had enough\n +at fail \(.*throws\.ts:\d+/);
    expect(error.progress).toMatchObject({ cycle: 0, measures: {} });
    const ours = await failure(
      run(
        folder.write(
          'truncated.ts',
          `import type { Communicator } from 'haloweave';
           export default function main(comm: Communicator) {
             if (comm.rank === 0) comm.send(new Float64Array(9), 1, 4);
             else comm.recvInto(new Float64Array(3), 0, 4);
           }`,
        ),
        { ranks: 2 },
      ),
    );
    expect(ours).toMatchObject({ code: 'truncated', rank: 1, place: { operation: 'recvInto', tag: 4 } });
    const node = await failure(
      run(
        folder.write(
          'enoent.ts',
          "import { readFileSync } from 'node:fs';\nexport default () => readFileSync('/no/such');\n",
        ),
        { ranks: 1 },
      ),
    );
    expect(node.code).toBe('program');
    expect(node.message).toContain('ENOENT');
  });

  it('refuses numbers that are none before it starts anything', async () => {
    for (const options of [
      { ranks: 0 },
      { ranks: 1.5 },
      { ranks: 1025 },
      { cycles: -1 },
      { cycles: Number.NaN },
    ])
      await expect(run(heat, { ranks: 1, cycles: 1, ...options })).rejects.toMatchObject({ code: 'usage' });
  });

  it('runs several programs at once in one process', async () => {
    const runs = await Promise.all([
      run(heat, { ranks: 2, cycles: 60, args: { shape: '40x40' } }),
      run(echo, { ranks: 3, args: { which: 2 } }),
      run(heat, { ranks: 1, cycles: 60, args: { shape: '40x40' } }),
      run(heat, { transport: 'inline', cycles: 60, args: { shape: '40x40' } }),
      failure(run(programFile('ends/throws.ts'), { ranks: 2, args: { state: 'recv' } })),
    ]);
    expect(runs[1].results).toMatchObject({ size: 3, args: { which: 2 } });
    expect([runs[2].hash, runs[3].hash]).toEqual([runs[0].hash, runs[0].hash]);
  });

  it('lets every rank allocate at once, before anything else', async () => {
    const file = folder.write(
      'first.ts',
      `import { type Communicator, empty, sum } from 'haloweave';
       export default function main(comm: Communicator) {
         const a = empty(comm.heap, 1000);
         a.data.fill(comm.rank);
         return comm.allreduce(a.data[999]!, sum);
       }`,
    );
    const result = await run(file, { ranks: 12 });
    expect(result.results).toBe(66);
  });
});

describe('the bundle', () => {
  const helper = `export const twice = (x: number): number => 2 * x;
export const here = import.meta.url;
export const folder = import.meta.dirname;
`;

  it('takes in local files, whose import.meta is their own', async () => {
    const helperFile = folder.write('helper.ts', helper);
    const file = folder.write(
      'uses-helper.ts',
      `import { folder, here, twice } from './helper.js';
       export default () => ({ value: twice(21), here, folder, mine: import.meta.url, file: import.meta.filename });`,
    );
    const { results } = await run(file, { ranks: 1 });
    expect(results).toEqual({
      value: 42,
      here: pathToFileURL(helperFile).href,
      folder: folder.path,
      mine: pathToFileURL(file).href,
      file,
    });
  });

  it.each([
    ['plain.js', "export default function main(comm) { return ['js', comm.size]; }"],
    ['plain.mjs', "export default async (comm) => ['mjs', comm.size];"],
    ['typed.mts', "export default (comm: { size: number }): unknown => ['mts', comm.size];"],
  ])('takes %s', async (name, text) => {
    const { results } = await run(folder.write(name, text), { ranks: 2 });
    expect(results).toEqual([name.split('.')[1], 2]);
  });

  it('uses the running installation: its classes are the ones a program sees', async () => {
    const file = folder.write(
      'classes.ts',
      `import { HaloweaveError, type Communicator } from 'haloweave';
       export default function main(comm: Communicator) {
         try { comm.send(1, -5); } catch (e) { return e instanceof HaloweaveError; }
       }`,
    );
    for (const options of [{ ranks: 1 }, { transport: 'inline' }] as const)
      expect((await run(file, options)).results).toBe(true);
  });

  it('keeps names, lines and causes of the user’s errors, in helpers too', async () => {
    folder.write(
      'fails.ts',
      `\n\nexport function deep(): never {\n  throw new Error('from the helper');\n}\n`,
    );
    const file = folder.write(
      'calls.ts',
      `import { deep } from './fails.js';
export default function main() {
  try {
    deep();
  } catch (cause) {
    throw new Error('outer', { cause });
  }
}
`,
    );
    const error = await failure(run(file, { ranks: 1 }));
    expect(error.stack).toMatch(/^Error: outer\n +at .*main \(.*calls\.ts:6:\d+\)/);
    expect(error.stack).toMatch(/caused by Error: from the helper\n +at deep \(.*fails\.ts:4:\d+\)/);
  });
});
