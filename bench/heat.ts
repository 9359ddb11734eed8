// `haloweave bench heat`: explicit heat in two dimensions, the example's program, against C and NumPy under MPI; in three.
import { fileURLToPath } from 'node:url';
import { run } from 'haloweave';
import { contest, type Figures, programFile } from './interleave.js';
import type { Report } from './report.js';

const PROGRAM = fileURLToPath(new URL('../../examples/heat.ts', import.meta.url));
/** Cycles by grid: about a second each, of which the engine compiles in the first tenth. */
const SIZES = [
  [512, 4000],
  [2048, 250],
] as const;
/** In three dimensions, without a peer: in the cache, and far beyond it. */
const CUBES = [
  [64, 1500],
  [256, 25],
] as const;

export async function heat(peers: boolean, report: Report): Promise<void> {
  await contest(
    {
      bench: 'heat',
      cases: [
        ...SIZES.map(([n]) => ({ name: `heat ${n}x${n}` })),
        ...CUBES.map(([n]) => ({ name: `heat ${n}x${n}x${n}` })),
      ],
      ours: async () => {
        const figures: Figures = new Map();
        for (const [n, cycles] of SIZES) {
          const r = await run(PROGRAM, {
            ranks: 2,
            cycles,
            args: { shape: `${n}x${n}`, r: 0.1 },
            hash: false,
          });
          figures.set(`heat ${n}x${n}`, { value: r.cellsPerSecond / 1e6, unit: 'Mcell/s' });
        }
        for (const [n, cycles] of CUBES) {
          const shape = `${n}x${n}x${n}`;
          const r = await run(programFile('sweep'), { ranks: 2, cycles, args: { shape }, hash: false });
          figures.set(`heat ${shape}`, { value: r.cellsPerSecond / 1e6, unit: 'Mcell/s' });
        }
        return figures;
      },
      peer: { name: 'heat', ranks: 2, args: SIZES.map(([n]) => String(n)), kinds: ['openmpi', 'mpi4py'] },
    },
    peers,
    report,
  );
}
