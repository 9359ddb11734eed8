import { Cluster, run } from 'haloweave';
import { beforeAll, describe, expect, it } from 'vitest';
import { lastObject, type Started, start } from '../support/command-line.js';
import {
  isAlive,
  threadsOf,
  type WorkerProcess,
  WorkerProcesses,
} from '../support/faults/worker-processes.js';
import { kernelProgramFile } from '../support/kernel-programs.js';

const FILE = kernelProgramFile('timed');
const CYCLES = 120;
const RUN = [FILE, '--parts', '4', '--cycles', String(CYCLES), '--json'];
const ARGS = ['--', '--ms', '5'];

let hash: string | null;
beforeAll(async () => {
  ({ hash } = await run(FILE, { ranks: 1, parts: 4, cycles: CYCLES, args: { ms: 0 } }));
});

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
};
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** `haloweave run` on these workers, in the middle of its cycles: the program has begun on the workers. */
async function coordinator(words: readonly string[], workers: readonly WorkerProcess[]): Promise<Started> {
  const before = workers.map((w) => threadsOf(w.pid));
  const command = start(['run', ...words, ...ARGS]);
  // A rank is a thread.
  await until(
    () => command.child.exitCode !== null || workers.every((w, k) => threadsOf(w.pid) > before[k]!),
  );
  return command;
}

describe('a coordinator', () => {
  it('that is killed leaves no rank behind: workers that listen serve the next one', async () => {
    await using workers = await WorkerProcesses.start(1, 1);
    const both = workers.all;
    const hosts = ['--host', workers.hosts];
    const first = await start(['run', ...RUN, ...hosts, '--', '--ms', '0']).ended;
    expect(lastObject(first).hash).toBe(hash);
    const idle = both.map((w) => threadsOf(w.pid));
    const command = await coordinator([...RUN, ...hosts], both);
    command.child.kill('SIGKILL');
    await command.ended;
    await until(() => both.every((w, k) => threadsOf(w.pid) <= idle[k]!));
    for (const w of both) expect(w.process.err).toMatch(/\(process \d+\) is lost: /);
    const again = await start(['run', ...RUN, ...hosts, '--', '--ms', '0']).ended;
    expect(lastObject(again).hash, again.err).toBe(hash);
  });

  it('that is killed ends the workers that had joined it', async () => {
    await using workers = new WorkerProcesses();
    const words = ['run', kernelProgramFile('going'), '--listen', 'tcp://127.0.0.1:0', '-n', '2'];
    const command = start([...words, '--cycles', '100000000']);
    await command.seen((text) => text.includes('--connect'));
    const [, endpoint] = /--connect (tcp:\S+)/.exec(command.err) ?? [];
    const both = [workers.connect(endpoint!, 1), workers.connect(endpoint!, 1)];
    await command.seen((text) => text.includes('going\n'));
    command.child.kill('SIGKILL');
    for (const w of both) expect((await w.process.ended).code, w.process.err).toBe(3);
    for (const w of both) expect(isAlive(w.pid)).toBe(false);
  });

  it('that is stopped for three seconds gives nobody up', async () => {
    await using workers = await WorkerProcesses.start(1, 1);
    const both = workers.all;
    const hosts = ['--host', workers.hosts];
    const command = await coordinator([...RUN, ...hosts], both);
    command.child.kill('SIGSTOP');
    await pause(3000);
    command.child.kill('SIGCONT');
    const ended = await command.ended;
    expect(lastObject(ended), `${ended.err}\n${workers.log}`).toMatchObject({ hash, recoveries: 0 });
    expect(ended.err).not.toMatch(/lost|gone/);
  });
});

describe('a worker that is stopped', () => {
  /** Stops `victim` once the run is under way, and wakes it when it has been given up. */
  async function stopAndWake(cluster: Cluster, notices: string[], victim: WorkerProcess) {
    let stopped = false;
    let woken = false;
    const result = await cluster.run(FILE, {
      parts: 4,
      cycles: CYCLES,
      args: { ms: 5 },
      progressEvery: 20,
      onProgress: ({ cycle }) => {
        if (!stopped && cycle >= 5) {
          stopped = true;
          process.kill(victim.pid, 'SIGSTOP');
        } else if (stopped && !woken && notices.some((n) => n.includes('is lost: nothing was heard'))) {
          woken = true;
          process.kill(victim.pid, 'SIGCONT');
        }
      },
    });
    expect(woken).toBe(true);
    return result;
  }

  it('is given up; what it says when it wakes is refused and counted, and it serves the next coordinator', async () => {
    await using workers = await WorkerProcesses.start(1, 1);
    const [first, second] = workers.all as [WorkerProcess, WorkerProcess];
    const notices: string[] = [];
    {
      await using cluster = await workers.cluster(notices);
      const result = await stopAndWake(cluster, notices, first);
      expect(result.hash, `${notices.join('\n')}\n${workers.log}`).toBe(hash);
      expect(result.recoveries).toBe(1);
      await first.process.seen((text) => text.includes('is lost'));
    }
    expect(notices.join('\n')).toMatch(
      /host 1 is lost: nothing was heard of it for \d+ ms \(the limit is \d+ ms\)/,
    );
    await second.process.seen((text) => text.includes('refused'));
    expect(second.process.err).toMatch(/refused \d+ messages?: .*dropped host \d+/);
    await using again = await Cluster.start({ hosts: [first.address], onNotice: () => {} });
    const options = { parts: 4, cycles: CYCLES, args: { ms: 0 } };
    expect((await again.run(FILE, options)).hash).toBe(hash);
  });

  it('joins again as a new host, if it had joined by itself', async () => {
    await using workers = new WorkerProcesses();
    const notices: string[] = [];
    let onNotice = (): void => {};
    await using cluster = await (async () => {
      const starting = Cluster.start({
        listen: 'tcp://127.0.0.1:0',
        ranks: 2,
        onNotice: (text) => {
          notices.push(text);
          onNotice();
        },
      });
      await until(() => notices.some((n) => n.includes('--connect')));
      const [, endpoint] = /--connect (tcp:\S+)/.exec(notices.join('\n')) ?? [];
      workers.connect(endpoint!, 1);
      workers.connect(endpoint!, 1);
      return starting;
    })();
    const heard = new Promise<void>((resolve) => {
      onNotice = () => {
        if (notices.some((n) => /is gone/.test(n))) resolve();
      };
    });
    const [victim] = workers.all;
    process.kill(victim!.pid, 'SIGSTOP');
    await heard;
    expect(cluster.hosts).toHaveLength(1);
    process.kill(victim!.pid, 'SIGCONT');
    await until(() => cluster.hosts.length === 2);
    expect(Math.max(...cluster.hosts.map((h) => h.host))).toBe(3);
    expect(victim!.process.err).toContain('joins again, as a new host');
    const result = await cluster.run(FILE, { ranks: 2, parts: 4, cycles: CYCLES, args: { ms: 0 } });
    expect(result.hash).toBe(hash);
    expect(result.hosts).toHaveLength(2);
  });
});
