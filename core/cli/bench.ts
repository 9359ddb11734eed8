import { existsSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Command, Option } from 'commander';
import { HaloweaveError } from '../base/errors.js';
import { wholeNumber } from './arguments.js';

/** What every benchmark is told. */
export interface BenchFlags {
  json: boolean;
  peers: boolean;
  /** The class of a NAS Parallel Benchmark. */
  class?: string;
  ranks?: number;
}

interface BenchModule {
  names: readonly string[];
  /** Which of the options `class` and `ranks` a benchmark has. */
  own: Readonly<Record<string, readonly string[]>>;
  runBench(name: string, flags: BenchFlags): Promise<void>;
}

/** `haloweave bench NAME`: the benchmarks are part of the source checkout, not of the package. */
export function addBenchCommand(program: Command): void {
  program
    .command('bench')
    .description(
      'Measure: latency, collectives, grain, heat, spins, halo, sum, network, recovery, checkpoint, npb-ep (source checkout only).',
    )
    .argument('<name>', 'the benchmark, or all')
    .option('--json', 'one JSON object a line')
    .addOption(new Option('--peers', 'measure Open MPI and mpi4py in the same run (bench/peers/install.sh)'))
    .option('--class <letter>', 'npb-ep: S, W, A or B (default: S)')
    .option('-n, --ranks <number>', 'npb-ep: ranks (default: as for run)', wholeNumber('-n', 1))
    .action(async (name: string, flags: Partial<BenchFlags>) => {
      const path = fileURLToPath(new URL('../../bench/index.js', import.meta.url));
      if (!existsSync(path))
        throw new HaloweaveError(
          'usage',
          'benchmarks are not in the package: clone the repository, then npm ci && npx haloweave bench latency',
        );
      const bench = (await import(pathToFileURL(path).href)) as BenchModule;
      const chosen = name === 'all' ? bench.names : [name];
      for (const n of chosen) {
        if (!bench.names.includes(n))
          throw new HaloweaveError(
            'usage',
            `there is no benchmark '${n}': use one of ${bench.names.join(', ')}, all`,
          );
      }
      refuseStrangeOptions(bench, name, flags);
      for (const n of chosen) {
        await bench.runBench(n, { ...flags, json: flags.json === true, peers: flags.peers === true });
      }
    });
}

/** An option that a benchmark does not have would silently change nothing. */
function refuseStrangeOptions(bench: BenchModule, name: string, flags: Partial<BenchFlags>): void {
  for (const option of ['class', 'ranks'] as const) {
    if (flags[option] === undefined || bench.own[name]?.includes(option)) continue;
    const having = Object.keys(bench.own).filter((n) => bench.own[n]?.includes(option));
    throw new HaloweaveError(
      'usage',
      `bench ${name} has no option ${option === 'class' ? '--class' : '-n'}: leave it out (${having.join(', ')} has it)`,
    );
  }
}
