import { Cluster, type RunOptions, type RunResult, run } from 'haloweave';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Relay, type RelayFaults } from '../support/faults/relay.js';
import { WorkerProcesses } from '../support/faults/worker-processes.js';
import { kernelProgramFile } from '../support/kernel-programs.js';

const FILE = kernelProgramFile('faulted');
const PARTS = 4;
const HOSTS = 2;
/** Address of this machine at which relays stand in for the data ports of workers, which listen at 127.0.0.1. */
const STAND_IN = '127.0.0.2';

describe('workers behind relays, with all they hear and say', () => {
  const references = new Map<number, string | null>();
  const relays: Relay[] = [];
  const notices: string[] = [];
  beforeAll(async () => {
    for (const cycles of [8, 60])
      references.set(cycles, (await run(FILE, { ranks: 1, parts: PARTS, cycles })).hash);
  });
  afterEach(async () => {
    for (const relay of relays.splice(0)) await relay.close();
  });

  /** A run on workers that are reached through relays only: two a worker, for control and for data. */
  async function through(faults: RelayFaults, options: RunOptions): Promise<RunResult> {
    await using workers = new WorkerProcesses();
    const hosts: string[] = [];
    notices.length = 0;
    for (let k = 0; k < HOSTS; k++) {
      const data = await Relay.to(0, { seed: 2 * k + 1, faults, at: STAND_IN });
      const words = ['--data-port', String(data.port), '--advertise', STAND_IN];
      const worker = await workers.listen(1, words, { tcpOnly: true });
      const control = await Relay.to(Number(worker.address.split(':')[1]), { seed: 2 * k, faults });
      relays.push(control, data);
      hosts.push(`127.0.0.1:${control.port}`);
    }
    await using cluster = await Cluster.start({
      hosts,
      ranks: HOSTS,
      onNotice: (text) => notices.push(text),
    });
    return await cluster.run(FILE, { parts: PARTS, ...options });
  }

  it('delayed by 200 ± 50 ms: nobody is given up, the hash is the same', async () => {
    const result = await through({ delay: 200, jitter: 50 }, { cycles: 8 });
    expect(result.hash, notices.join('\n')).toBe(references.get(8));
    expect(result.recoveries, notices.join('\n')).toBe(0);
    for (const relay of relays) expect(relay.passed).toBeGreaterThan(0);
  });

  it('cut again and again: nobody is given up, the hash is the same', async () => {
    let next = 5;
    const result = await through(
      { delay: 0, jitter: 0 },
      {
        cycles: 60,
        args: { ms: 4 },
        progressEvery: 10,
        onProgress: ({ cycle }) => {
          if (cycle < next) return;
          next = cycle + 5;
          for (const relay of relays) relay.cut();
        },
      },
    );
    expect(result.hash, notices.join('\n')).toBe(references.get(60));
    expect(result.recoveries, notices.join('\n')).toBe(0);
    for (const relay of relays) expect(relay.cuts).toBeGreaterThan(0);
  });
});
