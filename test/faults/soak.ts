/**
 * Runs with random faults for as long as asked: `npm run soak -- --minutes 60 --seed 7 --hosts 4`. Each seed is one run; what it is
 * hit by is printed, and the first run that differs from the one without faults ends it all, with the log of its faults.
 */
import { parseArgs } from 'node:util';
import { type RunOptions, run } from 'haloweave';
import { FaultCluster } from '../support/faults/fault-cluster.js';
import { describeFault, drawFaults } from '../support/faults/schedule.js';
import { kernelProgramFile } from '../support/kernel-programs.js';

const FILE = kernelProgramFile('faulted');
const PARTS = 8;
const CYCLES = 60;

async function soak(minutes: number, firstSeed: number, hosts: number): Promise<void> {
  const options: RunOptions = { parts: PARTS, cycles: CYCLES, args: { ms: 1 } };
  const reference = await run(FILE, { ...options, ranks: 1, args: {} });
  await using cluster = await FaultCluster.start(hosts);
  const end = performance.now() + minutes * 60_000;
  let losses = 0;
  let seed = firstSeed;
  for (; performance.now() < end; seed++) {
    const faults = drawFaults(seed, { hosts, parts: PARTS, cycles: CYCLES, every: 0 });
    console.log(`seed ${seed}: ${faults.map(describeFault).join('; ')}`);
    const start = performance.now();
    const { result } = await cluster.run(FILE, options, faults);
    losses += result.recoveries;
    const same =
      result.hash === reference.hash &&
      JSON.stringify(result.measures) === JSON.stringify(reference.measures);
    if (!same)
      throw new Error(
        `seed ${seed}: hash ${result.hash}, measures ${JSON.stringify(result.measures)}; without faults ${reference.hash}, ${JSON.stringify(reference.measures)}\n${cluster.log}`,
      );
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    console.log(`  the same after ${result.recoveries} losses, ${seconds} s`);
  }
  console.log(`${seed - firstSeed} runs, ${losses} hosts lost, all hashes the same (${reference.hash})`);
}

function numberOf(text: string | undefined, name: string, instead: number): number {
  const n = text === undefined ? instead : Number(text);
  if (!(n > 0)) throw new Error(`--${name} ${text}: a number above 0 is wanted`);
  return n;
}

const { values } = parseArgs({
  options: { minutes: { type: 'string' }, seed: { type: 'string' }, hosts: { type: 'string' } },
});
// Without a seed every soak is another one; it is printed with each run.
const seed = numberOf(values.seed, 'seed', 1 + Math.floor(Math.random() * 2 ** 31));
await soak(numberOf(values.minutes, 'minutes', 10), seed, numberOf(values.hosts, 'hosts', 4));
