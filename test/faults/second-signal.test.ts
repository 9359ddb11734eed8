import { describe, expect, it } from 'vitest';
import { type Started, start } from '../support/command-line.js';
import { WorkerProcesses } from '../support/faults/worker-processes.js';
import { programFile } from '../support/paths.js';

const waits = programFile('ends/waits.ts');

/** Both signals, one after the other has been taken: the process says nothing about the first. */
async function twice(command: Started, signals: readonly [NodeJS.Signals, NodeJS.Signals]) {
  command.interrupt(signals[0]);
  command.interrupt(signals[1]);
  return command.ended;
}

describe('the second signal ends a run on workers at once', () => {
  it('while it waits for workers to join', async () => {
    const command = start(['run', waits, '--listen', 'tcp://127.0.0.1:0', '-n', '1']);
    await command.seen((text) => text.includes('waiting for workers'));
    expect((await twice(command, ['SIGINT', 'SIGTERM'])).code).toBe(130);
  });

  it('while it waits for its turn', async () => {
    await using workers = new WorkerProcesses();
    const worker = await workers.listen(1);
    const first = start(['run', waits, '--host', worker.address, '--', '--compute']);
    await first.seen((text) => text.includes('rank 0 is about to block\n'));
    const second = start(['run', waits, '--host', worker.address]);
    await second.seen((text) => text.includes('busy with'));
    expect((await twice(second, ['SIGTERM', 'SIGINT'])).code).toBe(130);
    expect((await twice(first, ['SIGINT', 'SIGINT'])).code).toBe(130);
  });

  it.each<[string, string[]]>([
    ['computes', ['--', '--compute']],
    ['is blocked', []],
  ])('while a rank %s, and the worker is free again', async (_, words) => {
    await using workers = new WorkerProcesses();
    const worker = await workers.listen(2);
    const command = start(['run', waits, '--host', worker.address, ...words]);
    await command.seen((text) => [0, 1].every((r) => text.includes(`rank ${r} is about to block\n`)));
    // The worker hears nothing and does nothing: nobody can wait for it.
    process.kill(worker.pid, 'SIGSTOP');
    expect((await twice(command, ['SIGINT', 'SIGINT'])).code).toBe(130);
    process.kill(worker.pid, 'SIGCONT');
    await worker.process.seen((text) => text.includes('is lost'));
  });
});
