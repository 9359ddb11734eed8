// `haloweave bench spins`: RK4 Landau–Lifshitz–Gilbert on a square lattice, the solver's program, against C under MPI.
import { run } from 'haloweave';
import { contest, type Figures, programFile } from './interleave.js';
import type { Report } from './report.js';

const SIZE = 512;
/** About two seconds, most of them at full speed: the engine compiles during the first. */
const CYCLES = 300;

export async function spins(peers: boolean, report: Report): Promise<void> {
  await contest(
    {
      bench: 'spins',
      cases: [{ name: `spins ${SIZE}x${SIZE}` }],
      ours: async () => {
        const figures: Figures = new Map();
        const r = await run(programFile('spins'), {
          ranks: 2,
          cycles: CYCLES,
          args: { n: SIZE },
          hash: false,
        });
        figures.set(`spins ${SIZE}x${SIZE}`, { value: r.cellsPerSecond / 1e6, unit: 'Mspin/s' });
        return figures;
      },
      peer: { name: 'spins', ranks: 2, args: [String(SIZE)], kinds: ['openmpi'] },
    },
    peers,
    report,
  );
}
