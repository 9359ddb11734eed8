// The benchmarks by name; `haloweave bench NAME` calls `runBench`.
import { collectives } from './collectives.js';
import { grain } from './grain.js';
import { heat } from './heat.js';
import { latency } from './latency.js';
import { Report } from './report.js';
import { spins } from './spins.js';

export const names = ['latency', 'collectives', 'grain', 'heat', 'spins'] as const;

export async function runBench(name: string, flags: { json: boolean; peers: boolean }): Promise<void> {
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
      default:
        await spins(flags.peers, report);
    }
  } finally {
    report.end();
  }
}
