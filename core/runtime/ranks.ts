import { availableParallelism } from 'node:os';
import { HaloweaveError } from '../base/errors.js';

export interface RankChoice {
  ranks: number;
  /** Where the number comes from, for the summary. */
  source: string;
}

const VARIABLES = ['HALOWEAVE_RANKS', 'SLURM_CPUS_PER_TASK', 'OMP_NUM_THREADS'];

/** How many ranks: what was asked for, else the environment, else one per core. */
export function chooseRanks(asked: number | undefined, env: NodeJS.ProcessEnv = process.env): RankChoice {
  if (asked !== undefined) return { ranks: whole(asked, 'the number of ranks'), source: '-n' };
  for (const name of VARIABLES) {
    const text = env[name];
    if (text !== undefined && text !== '')
      return { ranks: whole(Number(text), `${name}=${text}`), source: name };
  }
  return { ranks: availableParallelism(), source: 'number of cores' };
}

function whole(n: number, what: string): number {
  if (Number.isInteger(n) && n >= 1) return n;
  throw new HaloweaveError(
    'usage',
    `${what} must be a whole number of 1 or more${Number.isNaN(n) ? '' : `, not ${n}`}`,
  );
}
