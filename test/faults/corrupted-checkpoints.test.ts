import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Cluster, type RunOptions, run } from 'haloweave';
import { beforeAll, describe, expect, it } from 'vitest';
import { checkpointName } from '../../core/runtime/checkpoint/folder.js';
import { reached } from '../support/faults/await-point.js';
import { type FaultPoint, goOn } from '../support/faults/fault-points.js';
import { WorkerProcesses } from '../support/faults/worker-processes.js';
import { checkpointWritten } from '../support/faults/written.js';
import { kernelProgramFile } from '../support/kernel-programs.js';
import { random } from '../support/mutate.js';
import { ScratchFolder } from '../support/paths.js';

const FILE = kernelProgramFile('faulted');
const PARTS = 6;
const CYCLES = 60;
/** The first two checkpoints always have memory to be written from; later ones are left out if those are not done with. */
const EVERY = 20;
const NEWEST = 40;
/** Part 0 stays in this cycle until the faults are done. */
const HELD = 45;

/** Changes a file as a bad disk does: a bit is flipped, or its end is missing. */
function damage(path: string, how: 'flip' | 'cut', seed: number): void {
  const draw = random(seed);
  const bytes = readFileSync(path);
  if (how === 'flip') bytes[draw(bytes.length)]! ^= 1 << draw(8);
  writeFileSync(path, how === 'cut' ? bytes.subarray(0, draw(bytes.length)) : bytes);
}

describe('a run whose newest checkpoint is damaged while it goes on', () => {
  let hash: string | null;
  beforeAll(async () => {
    hash = (await run(FILE, { ranks: 1, parts: PARTS, cycles: CYCLES })).hash;
  });

  it.each<['flip' | 'cut', number, RunOptions, string]>([
    ['flip', 1, {}, 'a host'],
    ['cut', 1, {}, 'a host'],
    // Three hosts, of which two keep each other's copies, or all of them in a ring: what one of the two had is nowhere else.
    ['flip', 2, { buddy: EVERY }, 'a host and its buddy'],
    ['cut', 2, { buddy: EVERY }, 'a host and its buddy'],
  ])('%s, then %i lost of three (%o): the one before is used after losing %s', async (how, lost, options) => {
    using stage = new ScratchFolder();
    using folder = new ScratchFolder();
    await using workers = new WorkerProcesses();
    const hosts = await Promise.all([1, 2, 3].map(() => workers.listen(1)));
    const notices: string[] = [];
    await using cluster = await Cluster.start({
      hosts: hosts.map((w) => w.address),
      onNotice: (text) => notices.push(text),
    });
    const point: FaultPoint = { id: 0, at: { part: 0, cycle: HELD }, dies: false, holds: true };
    const going = cluster.run(FILE, {
      parts: PARTS,
      cycles: CYCLES,
      checkpoint: folder.path,
      every: EVERY,
      args: { ms: 1, faults: { folder: stage.path, points: [point] } },
      onWarning: (text) => notices.push(text),
      ...options,
    });
    await reached(stage.path, 0, going);
    await checkpointWritten(folder.path, NEWEST, going);
    const seed = 1000 + lost;
    damage(join(folder.path, checkpointName(NEWEST)), how, seed);
    for (const w of hosts.slice(0, lost)) process.kill(w.pid, 'SIGKILL');
    writeFileSync(goOn(stage.path, 0), '');
    const result = await going;
    const why = `seed ${seed}\n${notices.join('\n')}\n${workers.log}`;
    expect(result.hash, why).toBe(hash);
    expect(result.recoveries, why).toBe(lost);
    expect(result.restored.at(-1), why).toMatchObject({ cycles: NEWEST - EVERY, from: 'disk' });
    expect(notices.join('\n'), why).toContain(`${checkpointName(NEWEST)} is damaged`);
  });
});
