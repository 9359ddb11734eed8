/** Cutting an ordered list of weighted parts into one contiguous range per rank. */
import { require } from '../base/errors.js';

/**
 * Weights as integers whose sum is a safe integer, so that every range sum below is exact and no
 * comparison depends on where a range starts. Integers are kept; other weights are counted in units of
 * total · 2^−51 (2^51: rounding adds at most half a unit a part, and the sum must stay under 2^53).
 */
function integerWeights(weights: ArrayLike<number>): Float64Array {
  let total = 0;
  let integers = true;
  for (let i = 0; i < weights.length; i++) {
    const w = weights[i];
    require(Number.isFinite(w) && w >= 0, () =>
      `weight ${i} is ${w}: weights must be finite and not negative`);
    total += w;
    integers &&= Number.isInteger(w);
  }
  require(Number.isFinite(total), 'the weights sum to more than a double holds: scale them down');
  const out = Float64Array.from(weights);
  // Nothing to tell the parts apart: balance their number.
  if (total === 0) return out.fill(1);
  if (integers && total <= Number.MAX_SAFE_INTEGER) return out;
  return out.map((w) => Math.round((w / total) * 2 ** 51));
}

/**
 * The least largest range weight over all cuts into at most `ranks` ranges: bisection in which every
 * probe moves a bound onto a range sum that really occurs (the exact bisection of Pınar and Aykanat,
 * "Fast optimal load balancing algorithms for 1D partitioning", JPDC 64 (2004) 974–996).
 */
function leastBottleneck(weights: Float64Array, total: number, ranks: number): number {
  let low = Math.ceil(total / ranks);
  let high = total;
  for (const w of weights) if (w > low) low = w;
  while (low < high) {
    const bound = low + Math.floor((high - low) / 2);
    let ranges = 1;
    let sum = 0;
    let largest = 0;
    let overflow = Number.POSITIVE_INFINITY;
    for (const w of weights) {
      if (sum + w > bound) {
        if (sum + w < overflow) overflow = sum + w;
        ranges++;
        sum = 0;
      }
      sum += w;
      if (sum > largest) largest = sum;
    }
    // Any bound under the least overflow packs exactly the same ranges, so it fails as this one did.
    if (ranges <= ranks) high = largest;
    else low = overflow;
  }
  return high;
}

/**
 * Boundaries b (length ranks + 1, b[0] = 0, b[ranks] = parts) of contiguous ranges of the ordered
 * parts: rank r gets parts b[r]..b[r+1] − 1. The largest range weight is the least possible (for weights
 * that are not integers, to within parts · 2^−51 of their sum); among such cuts each boundary lies as
 * near as it can to its share r/ranks of the total weight, so equal weights give ranges that differ by
 * at most one part. Every rank gets at least one part; with fewer parts than ranks, the first `parts`
 * ranks get one each. Deterministic. O(parts) a probe, about log₂(total) probes at most, 53 in the worst case.
 * @throws HaloweaveError 'argument' for ranks < 1 or a weight that is negative, NaN or infinite.
 */
export function cutByWeight(weights: ArrayLike<number>, ranks: number): Int32Array {
  require(Number.isSafeInteger(ranks) && ranks >= 1, () => `a cut over ${ranks} ranks: use an integer ≥ 1`);
  return cutByHosts(weights, new Int32Array(ranks).fill(1));
}

/**
 * As `cutByWeight`, hosts first: `ranks[h]` ranks are on host h, none on some if need be. The largest range weight is
 * the least possible here too; among such cuts the boundaries between hosts lie as near as they can to their share
 * of the ranks, and then those between the ranks of a host to theirs of the host's weight. The same for one host and for
 * hosts of one rank. Gives the boundaries of all ranks, host by host.
 * @throws HaloweaveError 'argument' if there is no rank, a number of ranks is no whole number, or a weight is none.
 */
export function cutOverHosts(weights: ArrayLike<number>, ranks: ArrayLike<number>): Int32Array {
  const hosts = cutByHosts(weights, ranks);
  const cut: number[] = [0];
  for (let h = 0; h < ranks.length; h++) {
    if (ranks[h] === 0) continue;
    const range = Array.from({ length: hosts[h + 1] - hosts[h] }, (_, k) => weights[hosts[h] + k]);
    for (const b of cutByWeight(range, ranks[h]).subarray(1)) cut.push(hosts[h] + b);
  }
  return Int32Array.from(cut);
}

/** The first place whose sum of weights before it is at least `sum`, parts + 1 if there is none: sums are integers. */
function firstFrom(prefix: Float64Array, sum: number): number {
  let low = 0;
  let high = prefix.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (prefix[middle] < sum) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The boundaries between hosts of several ranks each (length hosts + 1). */
function cutByHosts(weights: ArrayLike<number>, ranksOf: ArrayLike<number>): Int32Array {
  const hosts = ranksOf.length;
  // firstRank[h]: ranks of the hosts before h.
  const firstRank = new Float64Array(hosts + 1);
  for (let h = 0; h < hosts; h++) {
    require(Number.isSafeInteger(ranksOf[h]) && ranksOf[h] >= 0, () =>
      `host ${h} has ${ranksOf[h]} ranks: use a whole number of 0 or more`);
    firstRank[h + 1] = firstRank[h] + ranksOf[h];
  }
  const ranks = firstRank[hosts];
  require(ranks >= 1, 'a cut over hosts without ranks: at least one host must have one');
  const w = integerWeights(weights);
  const parts = w.length;
  if (parts <= ranks) return Int32Array.from(firstRank, (r) => Math.min(r, parts));
  const cut = new Int32Array(hosts + 1);
  const prefix = new Float64Array(parts + 1);
  for (let i = 0; i < parts; i++) prefix[i + 1] = prefix[i] + w[i];
  const total = prefix[parts];
  const bound = leastBottleneck(w, total, ranks);

  // earliest[h]: the first place for boundary h from which the remaining hosts' ranks can still hold the rest.
  const earliest = new Int32Array(hosts + 1);
  earliest[hosts] = parts;
  for (let h = hosts - 1; h >= 1; h--) {
    let at = earliest[h + 1];
    for (let r = 0; r < ranksOf[h] && at > 0; r++) at = firstFrom(prefix, prefix[at] - bound);
    earliest[h] = at;
  }
  let near = 0;
  for (let h = 1; h < hosts; h++) {
    const from = cut[h - 1];
    // The last place that the host's ranks reach.
    let reach = from;
    for (let r = 0; r < ranksOf[h - 1] && reach < parts; r++)
      reach = firstFrom(prefix, prefix[reach] + bound + 1) - 1;
    const share = (total / ranks) * firstRank[h];
    while (near < parts && prefix[near] < share) near++;
    const target = near > 0 && share - prefix[near - 1] < prefix[near] - share ? near - 1 : near;
    // One part for every rank of this host and of those after it; the window is never empty because the
    // host before stopped at or after its own earliest place.
    const first = Math.max(from + ranksOf[h - 1], earliest[h]);
    const last = Math.min(reach, parts - (ranks - firstRank[h]));
    cut[h] = Math.min(Math.max(target, first), last);
  }
  cut[hosts] = parts;
  return cut;
}
