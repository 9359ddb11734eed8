import { Cluster, type RunOptions, type RunResult, run } from 'haloweave';
import { describe, expect, it } from 'vitest';
import { WorkerProcesses } from '../support/faults/worker-processes.js';
import { kernelProgramFile } from '../support/kernel-programs.js';

const FILE = kernelProgramFile('timed');
const CYCLES = 120;
const PARTS = 6;

interface Killed {
  result: RunResult;
  log: string;
  notices: string[];
}

/** Runs on workers of one rank each, and kills some of them as soon as so many cycles have been seen. */
async function killing(
  file: string,
  hosts: number,
  killed: readonly { host: number; after: number }[],
  options: RunOptions,
): Promise<Killed> {
  await using workers = new WorkerProcesses();
  await Promise.all(Array.from({ length: hosts }, () => workers.listen(1)));
  const notices: string[] = [];
  await using cluster = await Cluster.start({
    hosts: workers.all.map((w) => w.address),
    onNotice: (text) => notices.push(text),
  });
  const left = [...killed];
  const result = await cluster.run(file, {
    ...options,
    progressEvery: 10,
    onProgress: ({ cycle }) => {
      while (left[0] && cycle >= left[0].after)
        process.kill(workers.all[left.shift()!.host - 1]!.pid, 'SIGKILL');
    },
  });
  const log = `${notices.join('\n')}\n${workers.log}`;
  expect(left, log).toEqual([]);
  return { result, log, notices };
}

describe('a killed worker', () => {
  it('of three: the run goes on from memory, with the same hash', async () => {
    const reference = await run(FILE, { ranks: 1, parts: PARTS, cycles: CYCLES, args: { ms: 0 } });
    const { result, log, notices } = await killing(FILE, 3, [{ host: 2, after: 30 }], {
      parts: PARTS,
      cycles: CYCLES,
      args: { ms: 4 },
      buddy: 5,
    });
    expect(result.hash, log).toBe(reference.hash);
    expect(result.measures).toEqual(reference.measures);
    expect(result.recoveries).toBe(1);
    expect(result.restored, log).toHaveLength(1);
    const [{ cycles, from }] = result.restored as [RunResult['restored'][0]];
    expect(from).toBe('memory');
    // At least the state before the one that was seen: two of them are kept.
    expect(cycles).toBeGreaterThanOrEqual(20);
    expect(cycles % 5).toBe(0);
    expect(notices.join('\n')).toContain(`going on: restored to cycle ${cycles} from memory`);
  });
});
