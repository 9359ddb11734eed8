// `haloweave bench checkpoint`: what saving the state costs a run, in the memory of a buddy host and on disk.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cluster, type RunOptions } from 'haloweave';
import { programFile } from './interleave.js';
import { median, type Report } from './report.js';
import { Workers } from './workers.js';

const TURNS = 5;
/** 16 MiB a host: 1024 × 1024 cells with two fields of doubles, on each of two hosts. */
const SHAPE = '2048x1024';
const PARTS = '4x2';
const CYCLES = 60;
/** Milliseconds that a cycle is to take. */
const CYCLE = 50;
const EVERY = 10;
/** Sweeps a cycle of the run that says how long one takes. */
const SWEEPS = 8;
/** Percent. */
const TARGET = 5;

export async function checkpoint(report: Report): Promise<void> {
  await using workers = await Workers.start([1, 1]);
  await using cluster = await Cluster.start({ hosts: workers.addresses, onNotice: () => {} });
  const seconds = async (repeat: number, options: RunOptions): Promise<number> => {
    const result = await cluster.run(programFile('recovery'), {
      ranks: 2,
      parts: PARTS,
      cycles: CYCLES,
      args: { shape: SHAPE, repeat },
      hash: false,
      keep: false,
      ...options,
    });
    return result.seconds;
  };
  // As many sweeps a cycle as make it long enough; the first run is mostly warming up, and one sweep would be mostly halos.
  await seconds(1, {});
  const repeat = Math.max(1, Math.round(((CYCLE * CYCLES) / 1000 / (await seconds(SWEEPS, {}))) * SWEEPS));
  const buddy: number[] = [];
  const disk: number[] = [];
  const cycles: number[] = [];
  const plain = async (): Promise<number> => {
    const s = await seconds(repeat, {});
    cycles.push((s * 1000) / CYCLES);
    return s;
  };
  for (let turn = 0; turn < TURNS; turn++) {
    const without = await plain();
    buddy.push(((await seconds(repeat, { buddy: EVERY })) / without - 1) * 100);
  }
  // After all the others: what the system has not yet written when a run ends, it writes while the next one computes.
  for (let turn = 0; turn < TURNS; turn++) {
    const folder = mkdtempSync(join(tmpdir(), 'haloweave-bench-'));
    try {
      const without = await plain();
      disk.push(((await seconds(repeat, { checkpoint: folder, every: EVERY })) / without - 1) * 100);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  const of = `16 MiB a host every ${EVERY} cycles of ${median(cycles).toFixed(0)} ms`;
  report.add({
    bench: 'checkpoint',
    case: `buddy, ${of}`,
    value: median(buddy),
    unit: '%',
    target: TARGET,
    details: { turns: buddy },
  });
  report.add({
    bench: 'checkpoint',
    case: `disk, ${of}`,
    value: median(disk),
    unit: '%',
    details: { turns: disk },
  });
}
