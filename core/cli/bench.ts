import { existsSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Command, Option } from 'commander';
import { HaloweaveError } from '../base/errors.js';

/** What every benchmark is told. */
export interface BenchFlags {
  json: boolean;
  peers: boolean;
}

interface BenchModule {
  names: readonly string[];
  runBench(name: string, flags: BenchFlags): Promise<void>;
}

/** `haloweave bench NAME`: the benchmarks are part of the source checkout, not of the package. */
export function addBenchCommand(program: Command): void {
  program
    .command('bench')
    .description('Measure: latency, collectives, grain, heat, spins (source checkout only).')
    .argument('<name>', 'the benchmark, or all')
    .option('--json', 'one JSON object a line')
    .addOption(new Option('--peers', 'measure Open MPI and mpi4py in the same run (bench/peers/install.sh)'))
    .action(async (name: string, flags: { json?: boolean; peers?: boolean }) => {
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
        await bench.runBench(n, {
          json: flags.json === true,
          peers: flags.peers === true,
        });
      }
    });
}
