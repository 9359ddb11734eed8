import type { Command } from 'commander';
import { HaloweaveError } from '../base/errors.js';
import { openLog } from '../observe/log.js';
import { openClusterSecurity } from '../runtime/cluster/cluster-security.js';
import { DEFAULT_PORT, dataEndpoint, endpointOf, isLoopback } from '../runtime/cluster/endpoints.js';
import { logRefusals } from '../runtime/cluster/log-refusals.js';
import { openNetwork } from '../runtime/cluster/network.js';
import { connectAsWorker, listenAsWorker, type WorkerSetup } from '../runtime/cluster/worker.js';
import { chooseRanks } from '../runtime/ranks.js';
import { wholeNumber } from './arguments.js';
import { ExitCode } from './exit.js';

interface WorkerFlags {
  listen?: string;
  connect?: string;
  ranks?: number;
  keys?: string;
  serverKey?: string;
  logJson?: boolean;
  dataPort?: number;
  advertise?: string;
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
    .option('--keys <file>', 'key file (see keygen); needed for addresses that other machines can reach')
    .option(
      '--server-key <key>',
      'with --connect: the public key of the coordinator, or its name in the key file (default: that of the key file)',
    )
    .option(
      '--data-port <number>',
      'port for data between hosts (default: any)',
      wholeNumber('--data-port', 0),
    )
    .option('--log-json', 'log on standard error as JSON objects, a line each')
    .option('--advertise <address>', 'address at which other hosts reach this one, if it is another')
    .addHelpText(
      'after',
      `
With --listen it serves one coordinator after another until it is interrupted; it prints one line when it listens.
With --connect it serves one and ends with it; it keeps trying until the coordinator is there.
Ctrl-C (or SIGTERM) lets it leave: its parts go to the other workers first, a program of ranks and messages is finished. A second one leaves at once.

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
  if (flags.serverKey !== undefined && listen !== undefined)
    throw new HaloweaveError(
      'usage',
      'worker: --server-key is for --connect; who may connect to --listen the key file says',
    );
  const leave = new AbortController();
  const stop = new AbortController();
  const onSignal = (): void => {
    if (leave.signal.aborted) stop.abort();
    leave.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  const log = openLog({ json: flags.logJson === true });
  const { ranks } = chooseRanks(flags.ranks);
  const onRefusal = logRefusals(log);
  const secured = await openClusterSecurity(flags.keys ?? null, onRefusal);
  try {
    const checked = await (listen === undefined ? secured.toConnect(endpoint) : secured.toBind(endpoint));
    // Who connects to another machine has to be reached by the other hosts.
    const from = listen !== undefined || isLoopback(checked) ? checked : 'tcp://*:*';
    const data = dataEndpoint(from, flags.dataPort, flags.advertise);
    const setup: WorkerSetup = {
      ranks,
      security: secured.control,
      network: (host, onBroken, onFreight) =>
        openNetwork({ host, security: secured.data, admit: secured.admit, ...data }, onBroken, onFreight),
      log,
      onRefusal,
      leave: leave.signal,
      stop: stop.signal,
    };
    if (listen === undefined) {
      const { how } = await connectAsWorker(checked, secured.serverKey(flags.serverKey ?? null), setup);
      return how === 'refused'
        ? ExitCode.failed
        : how === 'lost' || how === 'forgotten'
          ? ExitCode.lost
          : ExitCode.done;
    }
    await listenAsWorker(checked, setup, (at) => {
      process.stdout.write(`haloweave worker: ${setup.ranks} rank${setup.ranks === 1 ? '' : 's'} at ${at}\n`);
    });
    return ExitCode.done;
  } finally {
    // Once told to leave the process is about to end: another signal in between is not to change how.
    if (!leave.signal.aborted) {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    }
    await secured.close();
  }
}
