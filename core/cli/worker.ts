import type { Command } from 'commander';
import { HaloweaveError } from '../base/errors.js';
import { DEFAULT_PORT, endpointOf, isLoopback } from '../runtime/cluster/endpoints.js';
import { openNetwork } from '../runtime/cluster/network.js';
import { connectAsWorker, listenAsWorker, type WorkerSetup } from '../runtime/cluster/worker.js';
import { chooseRanks } from '../runtime/ranks.js';
import { wholeNumber } from './arguments.js';
import { ExitCode } from './exit.js';

interface WorkerFlags {
  listen?: string;
  connect?: string;
  ranks?: number;
}

/** `haloweave worker`. */
export function addWorkerCommand(program: Command): void {
  program
    .command('worker')
    .description('Offer this machine’s cores to runs that are started elsewhere.')
    .option('--listen <endpoint>', 'wait at tcp://ADDRESS:PORT to be named by run --host; port 0 for any')
    .option('--connect <endpoint>', 'join the run or cluster that listens at tcp://ADDRESS:PORT')
    .option(
      '-n, --ranks <number>',
      'ranks offered (default: HALOWEAVE_RANKS, SLURM_CPUS_PER_TASK, OMP_NUM_THREADS, or the cores)',
      wholeNumber('-n', 1),
    )
    .addHelpText(
      'after',
      `
With --listen it serves one coordinator after another until it is interrupted; it prints one line when it listens.
With --connect it serves one and ends with it; it keeps trying until the coordinator is there.
Ctrl-C (or SIGTERM) lets it leave: a run that has begun is finished first. A second one leaves at once.

  haloweave worker --listen tcp://127.0.0.1:${DEFAULT_PORT} -n 2
  haloweave run heat.ts --host 127.0.0.1:${DEFAULT_PORT} --cycles 1000`,
    )
    .action(async (flags: WorkerFlags) => {
      process.exitCode = await workerCommand(flags);
    });
}

async function workerCommand(flags: WorkerFlags): Promise<number> {
  const { listen, connect } = flags;
  if ((listen === undefined) === (connect === undefined))
    throw new HaloweaveError(
      'usage',
      'worker: use either --listen tcp://ADDRESS:PORT, to be named by run --host, or --connect tcp://ADDRESS:PORT, to join a run with --listen',
    );
  const option = listen === undefined ? '--connect' : '--listen';
  const endpoint = endpointOf(listen ?? connect!, option);
  if (!isLoopback(endpoint))
    throw new HaloweaveError(
      'usage',
      `${option} ${endpoint}: other machines can reach this address, and there are no keys: use 127.0.0.1`,
    );
  const leave = new AbortController();
  const stop = new AbortController();
  const onSignal = (): void => {
    if (leave.signal.aborted) stop.abort();
    leave.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  const say = (text: string): void => void process.stderr.write(`haloweave worker: ${text}\n`);
  const setup: WorkerSetup = {
    ranks: chooseRanks(flags.ranks).ranks,
    network: (host, onBroken) => openNetwork({ host }, onBroken),
    say,
    leave: leave.signal,
    stop: stop.signal,
  };
  try {
    if (listen === undefined) {
      const { how } = await connectAsWorker(endpoint, setup);
      return how === 'refused' ? ExitCode.failed : how === 'lost' ? ExitCode.lost : ExitCode.done;
    }
    await listenAsWorker(endpoint, setup, (at) => {
      process.stdout.write(`haloweave worker: ${setup.ranks} rank${setup.ranks === 1 ? '' : 's'} at ${at}\n`);
    });
    return ExitCode.done;
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}
