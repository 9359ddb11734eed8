import { type Generation, newestComplete } from './generations.js';
import type { Start } from './membership-types.js';

/** The newest state that is whole: in memory, else on disk (cycles; null for none), else the beginning. */
export function chooseStart(generations: readonly Generation[], disk: number | null): Start {
  const g = newestComplete(generations);
  if (g && (disk === null || g.cycles >= disk))
    return { from: 'memory', cycles: g.cycles, epoch: g.epoch, sets: structuredClone(g.sets) };
  return disk === null ? { from: 'beginning' } : { from: 'disk', cycles: disk };
}
