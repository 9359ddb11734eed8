import { fileURLToPath } from 'node:url';
import type { RunOptions, RunResult } from '../run-options.js';
import type { Finding } from './finding.js';
import type { SelfTestFigures } from './self-test-program.js';

/** Part of `run` that the self-test needs; a test gives another. */
export type Runner = (
  file: string,
  options: RunOptions,
) => Promise<Pick<RunResult, 'results' | 'hash' | 'seconds'>>;

export interface SelfTestOptions {
  ranks: number;
  /** Bytes of memory that may be used for copies. */
  memory: number;
  /** The heat example, whose hash must not depend on the ranks. */
  heat: string;
  run: Runner;
  /** Called with the name of each test before it starts. */
  onStart?: (name: string) => void;
}

const PROGRAM = fileURLToPath(new URL('./self-test-program.js', import.meta.url));
/** No test takes a tenth of it. */
const TOO_LONG = 60_000;
/** About a second of heat on one core. */
const HEAT = { cycles: 1000, args: { shape: '512x512' } };
/** Copies larger than a core's share of any cache. */
const COPY_BYTES = 16 * 1024 ** 2;

/** Runs short programs on all ranks and yields what each showed, about ten seconds in all. */
export async function* selfTest(o: SelfTestOptions): AsyncGenerator<Finding> {
  const onAll = `${o.ranks} rank${o.ranks === 1 ? '' : 's'}`;
  // Two arrays a rank, and no more than a quarter of what is free.
  const bytes = Math.min(COPY_BYTES, o.memory / 8 / o.ranks);
  const figures = async (args: Record<string, unknown>): Promise<SelfTestFigures> =>
    (await bounded(o, PROGRAM, { ranks: o.ranks, args })).results as SelfTestFigures;

  yield await step(o, 'ring of messages', async () => {
    const { message } = await figures({ test: 'ring' });
    return {
      value: `${micro(message!)} a message round ${onAll}`,
      details: { ranks: o.ranks, messageMicroseconds: message },
    };
  });
  yield await step(o, 'barrier, allreduce', async () => {
    const { barrier, allreduce } = await figures({ test: 'collectives' });
    return {
      value: `${micro(barrier!)}, ${micro(allreduce!)} on ${onAll}`,
      details: { ranks: o.ranks, barrierMicroseconds: barrier, allreduceMicroseconds: allreduce },
    };
  });
  if (o.ranks > 1)
    yield await step(o, 'message latency', async () => {
      const { latency } = await figures({ test: 'latency' });
      return { value: `8 bytes in ${micro(latency!)}`, details: { latencyMicroseconds: latency } };
    });
  yield await step(o, 'memory bandwidth', async () => {
    const { bandwidth } = await figures({ test: 'bandwidth', elements: Math.max(1, Math.floor(bytes / 8)) });
    return {
      value: `${bandwidth!.toFixed(1)} GB/s copied by ${onAll} together`,
      details: { ranks: o.ranks, gigabytesPerSecond: bandwidth },
    };
  });
  yield await step(o, 'same bits', () => sameBits(o));
}

interface Outcome {
  value: string;
  details: Record<string, unknown>;
}

async function sameBits(o: SelfTestOptions): Promise<Outcome> {
  const one = await bounded(o, o.heat, { ranks: 1, ...HEAT });
  const all = await bounded(o, o.heat, { ranks: o.ranks, ...HEAT });
  const details = {
    ranks: o.ranks,
    hashes: [one.hash, all.hash],
    seconds: [one.seconds, all.seconds],
    speedUp: one.seconds / all.seconds,
  };
  if (one.hash === null || one.hash !== all.hash)
    throw new Error(`heat has hash ${one.hash} on 1 rank and ${all.hash} on ${o.ranks}`);
  return {
    value: `heat has hash ${one.hash} on 1 and ${o.ranks} ranks, ${(one.seconds / all.seconds).toFixed(1)} times as fast`,
    details,
  };
}

const micro = (us: number): string => `${us < 10 ? us.toFixed(2) : us.toFixed(0)} µs`;

function bounded(o: SelfTestOptions, file: string, options: RunOptions): ReturnType<Runner> {
  return o.run(file, { ...options, output: 2, signal: AbortSignal.timeout(TOO_LONG) });
}

/** A test that throws has failed; its message is what the line says. */
async function step(o: SelfTestOptions, name: string, body: () => Promise<Outcome>): Promise<Finding> {
  o.onStart?.(name);
  try {
    return { name, status: 'fine', ...(await body()) };
  } catch (error) {
    const value = error instanceof Error ? error.message : String(error);
    const advice = `run it again with nothing else running; if it fails again, report this line with the whole output of haloweave doctor --json`;
    return { name, status: 'failed', value, advice };
  }
}
