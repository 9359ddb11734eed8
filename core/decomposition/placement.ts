import { require } from '../base/errors.js';
import { cutOverHosts } from './cut.js';

/** Which rank has which parts. */
export interface Placement {
  /** By part: its rank. */
  readonly owner: Int32Array;
  /** Boundaries in the order of the parts: rank r has those from `cuts[r]` to `cuts[r + 1]`. */
  readonly cuts: Int32Array;
}

/**
 * Places parts on ranks: in the given order (along a curve, say), hosts first, so that parts near each other in the order
 * are on one rank, and then on one host. Ranks are numbered host by host, `ranks[h]` of them on host h. Weights are
 * by part; every rank gets as equal a share as the order allows (see `cutOverHosts`), a host as much as its
 * ranks together. With fewer parts than ranks the first ranks get one each. Pure and deterministic.
 * @throws HaloweaveError 'argument' if weights are not one for each part of the order, or not finite and ≥ 0.
 */
export function place(order: Int32Array, weights: ArrayLike<number>, ranks: ArrayLike<number>): Placement {
  require(weights.length === order.length, () =>
    `${weights.length} weights for ${order.length} parts: give one for each part`);
  const cuts = cutOverHosts(
    Float64Array.from(order, (part) => weights[part]),
    ranks,
  );
  const owner = new Int32Array(order.length);
  for (let r = 0; r + 1 < cuts.length; r++) for (let k = cuts[r]; k < cuts[r + 1]; k++) owner[order[k]] = r;
  return { owner, cuts };
}

/**
 * Numbers of ranks, host by host, from each rank's host: lengths of its runs. Ranks are dealt out host by host; a host
 * whose ranks are not consecutive counts as several.
 */
export function ranksByHost(hostOf: ArrayLike<number>): number[] {
  const ranks: number[] = [];
  for (let r = 0; r < hostOf.length; r++)
    if (r > 0 && hostOf[r] === hostOf[r - 1]) ranks[ranks.length - 1]++;
    else ranks.push(1);
  return ranks;
}
