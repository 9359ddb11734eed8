import { Cluster, run } from 'haloweave';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { watchSent } from '../../../support/faults/sent.js';
import { WorkerProcesses } from '../../../support/faults/worker-processes.js';
import { exampleFile } from '../../../support/kernel-programs.js';
import { ScratchFolder } from '../../../support/paths.js';

const heat = exampleFile('heat');
const ring = exampleFile('ring');

/** Bundles of which a first piece was sent, by host, and those that were offered only. */
const sent: number[] = [];
const offered: number[] = [];
let watching: Disposable;
beforeAll(async () => {
  watching = await watchSent((host, message) => {
    if (message.type === 'bundle') offered.push(host);
    if (message.type === 'bundle-piece' && message.piece === 0) sent.push(host);
  });
});
afterAll(() => watching[Symbol.dispose]());

const taken = (list: number[]): number[] => list.splice(0).sort((a, b) => a - b);

it('a program is sent to each worker once, whatever number of runs and coordinators', async () => {
  // Each has a folder of its own for bundles, as on a machine of its own.
  using a = new ScratchFolder();
  using b = new ScratchFolder();
  using c = new ScratchFolder();
  await using workers = new WorkerProcesses();
  for (const folder of [a, b]) await workers.listen(1, [], { env: { TMPDIR: folder.path } });
  const hosts = workers.addresses;
  const { hash } = await run(heat, { ranks: 1, cycles: 5 });
  {
    await using cluster = await Cluster.start({ hosts, onNotice: () => {} });
    expect((await cluster.run(heat, { cycles: 5 })).hash).toBe(hash);
    expect(taken(sent)).toEqual([1, 2]);
    expect(taken(offered)).toEqual([1, 2]);
    expect((await cluster.run(heat, { cycles: 5 })).hash).toBe(hash);
    expect(taken(sent)).toEqual([]);
    await cluster.run(ring);
    expect(taken(sent)).toEqual([1, 2]);
    await cluster.run(heat, { cycles: 3 });
    expect(taken(sent)).toEqual([]);
    taken(offered);
  }
  const third = await workers.listen(1, [], { env: { TMPDIR: c.path } });
  await using cluster = await Cluster.start({ hosts: [...hosts, third.address], onNotice: () => {} });
  expect((await cluster.run(heat, { cycles: 5 })).hash).toBe(hash);
  // The first two have it from the coordinator before: it is only named to them.
  expect(taken(offered)).toEqual([1, 2, 3]);
  expect(taken(sent)).toEqual([3]);
});
