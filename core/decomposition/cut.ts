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
  const w = integerWeights(weights);
  const parts = w.length;
  const cut = new Int32Array(ranks + 1);
  if (parts <= ranks) {
    for (let r = 0; r <= ranks; r++) cut[r] = Math.min(r, parts);
    return cut;
  }
  const prefix = new Float64Array(parts + 1);
  for (let i = 0; i < parts; i++) prefix[i + 1] = prefix[i] + w[i];
  const total = prefix[parts];
  const bound = leastBottleneck(w, total, ranks);

  // earliest[r]: the first place for boundary r from which the remaining ranks can still hold the rest.
  const earliest = new Int32Array(ranks + 1);
  earliest[ranks] = parts;
  for (let r = ranks - 1; r >= 1; r--) {
    let at = earliest[r + 1];
    while (at > 0 && prefix[earliest[r + 1]] - prefix[at - 1] <= bound) at--;
    earliest[r] = at;
  }
  let near = 0;
  let reach = 0;
  for (let r = 1; r < ranks; r++) {
    const from = cut[r - 1];
    if (reach < from) reach = from;
    while (reach < parts && prefix[reach + 1] - prefix[from] <= bound) reach++;
    const share = (total / ranks) * r;
    while (near < parts && prefix[near] < share) near++;
    const target = near > 0 && share - prefix[near - 1] < prefix[near] - share ? near - 1 : near;
    // One part for this rank and for each one after it; the window is never empty because the rank
    // before stopped at or after its own earliest place.
    const first = Math.max(from + 1, earliest[r]);
    const last = Math.min(reach, parts - (ranks - r));
    cut[r] = Math.min(Math.max(target, first), last);
  }
  cut[ranks] = parts;
  return cut;
}
