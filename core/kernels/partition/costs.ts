import type { CostTable, RankSeconds } from '../program.js';

/** Steps shorter than this, in ms, are timed now and then only: reading the clock would cost as much as they do. */
const SHORT = 0.02;
/**
 * From so many steps to almost twice as many lie between two timed ones, 46 on average: a clock costs 0.1 µs at most. The number is drawn, so that no number of parts makes one part's turn come always or never.
 */
const GAP = 31;

/** What a rank's time goes to, in total and by part, from the steps that are timed. */
export class Costs {
  readonly table: CostTable;
  #until = 0;
  /** Steps for which the next sample stands. */
  #every = 1;
  /** State of a xorshift generator: any number but 0. */
  #draw = 0x2545f491;

  constructor(parts: number) {
    this.table = { seconds: new Float64Array(parts), samples: new Float64Array(parts) };
  }

  /** True if the step about to be made is to be timed. */
  due(): boolean {
    return --this.#until < 0;
  }

  /** Notes a timed step of a part: ms for its halos, and in its workunit. */
  sample(total: RankSeconds, part: number, halo: number, compute: number): void {
    const weight = this.#every / 1000;
    total.halo += halo * weight;
    total.compute += compute * weight;
    const { seconds, samples } = this.table;
    seconds[part] = seconds[part]! + compute / 1000;
    samples[part] = samples[part]! + 1;
    this.#every = halo + compute < SHORT ? this.#gap() : 1;
    this.#until = this.#every - 1;
  }

  #gap(): number {
    let x = this.#draw;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#draw = x;
    return GAP + ((x >>> 0) % GAP);
  }
}

/**
 * Seconds that each part's workunits took, from what all ranks have timed: timed mean × number of
 * workunits. A part that was never timed counts with the mean of all samples.
 */
export function estimateCosts(tables: readonly CostTable[], workunits: number): Float64Array {
  const seconds = summed(tables.map((t) => t.seconds));
  const samples = summed(tables.map((t) => t.samples));
  const all = samples.reduce((n, x) => n + x, 0);
  const mean = all > 0 ? seconds.reduce((n, x) => n + x, 0) / all : 0;
  return seconds.map((s, id) => workunits * (samples[id]! > 0 ? s / samples[id]! : mean));
}

function summed(lists: readonly Float64Array[]): Float64Array {
  const total = new Float64Array(lists[0]?.length ?? 0);
  for (const list of lists)
    list.forEach((x, k) => {
      total[k] = total[k]! + x;
    });
  return total;
}
