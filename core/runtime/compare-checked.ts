import { HaloweaveError } from '../base/errors.js';

/** What two runs of a program that keeps the rules have in common. */
export interface Comparable {
  cycles: number;
  hash: string | null;
  measures: Readonly<Record<string, number>>;
}

/** Throws if a checked run, whose parts moved from rank to rank, is not what the plain run was. */
export function compareChecked(plain: Comparable, checked: Comparable): void {
  const found = difference(plain, checked);
  if (found === null) return;
  throw new HaloweaveError(
    'program',
    `the program gave ${found} when its partitions moved between ranks: what it remembers of a partition must be in the partition, and nothing may depend on chance, time, or the rank`,
    { operation: 'check' },
  );
}

function difference(plain: Comparable, checked: Comparable): string | null {
  if (plain.cycles !== checked.cycles) return `${plain.cycles} cycles, and ${checked.cycles}`;
  for (const [name, value] of Object.entries(plain.measures))
    if (!Object.is(value, checked.measures[name])) return `${name} = ${value}, and ${checked.measures[name]}`;
  if (plain.hash !== checked.hash) return `the state hash ${plain.hash}, and ${checked.hash}`;
  return null;
}
