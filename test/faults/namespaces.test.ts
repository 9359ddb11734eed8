import { join } from 'node:path';
import { run } from 'haloweave';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { haloweave, lastObject, type Started, start } from '../support/command-line.js';
import { reached } from '../support/faults/await-point.js';
import { namespacesMissing, nftablesMissing } from '../support/faults/engines.js';
import type { FaultPoint } from '../support/faults/fault-points.js';
import { NetworkNamespaces } from '../support/faults/namespaces.js';
import { WorkerProcesses } from '../support/faults/worker-processes.js';
import { kernelProgramFile } from '../support/kernel-programs.js';
import { ScratchFolder } from '../support/paths.js';

const FILE = kernelProgramFile('faulted');
const PARTS = 8;
const CYCLES = 60;
const PORT = 7100;
/** Where the coordinator is; workers are on the others. */
const COORDINATOR = 0;
const HOSTS = 3;
/** In ms. The silence that evicts is 1500; TCP sends again what was lost after 200, 600 and 1400. */
const BRIEF = 300;

const missing = namespacesMissing() ?? nftablesMissing();

describe.skipIf(missing)(
  `hosts with addresses of their own${missing ? ` (skipped: ${missing})` : ''}`,
  () => {
    const folder = new ScratchFolder();
    const keys = join(folder.path, 'all.keys');
    let net: NetworkNamespaces;
    let workers: WorkerProcesses;
    let hash: string | null;
    beforeAll(async () => {
      hash = (await run(FILE, { ranks: 1, parts: PARTS, cycles: CYCLES })).hash;
      expect((await haloweave(['keygen', keys])).code).toBe(0);
      net = new NetworkNamespaces(HOSTS);
      workers = new WorkerProcesses();
      for (let host = 1; host < HOSTS; host++)
        await workers.listen(1, ['--keys', keys], {
          endpoint: `tcp://${net.address(host)}:${PORT}`,
          before: net.inside(host),
          tcpOnly: true,
        });
    });
    afterAll(async () => {
      await workers?.[Symbol.asyncDispose]();
      net?.[Symbol.dispose]();
      folder[Symbol.dispose]();
      if (!missing) expect(NetworkNamespaces.left).toEqual([]);
    });

    /** A run that gets to a point, in the workunit of a part in a cycle. */
    function begin(words: readonly string[], points: FaultPoint[], stage: string): Started {
      const hosts = workers.all.map((w) => w.address).join(',');
      const args = ['--ms', '2', '--faults', JSON.stringify({ folder: stage, points })];
      const sizes = ['--parts', String(PARTS), '--cycles', String(CYCLES)];
      return start(['run', FILE, '--host', hosts, ...sizes, ...words, '--json', '--', ...args], {
        ...workers.options(true),
        // One that hangs is ended, so that what it has said is seen.
        serves: false,
        before: net.inside(COORDINATOR),
      });
    }

    const at = (cycle: number): FaultPoint => ({ id: 0, at: { part: 0, cycle }, dies: false, holds: false });

    async function whole(process: Started, recoveries: number): Promise<void> {
      const ended = await process.ended;
      const why = `${ended.err}\n${workers.log}`;
      expect(ended.code, why).toBe(0);
      expect(lastObject(ended), why).toMatchObject({ hash, cycles: CYCLES, recoveries });
    }

    it('run with keys', () => whole(begin(['--keys', keys], [], folder.path), 0));

    it('no keys and keys that are not listed: refused, said by name, and the next run is as ever', async () => {
      const plain = await begin([], [], folder.path).ended;
      expect(plain.code).not.toBe(0);
      expect(plain.err).toContain('this needs keys');
      const others = join(folder.path, 'others.keys');
      expect((await haloweave(['keygen', others])).code).toBe(0);
      const foreign = begin(['--keys', others], [], folder.path);
      const refused = (text: string) => text.includes('wrong server key: a client expects another');
      await Promise.all(workers.all.map((w) => w.process.seen(refused)));
      foreign.interrupt('SIGKILL');
      await foreign.ended;
      for (const w of workers.all) expect(w.process.err.split('\n').filter(refused)).toHaveLength(1);
      await whole(begin(['--keys', keys], [], folder.path), 0);
    });

    it('a cable that is out for less than the limit: nobody is evicted', async () => {
      using stage = new ScratchFolder();
      const process = begin(['--keys', keys], [at(20)], stage.path);
      await reached(stage.path, 0, process.ended);
      net.unplugFor(1, BRIEF);
      await whole(process, 0);
    });

    it('a cable that is out for good: its host is evicted, the run goes on, and it serves again once it is in', async () => {
      using stage = new ScratchFolder();
      const process = begin(['--keys', keys], [at(20)], stage.path);
      await reached(stage.path, 0, process.ended);
      net.cable(2, false);
      try {
        await whole(process, 1);
      } finally {
        net.cable(2, true);
      }
      expect(process.err).toMatch(/host 2.* is gone: nothing was heard of it for \d+ ms/);
      await whole(begin(['--keys', keys], [], folder.path), 0);
    });

    it('all packets to a host are dropped: the same', async () => {
      using stage = new ScratchFolder();
      const process = begin(['--keys', keys], [at(20)], stage.path);
      await reached(stage.path, 0, process.ended);
      net.lose(1, 100);
      try {
        await whole(process, 1);
      } finally {
        net.keep(1);
      }
      // Its connections have survived here: TCP brings what they held once packets come again.
      await whole(begin(['--keys', keys], [], folder.path), 0);
    });

    it('one packet in fifty is lost, both ways: nobody is evicted', async () => {
      for (const host of [1, 2]) net.lose(host, 2);
      try {
        await whole(begin(['--keys', keys], [], folder.path), 0);
        expect(net.lost(1) + net.lost(2)).toBeGreaterThan(0);
      } finally {
        for (const host of [1, 2]) net.keep(host);
      }
    });
  },
);
