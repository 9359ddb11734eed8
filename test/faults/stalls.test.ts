import { Cluster, run } from 'haloweave';
import { describe, expect, it } from 'vitest';
import { type WorkerProcess, WorkerProcesses } from '../support/faults/worker-processes.js';
import { kernelProgramFile } from '../support/kernel-programs.js';

const FILE = kernelProgramFile('timed');
const CYCLES = 12;
/** Far beyond the limit. */
const NEVER = 600_000;

describe('a workunit that takes long', () => {
  it('is warned about on threads, and the run goes on', async () => {
    const reference = await run(FILE, { ranks: 2, parts: 4, cycles: CYCLES, args: { ms: 0 } });
    const warnings: string[] = [];
    const result = await run(FILE, {
      ranks: 2,
      parts: 4,
      cycles: CYCLES,
      args: { ms: 0, stuck: process.pid, stuckFor: 7500 },
      onWarning: (text) => warnings.push(text),
    });
    expect(result.hash).toBe(reference.hash);
    expect(warnings).toEqual([
      expect.stringMatching(
        /^a workunit of partition 0 has been running for \d+\.\d s, in cycle 3 on rank 0$/,
      ),
    ]);
  });

  it('ends a run on threads with its limit', async () => {
    const running = run(FILE, {
      ranks: 2,
      parts: 4,
      cycles: CYCLES,
      progressLimit: 1.5,
      args: { ms: 0, stuck: process.pid, stuckFor: NEVER },
    });
    await expect(running).rejects.toMatchObject({
      code: 'lost',
      rank: 0,
      message: expect.stringMatching(
        /^rank 0 has made no progress for \d+\.\d s, in a workunit of partition 0 in cycle 3 \(the limit is 1\.5 s\)$/,
      ),
    });
  });

  it('is warned about on a worker, which is given up at the limit: the other goes on with the same hash', async () => {
    const reference = await run(FILE, { ranks: 2, parts: 4, cycles: CYCLES, args: { ms: 0 } });
    await using workers = await WorkerProcesses.start(1, 1);
    const [first] = workers.all as [WorkerProcess];
    const notices: string[] = [];
    await using cluster = await workers.cluster(notices);
    const result = await cluster.run(FILE, {
      parts: 4,
      cycles: CYCLES,
      progressLimit: 7.5,
      args: { ms: 0, stuck: first.pid, stuckFor: NEVER },
    });
    const said = notices.join('\n');
    expect(result.hash, `${said}\n${workers.log}`).toBe(reference.hash);
    expect(result.recoveries).toBe(1);
    expect(result.hosts.map((h) => h.host)).toEqual([2]);
    expect(
      said.match(/a workunit of partition 0 has been running for \d.* on rank 0 of host 1, .*/g),
    ).toHaveLength(1);
    expect(said).toMatch(
      /host 1 is lost: rank 0 has made no progress for .* in cycle 3 \(the limit is 7\.5 s\)/,
    );
    // Its ranks are ended, and it is free for the next coordinator.
    await using again = await Cluster.start({ hosts: [first.address], onNotice: () => {} });
    expect((await again.run(FILE, { parts: 4, cycles: CYCLES, args: { ms: 0 } })).hash).toBe(reference.hash);
  });
});
