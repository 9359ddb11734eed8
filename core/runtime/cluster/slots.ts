import { HaloweaveError } from '../../base/errors.js';

/** A host that may have ranks. */
export interface Offer {
  host: number;
  /** Where it is, for people. */
  name: string;
  slots: number;
}

/** Whether so many ranks can be had. */
export function hasRoom(offers: readonly Offer[], ranks: number, oversubscribe: boolean): boolean {
  return offers.length > 0 && (oversubscribe || ranks <= offers.reduce((n, o) => n + o.slots, 0));
}

/** How many ranks a run gets on these hosts. Pure. @throws HaloweaveError 'usage' that says who offers how many. */
export function ranksOn(
  offers: readonly Offer[],
  wanted: number | undefined,
  oversubscribe: boolean,
): number {
  const ranks = wanted ?? offers.reduce((n, o) => n + o.slots, 0);
  if (hasRoom(offers, ranks, oversubscribe)) return ranks;
  throw new HaloweaveError('usage', `${tooFew(offers, ranks)}; ${REMEDY}`);
}

const REMEDY =
  'name more workers, start them with a larger -n, ask for fewer ranks, or allow more ranks than slots with --oversubscribe';

/** Who offers how many ranks, when more are wanted. */
export function tooFew(offers: readonly Offer[], ranks: number): string {
  const slots = offers.reduce((n, o) => n + o.slots, 0);
  const list = offers.map((o) => `${o.name} offers ${o.slots}`).join(', ');
  return `${ranks} rank${ranks === 1 ? '' : 's'} wanted, but ${offers.length === 0 ? 'there are no workers' : `the workers have room for ${slots}: ${list}`}`;
}

/**
 * By rank: its host. Ranks of a host are consecutive, hosts in the order given; each gets its share by slots, so that all work
 * as long as there are as many ranks as hosts. Pure.
 */
export function dealRanks(offers: readonly Offer[], ranks: number): number[] {
  const counts = offers.map(() => 0);
  for (let r = 0; r < ranks; r++) {
    // The host that is the least full with one more; products, for exact ties.
    let best = -1;
    for (const [k, o] of offers.entries()) {
      if (o.slots === 0) continue;
      if (best < 0 || (counts[k]! + 1) * offers[best]!.slots < (counts[best]! + 1) * o.slots) best = k;
    }
    counts[best]!++;
  }
  return offers.flatMap((o, k) => new Array<number>(counts[k]!).fill(o.host));
}
