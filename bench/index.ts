// The benchmarks by name; `haloweave bench NAME` calls `runBench`.
import { checkpoint } from './checkpoint.js';
import { collectives } from './collectives.js';
import { grain } from './grain.js';
import { halo } from './halo.js';
import { heat } from './heat.js';
import { latency } from './latency.js';
import { network } from './network.js';
import { npbEp } from './npb/npb-ep.js';
import { recovery } from './recovery.js';
import { Report } from './report.js';
import { spins } from './spins.js';
import { sums } from './sum.js';

export const names = [
  'latency',
  'collectives',
  'grain',
  'heat',
  'spins',
  'halo',
  'sum',
  'network',
  'recovery',
  'checkpoint',
  'npb-ep',
] as const;

/** The options beyond --json and --peers, by the benchmarks that have them. */
export const own: Readonly<Record<string, readonly string[]>> = { 'npb-ep': ['class', 'ranks'] };

export interface BenchFlags {
  json: boolean;
  peers: boolean;
  class?: string;
  ranks?: number;
}

export async function runBench(name: string, flags: BenchFlags): Promise<void> {
  const report = new Report(flags.json);
  try {
    switch (name) {
      case 'latency':
        await latency(flags.peers, report);
        break;
      case 'collectives':
        await collectives(flags.peers, report);
        break;
      case 'grain':
        await grain(report);
        break;
      case 'heat':
        await heat(flags.peers, report);
        break;
      case 'halo':
        await halo(report);
        break;
      case 'sum':
        await sums(report);
        break;
      case 'network':
        await network(flags.peers, report);
        break;
      case 'recovery':
        await recovery(report);
        break;
      case 'checkpoint':
        await checkpoint(report);
        break;
      case 'npb-ep':
        // The smallest class: half a second, so that `bench all` may have it.
        await npbEp(flags.class ?? 'S', flags.ranks, report);
        break;
      default:
        await spins(flags.peers, report);
    }
  } finally {
    report.end();
  }
}
