import { type RunOptions, type RunResult, run } from 'haloweave';
import { describe, expect, it } from 'vitest';
import { during } from '../support/faults/during.js';
import { type WorkerProcess, WorkerProcesses } from '../support/faults/worker-processes.js';
import { kernelProgramFile } from '../support/kernel-programs.js';

const FILE = kernelProgramFile('timed');
const CYCLES = 200;
const PARTS = 6;

const OPTIONS: RunOptions = { parts: PARTS, cycles: CYCLES, args: { ms: 4 } };

const reference = (): Promise<RunResult> => run(FILE, { ...OPTIONS, ranks: 1, args: { ms: 0 } });

describe('membership changes in the middle of a run', () => {
  it('a worker that joins gets work: the same hash, on both', async () => {
    const expected = await reference();
    await using workers = await WorkerProcesses.start(1);
    const notices: string[] = [];
    await using cluster = await workers.cluster(notices, { listen: 'tcp://127.0.0.1:0' });
    const result = await during(cluster, FILE, OPTIONS, 10, () => workers.connect(cluster.endpoint!, 1));
    expect(result.hash, `${notices.join('\n')}\n${workers.log}`).toBe(expected.hash);
    expect(result.measures).toEqual(expected.measures);
    expect(result.hosts.map((h) => h.ranks)).toEqual([1, 1]);
    for (const { partitions, workunits } of result.perRank) {
      expect(partitions).toBe(PARTS / 2);
      expect(workunits).toBeGreaterThan(0);
    }
    expect(result.recoveries).toBe(0);
    expect(result.cycles).toBe(CYCLES);
    expect(notices.join('\n')).toMatch(/going on: restored to cycle \d+ from memory/);
  });

  it('a worker that is asked to leave hands its parts over first', async () => {
    const expected = await reference();
    await using workers = await WorkerProcesses.start(1, 1);
    const [first] = workers.all as [WorkerProcess];
    const notices: string[] = [];
    await using cluster = await workers.cluster(notices);
    const result = await during(cluster, FILE, OPTIONS, 10, () => process.kill(first.pid, 'SIGTERM'));
    const log = `${notices.join('\n')}\n${workers.log}`;
    expect(result.hash, log).toBe(expected.hash);
    expect(result.measures).toEqual(expected.measures);
    expect(result.hosts.map((h) => h.host)).toEqual([2]);
    expect(result.recoveries).toBe(0);
    expect(
      result.restored.map((r) => r.from),
      log,
    ).toEqual(['memory']);
    expect((await first.process.ended).code, log).toBe(0);
  });
});
