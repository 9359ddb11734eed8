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
