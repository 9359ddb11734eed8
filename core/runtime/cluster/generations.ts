/** What the parts of one host were after so many cycles, and who has it. */
export interface PieceSet {
  /** The host whose ranks owned the parts. */
  owner: number;
  /** Numbers of the parts; −1 is what the run as a whole had gathered. */
  parts: number[];
  /** Hosts that have all of them: the owner, its buddy. */
  holders: number[];
}

/** The state of all parts after so many cycles, in the memory of hosts. */
export interface Generation {
  epoch: number;
  cycles: number;
  /** Hosts that had ranks in that epoch: the generation is complete with a set of each. */
  owners: number[];
  sets: PieceSet[];
  /** All hosts and all buddies have had it: what is older is no longer kept. */
  committed: boolean;
}

/** A host has a whole set. */
export function addSet(
  generations: Generation[],
  of: { epoch: number; cycles: number; owners: number[] },
  owner: number,
  holder: number,
  parts: readonly number[],
): Generation {
  let g = generations.find((x) => x.epoch === of.epoch && x.cycles === of.cycles);
  if (!g) {
    g = { epoch: of.epoch, cycles: of.cycles, owners: of.owners, sets: [], committed: false };
    generations.push(g);
  }
  const set = g.sets.find((s) => s.owner === owner);
  if (!set) g.sets.push({ owner, parts: [...parts], holders: [holder] });
  else if (!set.holders.includes(holder)) set.holders.push(holder);
  return g;
}

/** Whether every owner's pieces are with somebody who is there. */
export function isComplete(g: Generation): boolean {
  return g.owners.every((owner) => g.sets.some((s) => s.owner === owner && s.holders.length > 0));
}

/** Whether everybody has what it has to have: its own pieces and, if there are buddies (of so many hosts), those of another. */
export function isKeptByAll(g: Generation, hosts: number): boolean {
  const copies = Math.min(2, hosts);
  return g.owners.every((owner) => g.sets.some((s) => s.owner === owner && s.holders.length >= copies));
}

/** What a host had is gone. */
export function dropHolder(generations: readonly Generation[], host: number): void {
  for (const g of generations) for (const s of g.sets) s.holders = s.holders.filter((h) => h !== host);
}

/** A host turns out to have nothing to save in an epoch. */
export function dropOwner(generations: readonly Generation[], epoch: number, host: number): void {
  for (const g of generations) if (g.epoch === epoch) g.owners = g.owners.filter((h) => h !== host);
}

/** The newest that can be restored, or null. */
export function newestComplete(generations: readonly Generation[]): Generation | null {
  let best: Generation | null = null;
  for (const g of generations)
    if (
      isComplete(g) &&
      (!best || g.cycles > best.cycles || (g.cycles === best.cycles && g.epoch > best.epoch))
    )
      best = g;
  return best;
}
