import { run } from 'haloweave';
import { expect, it } from 'vitest';
import { during } from '../support/faults/during.js';
import { Relay } from '../support/faults/relay.js';
import { WorkerProcesses } from '../support/faults/worker-processes.js';
import { kernelProgramFile } from '../support/kernel-programs.js';

const FILE = kernelProgramFile('timed');
const CYCLES = 80;

it('of two workers whose link is cut for good one is given up, and the run goes on with the same hash', async () => {
  const reference = await run(FILE, { ranks: 1, parts: 4, cycles: CYCLES, args: { ms: 0 } });
  await using workers = new WorkerProcesses();
  await using relay = await Relay.to(0, { at: '127.0.0.2' });
  await workers.listen(1, [], { tcpOnly: true });
  const behind = ['--advertise', '127.0.0.2', '--data-port', String(relay.port)];
  await workers.listen(1, behind, { tcpOnly: true });
  const notices: string[] = [];
  await using cluster = await workers.cluster(notices);
  const options = { parts: 4, cycles: CYCLES, args: { ms: 2 } };
  const result = await during(cluster, FILE, options, 5, () => relay.down());
  const said = notices.join('\n');
  expect(relay.connections).toBeGreaterThan(0);
  expect(result.hash, `${said}\n${workers.log}`).toBe(reference.hash);
  expect(result.recoveries).toBe(1);
  expect(result.hosts.map((h) => h.host)).toEqual([1]);
  expect(said).toMatch(
    /host 2 is lost: the link for data between it and host 1 is cut, though it answers the coordinator/,
  );
});
