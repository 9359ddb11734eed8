import { Cluster, run } from 'haloweave';
import { expect, it } from 'vitest';
import { WorkerProcesses } from '../support/faults/worker-processes.js';
import { kernelProgramFile } from '../support/kernel-programs.js';

const FILE = kernelProgramFile('timed');
const CYCLES = 60;

it('a run whose only host is killed goes on on the other, with the same hash', async () => {
  const reference = await run(FILE, { ranks: 1, parts: 4, cycles: CYCLES, args: { ms: 0 } });
  await using workers = new WorkerProcesses();
  const first = await workers.listen(1);
  const second = await workers.listen(1);
  const notices: string[] = [];
  await using cluster = await Cluster.start({
    hosts: [first.address, second.address],
    ranks: 1,
    onNotice: (text) => notices.push(text),
  });
  let killed = false;
  const result = await cluster.run(FILE, {
    parts: 4,
    cycles: CYCLES,
    args: { ms: 2 },
    progressEvery: 20,
    onProgress: ({ cycle }) => {
      if (cycle < 5 || killed) return;
      killed = true;
      process.kill(first.pid, 'SIGKILL');
    },
  });
  expect(killed).toBe(true);
  expect(result.hash, `${notices.join('\n')}\n${workers.log}`).toBe(reference.hash);
  expect(result.measures).toEqual(reference.measures);
  expect(result.recoveries).toBe(1);
  expect(notices.join('\n')).toMatch(/host 1 is lost: its connection broke and its address refuses/);
});

it('a partition that kills two hosts ends the run, and is named', async () => {
  await using workers = new WorkerProcesses();
  const hosts = await Promise.all([1, 2, 3].map(() => workers.listen(1)));
  await using cluster = await Cluster.start({
    hosts: hosts.map((w) => w.address),
    ranks: 1,
    onNotice: () => {},
  });
  const options = { parts: 4, cycles: CYCLES, args: { ms: 2, deadly: 2 } };
  await expect(cluster.run(FILE, options)).rejects.toThrow(
    'partition 2 was running cycle 3 when host 1 was lost and again when host 2 was',
  );
});
