// `haloweave bench latency`: point-to-point messages between two ranks, against Open MPI in C and mpi4py.
import { contest, figuresOf } from './interleave.js';
import type { Report } from './report.js';

const UNITS = { 'bandwidth 1 MiB private': 'GB/s', 'bandwidth 1 MiB heap': 'GB/s' };

export async function latency(peers: boolean, report: Report): Promise<void> {
  await contest(
    {
      bench: 'latency',
      cases: [
        // Targets: at most twice the time, at least 0.8 and 1.5 times the bandwidth.
        { name: 'latency 8 B', target: 0.5 },
        { name: 'latency 1 KiB' },
        { name: 'latency 64 KiB' },
        { name: 'bandwidth 1 MiB private', peerCase: 'bandwidth 1 MiB', target: 0.8 },
        { name: 'bandwidth 1 MiB heap', peerCase: 'bandwidth 1 MiB', target: 1.5 },
      ],
      ours: () => figuresOf('latency', 2, {}, UNITS),
      peer: { name: 'latency', ranks: 2, args: [], kinds: ['openmpi', 'mpi4py'] },
    },
    peers,
    report,
  );
}
