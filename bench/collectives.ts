// `haloweave bench collectives`: barrier and small reductions, against Open MPI in C and mpi4py; more ranks than cores.
import { contest, figuresOf } from './interleave.js';
import type { Report } from './report.js';

/** More ranks than most laptops have cores for a test: nobody may spin then. */
const MANY = 8;

export async function collectives(peers: boolean, report: Report): Promise<void> {
  await contest(
    {
      bench: 'collectives',
      cases: [
        // Targets: at most twice the time.
        { name: 'barrier', target: 0.5 },
        { name: 'allreduce max 8 B', target: 0.5 },
      ],
      ours: () => figuresOf('collectives', 2, {}, {}),
      peer: { name: 'collectives', ranks: 2, args: [], kinds: ['openmpi', 'mpi4py'] },
    },
    peers,
    report,
  );
  const many = await figuresOf('collectives', MANY, { calls: 500 }, {});
  report.add({
    bench: 'collectives',
    case: `barrier, ${MANY} ranks`,
    value: many.get('barrier')!.value,
    unit: 'µs',
    target: 80,
  });
  const parked = await figuresOf('parked', MANY, {}, {});
  report.add({
    bench: 'collectives',
    case: `${MANY} parked ranks`,
    value: parked.get('parked ranks')!.value,
    unit: '% of a core',
    target: 1,
  });
}
