import { Cluster, type HaloweaveError, type RunOptions, type RunResult, run } from 'haloweave';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Dealer } from 'zeromq';
import { FrameKind, readHeader, writeHeader } from '../../../../core/runtime/cluster/control-peer.js';
import { haloweave, lastObject, start } from '../../../support/command-line.js';
import { type WorkerProcess, WorkerProcesses } from '../../../support/faults/worker-processes.js';
import { exampleFile, kernelProgramFile } from '../../../support/kernel-programs.js';
import { programFile } from '../../../support/paths.js';

const ring = exampleFile('ring');
const heat = exampleFile('heat');
const waits = programFile('ends/waits.ts');
const naps = programFile('ends/naps.ts');

/** Two workers that serve all runs here, one after another, with 2 ranks and 1. */
let workers: WorkerProcesses;
beforeAll(async () => {
  workers = await WorkerProcesses.start(2, 1);
});
afterAll(async () => {
  try {
    for (const w of workers.all) expect((await w.end()).code).toBe(0);
  } finally {
    await workers[Symbol.asyncDispose]();
  }
});

describe('runs on one cluster', () => {
  let cluster: Cluster;
  const notices: string[] = [];
  beforeAll(async () => {
    cluster = await Cluster.start({
      hosts: workers.addresses,
      oversubscribe: true,
      onNotice: (text) => notices.push(text),
    });
  });
  afterAll(async () => {
    await cluster.close();
  });
  const failing = (file: string, options: RunOptions = {}): Promise<HaloweaveError> =>
    cluster.run(file, options).then(
      () => expect.unreachable('it did not fail'),
      (error: HaloweaveError) => error,
    );

  it.each([3, 4])('give the state of threads on %s ranks', async (ranks) => {
    const result = await cluster.run(heat, { ranks, cycles: 200, keep: false });
    expect(result.hash).toBe('930ea44b07753bd8282654bf36fc6d44');
    expect(result.hosts.map((h) => h.ranks)).toEqual(ranks === 3 ? [2, 1] : [3, 1]);
  });

  it('hand on what is large, both ways', async () => {
    const text = 'x'.repeat(100_000);
    const { results } = await cluster.run(programFile('echo.ts'), { args: { text } });
    expect(results).toMatchObject({ args: { text }, size: 3, total: 3 });
  });

  it('may have more ranks than there are slots, if told so', async () => {
    const result = await cluster.run(ring, { ranks: 5 });
    expect(result).toMatchObject({ ranks: 5, results: { token: 30 } });
  });

  it.each(['recv', 'barrier', 'full', 'large', 'await', 'compute', 'timer'])(
    'end everywhere with the stack of a rank that fails while the others are in %s',
    async (state) => {
      const error = await failing(programFile('ends/throws.ts'), { args: { state, bad: 2 } });
      expect(error.stack).toMatch(
        /^RangeError: rank 2 has had enough\n +at fail \(.*ends\/throws\.ts:\d+:\d+\)\n +at .*main \(.*throws\.ts:8:/,
      );
    },
  );

  it('name a rank whose thread is gone', async () => {
    const error = await failing(programFile('ends/dies.ts'), { args: { how: 'exit' } });
    expect(error.code).toBe('lost');
    expect(error.message).toMatch(/the thread of rank 1 ended before its work was done: .*code: 7/);
  });

  it('find a deadlock, and say who waits for whom and where', async () => {
    const error = await failing(exampleFile('deadlock'));
    expect(error.code).toBe('deadlock');
    expect(error.message).toMatch(/^deadlock: every rank that has not ended waits for another\n/);
    for (let r = 0; r < 3; r++)
      expect(error.message).toMatch(new RegExp(`  rank ${r} waits in recv for rank \\d, tag 1\n`));
    expect(error.message).toMatch(/at .*main \(.*deadlock\.ts:\d+:\d+\)/);
  });

  it('give an error of the program for one that is none, as threads do', async () => {
    const error = await failing(kernelProgramFile('no-default'));
    expect(error.code).toBe('usage');
    expect(error.message).toMatch(/exports .* by default/);
  });

  it.each<[RunOptions, RegExp]>([
    [{ check: true }, /a run on several hosts cannot be checked/],
    [{ trace: '/tmp/never.json' }, /a run on several hosts cannot be traced yet/],
  ])('refuse %j', async (options, message) => {
    const error = await failing(heat, { cycles: 1, ...options });
    expect(error.code).toBe('usage');
    expect(error.message).toMatch(message);
  });

  it('come one at a time, and after failed ones', async () => {
    const first = cluster.run(ring);
    await expect(cluster.run(ring)).rejects.toThrow(/this cluster is running a program/);
    expect((await first).results).toEqual({ token: 9, rounds: 3 });
    // Two hosts have come, and are still there, whatever became of the programs; a rank's thread is no host.
    expect(cluster.hosts.map((h) => h.ranks)).toEqual([2, 1]);
    expect(notices.filter((n) => !n.includes('rank'))).toEqual([]);
  });
});

describe('runs on workers from the command line', () => {
  const on = (...words: string[]) => ['run', '--host', workers.hosts, ...words];

  it('take all slots, and say which worker had which ranks', async () => {
    const ended = await haloweave(on(ring, '--json'));
    expect(ended.err).toBe('');
    expect(ended.code).toBe(0);
    const summary = lastObject(ended);
    expect(summary).toMatchObject({ transport: 'zeromq', ranks: 3, results: { token: 9, rounds: 3 } });
    const [a, b] = workers.all;
    expect(summary.hosts).toEqual([
      { host: 1, name: expect.stringContaining(a!.address), ranks: 2 },
      { host: 2, name: expect.stringContaining(b!.address), ranks: 1 },
    ]);
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

  it('leave ranks that compute on Ctrl-C, with code 130', async () => {
    const command = start(on(waits, '--', '--compute'));
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
    const so = lastObject(ended) as unknown as RunResult;
    for (const r of so.perRank) expect(r.workunits).toBe(r.partitions * so.cycles);
    const again = await run(kernelProgramFile('going'), { ranks: 2, cycles: so.cycles });
    expect(again.hash).toBe(so.hash);
  });

  it('explain too few slots, and a transport without workers', async () => {
    const refused = await haloweave(on(ring, '-n', '4'));
    expect(refused.code).toBe(2);
    expect(refused.err).toMatch(
      /^haloweave: 4 ranks wanted, but the workers have room for 3: .* offers 2, .* offers 1; name more workers, .*--oversubscribe\n$/,
    );
    const threads = await haloweave(on(heat, '--cycles', '1', '--transport', 'threads'));
    expect(threads.code).toBe(2);
    expect(threads.err).toMatch(/--transport threads has no workers: leave out --host/);
  });

  it('wait for their turn while another run has the workers, which blocked ranks leave on Ctrl-C', async () => {
    const first = start(on(naps));
    await first.seen((text) => [0, 1, 2].every((r) => text.includes(`rank ${r} is about to block\n`)));
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
    await using gone = await WorkerProcesses.start(1);
    const [{ address }] = gone.all as [WorkerProcess];
    await gone.all[0]!.end();
    const starting = Cluster.start({ hosts: [address], patience: 300 });
    await expect(starting).rejects.toThrow(
      `no worker answers at tcp://${address} (waited 0.3 s): start one there with haloweave worker --listen tcp://${address} -n RANKS`,
    );
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
    expect(worker.err).toMatch(/^\S+ info {2}waiting for a coordinator at tcp:\/\/127\.0\.0\.1:9\n$/);
    worker.interrupt('SIGTERM');
    expect((await worker.ended).code).toBe(0);
  });

  it('needs one of --listen and --connect, and an address that is free', async () => {
    const neither = await haloweave(['worker']);
    expect(neither.code).toBe(2);
    expect(neither.err).toMatch(/worker: use either --listen tcp:\/\/ADDRESS:PORT/);
    const taken = await haloweave(['worker', '--listen', workers.all[0]!.address]);
    expect(taken.code).toBe(2);
    expect(taken.err).toMatch(/cannot listen on tcp:.*: the port is taken/);
  });

  it('is busy with nobody who has not said hello', async () => {
    await using workers = await WorkerProcesses.start(1);
    const [worker] = workers.all as [WorkerProcess];
    const stranger = new Dealer({ linger: 0 });
    stranger.connect(`tcp://${worker.address}`);
    await stranger.send(writeHeader({ kind: FrameKind.ping, number: 0, acknowledged: 0, at: 7 }));
    // The answer says that the worker has taken it.
    expect(readHeader((await stranger.receive())[0])).toMatchObject({ kind: FrameKind.pong, at: 7 });
    const notices: string[] = [];
    await using cluster = await Cluster.start({
      hosts: [worker.address],
      onNotice: (text) => notices.push(text),
    });
    expect(cluster.hosts.map((h) => h.ranks)).toEqual([1]);
    expect(notices).toEqual([]);
    stranger.close();
    expect(worker.process.err.match(/a coordinator has connected/g)).toHaveLength(1);
  });

  it('that is killed ends the run with code 3, and its ranks are named', async () => {
    await using workers = await WorkerProcesses.start(1, 1);
    const command = start(['run', waits, '--host', workers.hosts, '--', '--compute']);
    await command.seen((text) => [0, 1].every((r) => text.includes(`rank ${r} is about to block\n`)));
    workers.all[1]!.process.child.kill('SIGKILL');
    const ended = await command.ended;
    expect(ended.err).toMatch(/host 2, .*, is gone: its connection broke/);
    expect(ended.err).toMatch(
      /\nhaloweave: host 2 is lost .*and a program of ranks and messages has no state to go on from/,
    );
    expect(ended.code).toBe(3);
    // The other one is free again.
    await using cluster = await Cluster.start({ hosts: [workers.all[0]!.address] });
    expect((await cluster.run(ring)).results).toEqual({ token: 0, rounds: 3 });
  });

  it('whose coordinator is killed ends its ranks and serves the next', async () => {
    await using workers = await WorkerProcesses.start(2);
    const [worker] = workers.all;
    const command = start(['run', waits, '--host', workers.hosts, '--', '--compute']);
    await command.seen((text) => [0, 1].every((r) => text.includes(`rank ${r} is about to block\n`)));
    command.child.kill('SIGKILL');
    await command.ended;
    await using cluster = await Cluster.start({ hosts: [worker!.address] });
    expect((await cluster.run(ring)).results).toEqual({ token: 3, rounds: 3 });
    expect(worker!.process.err).toMatch(/\(process \d+\) is lost: /);
  });

  it('leaves after the run on the first signal, and at once on the second', async () => {
    await using workers = await WorkerProcesses.start(1);
    const [worker] = workers.all;
    const command = start(['run', naps, '--host', workers.hosts]);
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
    await expect(WorkerProcesses.start(0)).rejects.toThrow(/-n 0/);
  });
});
