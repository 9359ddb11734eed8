/**
 * Runs with random faults for as long as asked: `npm run soak -- --minutes 60 --seed 7 --hosts 4 --buddy 5`. Each seed is one run; what it is
 * hit by is printed, and the first run that differs from the one without faults ends it all, with the log of its faults.
 */
import { parseArgs } from 'node:util';
import type { RunOptions, RunResult } from 'haloweave';
import { haloweave, lastObject } from '../support/command-line.js';
import { FaultCluster } from '../support/faults/fault-cluster.js';
import { linesOf, Printed } from '../support/faults/printed.js';
import { describeFault, drawFaults, type Fault } from '../support/faults/schedule.js';
import { kernelProgramFile } from '../support/kernel-programs.js';

const FILE = kernelProgramFile('faulted');
const PARTS = 8;
const CYCLES = 60;
const FRAMES = 4;

/** A run with faults, and the output that it has given. */
async function hit(
  cluster: FaultCluster,
  options: RunOptions,
  faults: readonly Fault[],
): Promise<{ result: RunResult; shown: string }> {
  using printed = new Printed();
  const { result } = await cluster.run(FILE, options, faults);
  return { result, shown: printed.lines('frame ').join() };
}

async function soak(minutes: number, firstSeed: number, hosts: number, buddy: number): Promise<void> {
  const plain: RunOptions = { parts: PARTS, cycles: CYCLES, args: { ms: 1, frames: FRAMES } };
  const options: RunOptions = buddy > 0 ? { ...plain, buddy } : plain;
  const words = ['-n', '1', '--parts', `${PARTS}`, '--cycles', `${CYCLES}`, '--json', '--', '--frames'];
  const ended = await haloweave(['run', FILE, ...words, `${FRAMES}`]);
  const reference = lastObject(ended);
  const frames = linesOf(ended.err, 'frame ').join();
  if (frames === '') throw new Error(`the run without faults gave no frames:\n${ended.err}`);
  await using cluster = await FaultCluster.start(hosts);
  const end = performance.now() + minutes * 60_000;
  let losses = 0;
  let seed = firstSeed;
  for (; performance.now() < end; seed++) {
    const faults = drawFaults(seed, { hosts, parts: PARTS, cycles: CYCLES, every: buddy });
    console.log(`seed ${seed}: ${faults.map(describeFault).join('; ')}`);
    const start = performance.now();
    const { result, shown } = await hit(cluster, options, faults);
    losses += result.recoveries;
    const same =
      result.hash === reference.hash &&
      JSON.stringify(result.measures) === JSON.stringify(reference.measures) &&
      shown === frames;
    if (!same)
      throw new Error(
        `seed ${seed}: hash ${result.hash}, measures ${JSON.stringify(result.measures)}; without faults ${reference.hash}, ${JSON.stringify(reference.measures)}; output ${shown}, without faults ${frames}\n${cluster.log}`,
      );
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    console.log(`  the same after ${result.recoveries} losses, ${seconds} s`);
  }
  console.log(`${seed - firstSeed} runs, ${losses} hosts lost, all hashes the same (${reference.hash})`);
}

function numberOf(text: string | undefined, name: string, instead: number, least: number): number {
  const n = text === undefined ? instead : Number(text);
  if (!(n >= least)) throw new Error(`--${name} ${text}: a number of ${least} or more is wanted`);
  return n;
}

const text = { type: 'string' } as const;
const { values } = parseArgs({ options: { minutes: text, seed: text, hosts: text, buddy: text } });
const { minutes, hosts, buddy } = values;
// Without a seed every soak is another one; it is printed with each run.
const seed = numberOf(values.seed, 'seed', 1 + Math.floor(Math.random() * 2 ** 31), 1);
await soak(
  numberOf(minutes, 'minutes', 10, 0),
  seed,
  numberOf(hosts, 'hosts', 4, 3),
  numberOf(buddy, 'buddy', 5, 0),
);
