import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { haloweave, lastObject, start } from '../../../support/command-line.js';
import { exampleFile, kernelProgramFile } from '../../../support/kernel-programs.js';
import { programFile } from '../../../support/paths.js';
import { TestWorker, TestWorkers } from '../../../support/workers.js';

const ring = exampleFile('ring');
const heat = exampleFile('heat');
const throws = programFile('ends/throws.ts');
const waits = programFile('ends/waits.ts');

describe('runs on two workers', () => {
  let workers: TestWorkers;
  beforeAll(async () => {
    workers = await TestWorkers.start(2, 1);
  });
  afterAll(async () => {
    try {
      for (const w of workers.workers) expect((await w.end()).code).toBe(0);
    } finally {
      await workers[Symbol.asyncDispose]();
    }
  });
  const on = (...words: string[]) => ['run', '--host', workers.hosts, ...words];

  it('take all slots, and say which worker had which ranks', async () => {
    const ended = await haloweave(on(ring, '--json'));
    expect(ended.err).toBe('');
    expect(ended.code).toBe(0);
    const summary = lastObject(ended);
    expect(summary).toMatchObject({ transport: 'zeromq', ranks: 3, results: { token: 9, rounds: 3 } });
    expect(Object.keys(summary).at(-1)).toBe('hosts');
    const [a, b] = workers.workers;
    expect(summary.hosts).toEqual([
      { host: 1, name: expect.stringContaining(a!.address), ranks: 2 },
      { host: 2, name: expect.stringContaining(b!.address), ranks: 1 },
    ]);
  });

  it.each(['2', '3'])('give the state of threads on %s ranks', async (n) => {
    const ended = await haloweave(on(heat, '-n', n, '--cycles', '200', '--json'));
    expect(ended.err).toBe('');
    expect(lastObject(ended).hash).toBe('930ea44b07753bd8282654bf36fc6d44');
  });

  it('bring what ranks print, whole lines in the order of each rank', async () => {
    const ended = await haloweave(on(programFile('prints.ts'), '--tag-output', '--', '--lines', '50'));
    expect(ended.code).toBe(0);
    for (let r = 0; r < 3; r++) {
      const own = ended.out.split('\n').filter((line) => line.startsWith(`[rank ${r}] `));
      expect(own.map((line) => Number(line.split(' ')[3]))).toEqual(Array.from({ length: 50 }, (_, k) => k));
      for (const line of own) expect(line).toMatch(new RegExp(`^\\[rank ${r}\\] ${r} \\d+ ([a-j])\\1*$`));
      expect(ended.err).toContain(`[rank ${r}] rank ${r} to standard error\n`);
    }
  });

  it('bring a line that a rank has begun before it blocks', async () => {
    const ended = await haloweave(on(programFile('prints-pieces.ts')));
    for (let r = 0; r < 3; r++) {
      expect(ended.out).toContain(`begin ${r}, `);
      expect(ended.out).toContain(`end ${r}\n`);
    }
  });

  it('hand on what is large, both ways', async () => {
    const text = 'x'.repeat(100_000);
    const ended = await haloweave(on(programFile('echo.ts'), '--json', '--', '--text', text));
    expect(lastObject(ended).results).toMatchObject({ args: { text }, size: 3, total: 3 });
  });

  it.each(['recv', 'barrier', 'full', 'large', 'await', 'compute', 'timer'])(
    'end everywhere with the stack of a rank that fails while the others are in %s',
    async (state) => {
      const ended = await haloweave(on(throws, '--', '--state', state, '--bad', '2'));
      expect(ended.code).toBe(1);
      expect(ended.err).toMatch(
        /^RangeError: rank 2 has had enough\n +at fail \(.*ends\/throws\.ts:\d+:\d+\)\n +at .*main \(.*throws\.ts:8:/,
      );
      expect(ended.out).toBe('');
    },
  );

  it('name a rank whose thread is gone', async () => {
    const ended = await haloweave(on(programFile('ends/dies.ts'), '--', '--how', 'exit'));
    expect(ended.err).toMatch(/^the thread of rank 1 ended before its work was done: .*7\n$/);
    expect(ended.code).toBe(1);
  });

  it('find a deadlock, and say who waits for whom and where', async () => {
    const ended = await haloweave(on(exampleFile('deadlock')));
    expect(ended.code).toBe(1);
    expect(ended.err).toMatch(/^deadlock: every rank that has not ended waits for another\n/);
    for (let r = 0; r < 3; r++) expect(ended.err).toMatch(new RegExp(`  rank ${r} waits in recv for rank \\d, tag 1\n`));
    expect(ended.err).toMatch(/at .*main \(.*deadlock\.ts:\d+:\d+\)/);
  });

  it.each<[string, string[]]>([
    ['blocked', []],
    ['computing', ['--', '--compute']],
  ])('leave ranks that are %s on Ctrl-C, with code 130', async (_, words) => {
    const command = start(on(waits, ...words));
    await command.seen((text) => [0, 1, 2].every((r) => text.includes(`rank ${r} is about to block\n`)));
    command.interrupt();
    const ended = await command.ended;
    expect(ended.err).toContain('interrupted');
    expect(ended.code).toBe(130);
  });

  it('end a kernel after one cycle for all parts on Ctrl-C', async () => {
    const command = start(on(kernelProgramFile('going'), '--cycles', '100000000', '--json'));
    await command.seen((text) => text.includes('going\n'));
    command.interrupt();
    const ended = await command.ended;
    expect(ended.code).toBe(130);
    const so = lastObject(ended);
    const perRank = so.perRank as { partitions: number; workunits: number }[];
    for (const r of perRank) expect(r.workunits).toBe(r.partitions * Number(so.cycles));
    const again = await haloweave(['run', kernelProgramFile('going'), '-n', '2', '--cycles', String(so.cycles), '--json']);
    expect(lastObject(again).hash).toBe(so.hash);
  });

  it('explain too few slots, and take more with --oversubscribe', async () => {
    const refused = await haloweave(on(ring, '-n', '4'));
    expect(refused.code).toBe(2);
    expect(refused.err).toMatch(
      /^haloweave: 4 ranks wanted, but the workers have room for 3: .* offers 2, .* offers 1; name more workers, .*--oversubscribe\n$/,
    );
    const taken = await haloweave(on(ring, '-n', '5', '--oversubscribe', '--json'));
    expect(lastObject(taken)).toMatchObject({ ranks: 5, results: { token: 30 } });
  });

  it('give an error of the program for one that is none, as threads do', async () => {
    const ended = await haloweave(on(kernelProgramFile('no-default')));
    expect(ended.code).toBe(2);
    expect(ended.err).toMatch(/exports .* by default/);
  });

  it.each<[string[], RegExp]>([
    [['--check'], /a run on several hosts cannot be checked/],
    [['--trace', '/tmp/never.json'], /a run on several hosts cannot be traced yet/],
    [['--transport', 'threads'], /--transport threads has no workers: leave out --host/],
  ])('refuse %j', async (words, message) => {
    const ended = await haloweave(on(heat, '--cycles', '1', ...words));
    expect(ended.code).toBe(2);
    expect(ended.err).toMatch(message);
  });

  it('wait for their turn while another run has the workers', async () => {
    const first = start(on(waits));
    await first.seen((text) => text.includes('rank 0 is about to block\n'));
    const second = start(on(ring, '--json'));
    await second.seen((text) => text.includes('busy with'));
    expect(second.err).toMatch(/busy with .* \(process \d+\); waits for its end/);
    first.interrupt();
    expect((await first.ended).code).toBe(130);
    expect(lastObject(await second.ended).results).toEqual({ token: 9, rounds: 3 });
  });
});

describe('a worker', () => {
  it('that is not there is waited for, then named', async () => {
    // A port that was free a moment ago.
    await using workers = await TestWorkers.start(1);
    const [worker] = workers.workers;
    await worker!.end();
    const ended = await haloweave(['run', ring, '--host', worker!.address]);
    expect(ended.code).toBe(2);
    expect(ended.err).toMatch(/no worker answers at tcp:.* \(waited 10 s\): start one there with haloweave worker --listen/);
  });

  it('joins a run that listens, before or after it does, and ends with it', async () => {
    const command = start(['run', ring, '--listen', 'tcp://127.0.0.1:0', '-n', '2', '--json']);
    await command.seen((text) => text.includes('--connect'));
    const [, endpoint] = /--connect (tcp:\S+)/.exec(command.err) ?? [];
    const workers = [0, 1].map(() => start(['worker', '--connect', endpoint!, '-n', '1']));
    const ended = await command.ended;
    expect(ended.err).toMatch(/waiting for workers: 2 ranks wanted, but there are no workers/);
    expect(lastObject(ended)).toMatchObject({ ranks: 2, results: { token: 3 } });
    for (const w of workers) expect((await w.ended).code).toBe(0);
  });

  it('that connects says whom it waits for, and leaves when it is told to', async () => {
    const worker = start(['worker', '--connect', 'tcp://127.0.0.1:9', '-n', '1']);
    await worker.seen((text) => text.includes('waiting'));
    expect(worker.err).toBe('haloweave worker: waiting for a coordinator at tcp://127.0.0.1:9\n');
    worker.interrupt('SIGTERM');
    expect((await worker.ended).code).toBe(0);
  });

  it('needs one of --listen and --connect, and an address that is free', async () => {
    const neither = await haloweave(['worker']);
    expect(neither.code).toBe(2);
    expect(neither.err).toMatch(/worker: use either --listen tcp:\/\/ADDRESS:PORT/);
    await using workers = await TestWorkers.start(1);
    const taken = await haloweave(['worker', '--listen', workers.hosts]);
    expect(taken.code).toBe(2);
    expect(taken.err).toMatch(/cannot listen on tcp:.*: the port is taken/);
  });

  it('that is killed ends the run with code 3, and its ranks are named', async () => {
    await using workers = await TestWorkers.start(1, 1);
    const command = start(['run', waits, '--host', workers.hosts, '--', '--compute']);
    await command.seen((text) => [0, 1].every((r) => text.includes(`rank ${r} is about to block\n`)));
    workers.workers[1]!.process.child.kill('SIGKILL');
    const ended = await command.ended;
    expect(ended.err).toMatch(/host 2, .*, is lost with rank 1: /);
    expect(ended.code).toBe(3);
    // The other one is free again.
    const again = await haloweave(['run', ring, '--host', workers.workers[0]!.address, '--json']);
    expect(lastObject(again).results).toEqual({ token: 0, rounds: 3 });
  });

  it('whose coordinator is killed ends its ranks and serves the next', async () => {
    await using workers = await TestWorkers.start(2);
    const [worker] = workers.workers;
    const command = start(['run', waits, '--host', workers.hosts, '--', '--compute']);
    await command.seen((text) => [0, 1].every((r) => text.includes(`rank ${r} is about to block\n`)));
    command.child.kill('SIGKILL');
    await command.ended;
    const again = await haloweave(['run', ring, '--host', workers.hosts, '--json']);
    expect(lastObject(again).results).toEqual({ token: 3, rounds: 3 });
    expect(worker!.process.err).toMatch(/\(process \d+\) is lost: /);
  });

  it('leaves after the run on the first signal, and at once on the second', async () => {
    await using workers = await TestWorkers.start(1);
    const [worker] = workers.workers;
    const command = start(['run', waits, '--host', workers.hosts]);
    await command.seen((text) => text.includes('rank 0 is about to block\n'));
    worker!.process.interrupt('SIGTERM');
    worker!.process.interrupt('SIGINT');
    const ended = await command.ended;
    expect(ended.code).toBe(3);
    expect(ended.err).toContain('the worker was stopped');
    expect((await worker!.process.ended).code).toBe(0);
  });
});

describe('the harness', () => {
  it('tells why a worker did not start', async () => {
    await expect(TestWorker.listen(['-n', '0'])).rejects.toThrow(/-n 0/);
  });
});
