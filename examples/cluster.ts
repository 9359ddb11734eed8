/**
 * Two workers on this machine, and two runs of heat on them from code: the program is sent to them once.
 *
 *   npm run build && node dist/examples/cluster.js
 *
 * Prints a line a run with the state hash, which is that of `npx haloweave run examples/heat.ts --cycles 100 --hash`, and whether
 * they are equal. On several machines the workers are started by hand, with keys. Builds on heat.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Cluster } from 'haloweave';

const haloweave = fileURLToPath(new URL('../core/cli/main.js', import.meta.url));
const heat = fileURLToPath(new URL('./heat.js', import.meta.url));

/** Starts a worker, and gives the address that it prints: with port 0 the system chooses one. */
async function startWorker() {
  const words = [haloweave, 'worker', '--listen', 'tcp://127.0.0.1:0', '-n', '1'];
  const worker = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface(worker.stdout), 'line')) as [string];
  return { worker, host: line.slice(line.indexOf('tcp://')) };
}

const workers = await Promise.all([startWorker(), startWorker()]);
try {
  await using cluster = await Cluster.start({ hosts: workers.map((w) => w.host) });
  const hashes = new Set<string | null>();
  for (let k = 0; k < 2; k++) {
    const { hash, ranks, hosts, measures } = await cluster.run(heat, { cycles: 100 });
    hashes.add(hash);
    process.stdout.write(`${ranks} ranks on ${hosts.length} hosts: heat ${measures.heat}, hash ${hash}\n`);
  }
  process.stdout.write(hashes.size === 1 ? 'equal\n' : 'different\n');
} finally {
  for (const { worker } of workers) worker.kill('SIGTERM');
}
