import { Cluster, type RunOptions, type RunResult, run } from 'haloweave';
import { describe, expect, it } from 'vitest';
import { WorkerProcesses } from '../support/faults/worker-processes.js';
import { kernelProgramFile } from '../support/kernel-programs.js';

const FILE = kernelProgramFile('timed');
const CYCLES = 200;
const PARTS = 6;

const reference = (file = FILE, cycles = CYCLES): Promise<RunResult> =>
  run(file, { ranks: 1, parts: PARTS, cycles, args: { ms: 0 } });

/** Runs, and does something once so many cycles have been seen. */
async function during(
  cluster: Cluster,
  options: RunOptions,
  after: number,
  act: () => void,
  file = FILE,
): Promise<RunResult> {
  let done = false;
  const result = await cluster.run(file, {
    parts: PARTS,
    cycles: CYCLES,
    args: { ms: 4 },
    progressEvery: 10,
    onProgress: ({ cycle }) => {
      if (done || cycle < after) return;
      done = true;
      act();
    },
    ...options,
  });
  expect(done).toBe(true);
  return result;
}

describe('membership changes in the middle of a run', () => {
  it('a worker that joins gets work: the same hash, on both', async () => {
    const expected = await reference();
    await using workers = new WorkerProcesses();
    const first = await workers.listen(1);
    const notices: string[] = [];
    await using cluster = await Cluster.start({
      hosts: [first.address],
      listen: 'tcp://127.0.0.1:0',
      onNotice: (text) => notices.push(text),
    });
    const result = await during(cluster, {}, 10, () => workers.connect(cluster.endpoint!, 1));
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
    await using workers = new WorkerProcesses();
    const [first, second] = [await workers.listen(1), await workers.listen(1)];
    const notices: string[] = [];
    await using cluster = await Cluster.start({
      hosts: [first.address, second.address],
      onNotice: (text) => notices.push(text),
    });
    const result = await during(cluster, {}, 10, () => process.kill(first.pid, 'SIGTERM'));
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
