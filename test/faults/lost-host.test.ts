import { run } from 'haloweave';
import { expect, it } from 'vitest';
import { during } from '../support/faults/during.js';
import { WorkerProcesses } from '../support/faults/worker-processes.js';
import { kernelProgramFile } from '../support/kernel-programs.js';

const FILE = kernelProgramFile('timed');
const CYCLES = 60;

it('a run whose only host is killed goes on on the other, with the same hash', async () => {
  const reference = await run(FILE, { ranks: 1, parts: 4, cycles: CYCLES, args: { ms: 0 } });
  await using workers = await WorkerProcesses.start(1, 1);
  const notices: string[] = [];
  await using cluster = await workers.cluster(notices, { ranks: 1 });
  const options = { parts: 4, cycles: CYCLES, args: { ms: 2 } };
  const result = await during(cluster, FILE, options, 5, () => process.kill(workers.all[0]!.pid, 'SIGKILL'));
  expect(result.hash, `${notices.join('\n')}\n${workers.log}`).toBe(reference.hash);
  expect(result.measures).toEqual(reference.measures);
  expect(result.recoveries).toBe(1);
  expect(notices.join('\n')).toMatch(/host 1 is lost: its connection broke and its address refuses/);
});

it('a partition that kills two hosts ends the run, and is named', async () => {
  await using workers = await WorkerProcesses.start(1, 1, 1);
  await using cluster = await workers.cluster([], { ranks: 1 });
  const options = { parts: 4, cycles: CYCLES, args: { ms: 2, deadly: 2 } };
  await expect(cluster.run(FILE, options)).rejects.toThrow(
    'partition 2 was running cycle 3 when host 1 was lost and again when host 2 was',
  );
});
