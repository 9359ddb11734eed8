import type { Command } from 'commander';
import { HaloweaveError } from '../base/errors.js';
import { progressDisplay } from '../observe/progress-bar.js';
import { Cluster, type ClusterOptions } from '../runtime/cluster/cluster.js';
import { run } from '../runtime/run.js';
import { RunError, type RunOptions, type RunResult } from '../runtime/run-options.js';
import { programArguments, seconds, wholeNumber } from './arguments.js';
import { ExitCode } from './exit.js';
import { checkpointLine, jsonSummary, textSummary, traceLine } from './summary.js';

export interface RunFlags {
  host?: string;
  hostfile?: string;
  listen?: string;
  oversubscribe?: boolean;
  keys?: string;
  ranks?: number;
  parts?: string;
  cycles?: number;
  transport?: string;
  hash?: boolean;
  json?: boolean;
  check?: boolean;
  tagOutput?: boolean;
  save?: string;
  checkpoint?: string;
  every?: number;
  progressLimit?: number;
  resume?: string;
  forceResume?: boolean;
  buddy?: number;
  minRanks?: number;
  trace?: string;
  traceEvents?: number;
}

/** `haloweave run FILE`. */
export function addRunCommand(program: Command): void {
  runFlags(
    program
      .command('run')
      .description('Run a program file (.ts or .js) on local ranks.')
      .argument('<file>', 'the program')
      .argument('[args...]', "after --: the program's own arguments, --key value"),
  ).action(async (file: string, words: string[], flags: RunFlags) => {
    process.exitCode = await runCommand(file, programArguments(words), flags);
  });
}

export function runFlags(command: Command): Command {
  return command
    .option(
      '-n, --ranks <number>',
      'ranks (default: HALOWEAVE_RANKS, SLURM_CPUS_PER_TASK, OMP_NUM_THREADS, or the cores)',
      wholeNumber('-n', 1),
    )
    .option('--parts <parts>', 'partitions: 25, 5x5 or cells=N (default: four a rank)')
    .option('--cycles <number>', 'cycles to run', wholeNumber('--cycles', 0))
    .option(
      '--transport <name>',
      'threads (default), inline: everything in one thread, for a debugger, or zeromq: see --host',
    )
    .option('--host <list>', 'run on the workers that listen there: a:7100,b:7100')
    .option('--hostfile <file>', 'the same from a file: host[:port] slots=N [key=KEY|NAME], one a line')
    .option('--listen <endpoint>', 'run on workers that join with worker --connect; waits for -n ranks')
    .option('--keys <file>', 'key file (see keygen); needed for workers on other machines')
    .option('--oversubscribe', 'allow more ranks than the workers offer')
    .option('--tag-output', 'begin every line that the program prints with its rank')
    .option('--save <folder>', 'write the final state there: .npy of every field, and an image for ParaView')
    .option(
      '--checkpoint <folder>',
      'save the state there as the run goes on, the last two times; with --every',
    )
    .option('--every <cycles>', 'cycles from one checkpoint to the next', wholeNumber('--every', 1))
    .option(
      '--progress-limit <seconds>',
      'give up a host with a workunit that takes longer, as if it were lost (default: never)',
      seconds('--progress-limit'),
    )
    .option(
      '--resume <folder>',
      'go on from the newest whole checkpoint there, to the same --cycles, on any ranks and transport',
    )
    .option('--force-resume', 'also from a checkpoint of another program, other arguments or another version')
    .option(
      '--buddy <cycles>',
      'on workers: keep a copy of the state in memory on another host, so often',
      wholeNumber('--buddy', 1),
    )
    .option(
      '--min-ranks <number>',
      'on workers: give up when hosts are lost and fewer ranks than this are left (default: 1)',
      wholeNumber('--min-ranks', 1),
    )
    .option('--trace <file>', 'write a Chrome trace: what every rank did when; open it at ui.perfetto.dev')
    .option(
      '--trace-events <number>',
      'events a rank keeps, the newest (default: 262144)',
      wholeNumber('--trace-events', 1),
    )
    .option('--hash', 'print the state hash')
    .option('--check', 'find what breaks the rules: workunits run twice, partitions move every cycle')
    .option('--json', 'print the summary as one JSON object on the last line of standard output');
}

/** Runs, shows progress and summary, and gives the exit code. */
export async function runCommand(
  file: string,
  args: Record<string, unknown>,
  flags: RunFlags,
  done?: (result: RunResult) => void,
): Promise<number> {
  const workers = clusterOptions(flags);
  const transport = flags.transport ?? (workers ? 'zeromq' : 'threads');
  if (transport !== 'threads' && transport !== 'inline' && transport !== 'zeromq')
    throw new HaloweaveError('usage', `--transport ${transport}: there are threads, inline and zeromq`);
  if ((transport === 'zeromq') !== (workers !== null))
    throw new HaloweaveError(
      'usage',
      workers
        ? `--transport ${transport} has no workers: leave out --host, --hostfile and --listen, or take --transport zeromq`
        : '--transport zeromq needs workers: name them with --host or --hostfile, or let them join with --listen',
    );
  if (transport === 'inline' && flags.ranks !== undefined && flags.ranks !== 1)
    process.stderr.write(
      `haloweave: -n ${flags.ranks} is ignored: --transport inline runs everything in one thread\n`,
    );
  const display = progressDisplay(process.stderr);
  const interrupts = new AbortController();
  const onInterrupt = (): void => {
    // A second Ctrl-C does not wait for anything.
    if (interrupts.signal.aborted) process.exit(ExitCode.interrupted);
    interrupts.abort();
  };
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onInterrupt);
  const options: RunOptions = {
    ...(transport === 'zeromq' ? {} : { transport }),
    args,
    hash: flags.hash === true || flags.json === true,
    check: flags.check === true,
    keep: flags.save !== undefined,
    signal: interrupts.signal,
    output: flags.json ? 2 : 1,
    tagOutput: flags.tagOutput === true,
    onProgress: (p) => display.update(p),
    ...(flags.ranks !== undefined ? { ranks: flags.ranks } : {}),
    ...(flags.parts !== undefined ? { parts: flags.parts } : {}),
    ...(flags.cycles !== undefined ? { cycles: flags.cycles } : {}),
    ...(flags.save !== undefined ? { save: flags.save } : {}),
    ...(flags.checkpoint !== undefined ? { checkpoint: flags.checkpoint } : {}),
    ...(flags.every !== undefined ? { every: flags.every } : {}),
    ...(flags.progressLimit !== undefined ? { progressLimit: flags.progressLimit } : {}),
    ...(flags.resume !== undefined ? { resume: flags.resume } : {}),
    ...(flags.forceResume ? { forceResume: true } : {}),
    ...(flags.buddy !== undefined ? { buddy: flags.buddy } : {}),
    ...(flags.minRanks !== undefined ? { minRanks: flags.minRanks } : {}),
    ...(flags.trace !== undefined ? { trace: flags.trace } : {}),
    ...(flags.traceEvents !== undefined ? { traceEvents: flags.traceEvents } : {}),
  };
  try {
    const result = workers
      ? await runOnWorkers(file, options, { ...workers, signal: interrupts.signal })
      : await run(file, options);
    display.stop();
    done?.(result);
    // Beside --json standard output is for one object.
    const remarks = flags.json ? process.stderr : process.stdout;
    if (flags.json) process.stdout.write(`${JSON.stringify(jsonSummary(result))}\n`);
    else process.stdout.write(`${textSummary(result, flags.hash === true)}\n`);
    if (flags.check) process.stderr.write(`haloweave: ${checkNote(result)}\n`);
    if (flags.save !== undefined) remarks.write(`  saved ${result.saved.length} files to ${flags.save}\n`);
    if (result.checkpoints) remarks.write(`  ${checkpointLine(result.checkpoints, flags.checkpoint!)}\n`);
    if (result.trace) remarks.write(`  ${traceLine(result.trace)}\n`);
    return interrupts.signal.aborted ? ExitCode.interrupted : ExitCode.done;
  } catch (error) {
    if (error instanceof RunError && error.trace) process.stderr.write(`${traceLine(error.trace)}\n`);
    else if (error instanceof RunError && error.cause instanceof HaloweaveError)
      process.stderr.write(`haloweave: ${error.cause.message}\n`);
    if (error instanceof RunError && error.checkpoints)
      process.stderr.write(`haloweave: ${checkpointLine(error.checkpoints, flags.checkpoint!)}\n`);
    if (error instanceof RunError && interrupts.signal.aborted) {
      const p = error.progress;
      process.stderr.write(
        `interrupted: ${p.cycle} cycles in ${p.seconds.toFixed(1)} s, then ended in the middle of a cycle\n`,
      );
      return ExitCode.interrupted;
    }
    throw error;
  } finally {
    display.stop();
    // Once interrupted the process is about to end: another signal in between is not to change how.
    if (!interrupts.signal.aborted) {
      process.off('SIGINT', onInterrupt);
      process.off('SIGTERM', onInterrupt);
    }
  }
}

/** Null for a run on this machine's threads. */
function clusterOptions(flags: RunFlags): ClusterOptions | null {
  const { host, hostfile, listen, ranks, oversubscribe, keys } = flags;
  if (host === undefined && hostfile === undefined && listen === undefined) return null;
  return {
    ...(host !== undefined ? { hosts: host.split(',') } : {}),
    ...(hostfile !== undefined ? { hostfile } : {}),
    ...(listen !== undefined ? { listen } : {}),
    ...(ranks !== undefined ? { ranks } : {}),
    ...(keys !== undefined ? { keys } : {}),
    oversubscribe: oversubscribe === true,
  };
}

async function runOnWorkers(file: string, options: RunOptions, workers: ClusterOptions): Promise<RunResult> {
  await using cluster = await Cluster.start(workers);
  return await cluster.run(file, options);
}

function checkNote(result: RunResult): string {
  if (result.interrupted) return 'interrupted before the check was done';
  return result.parts > 0
    ? 'checked: workunits gave the same twice, in any order, and wherever their partitions were'
    : '--check finds nothing to check: the program is no kernel program';
}
