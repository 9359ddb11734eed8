import { HaloweaveError } from './errors.js';
import { PER_TWO32, TWO32, threefry4x32 } from './words.js';

/** Five groups of four rounds: the 20 rounds that the authors recommend, with a wide margin over BigCrush. */
const GROUPS = 5;
const PER_TWO53 = 2 ** -53;
/** Set in the block number of `direction`, so that it never shares words with `uniform`. */
const DIRECTIONS = 0x80000000;

/**
 * Random numbers as a pure function of (seed, stream, cell, cycle, draw): there is no state to carry, so
 * a cell draws the same numbers whichever partition, rank or host it is on, in whatever order, and after
 * a restart.
 *
 *     words = Threefry-4×32-20(counter = (cell low, cell high, cycle, block), key = (seed, stream))
 *
 * Every function is deterministic and the same on every machine: integer words, then + − × ÷ and sqrt
 * only. Cost about 25 ns a block of four words, no allocation. There is no `normal`: it wants a logarithm, and
 * the engine's may change with its version.
 *
 * Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11 (2011).
 */
export class RandomStream {
  /** The four 32-bit words of the last block drawn, by any of the methods. */
  readonly words = new Uint32Array(4);

  private readonly key: Int32Array;

  /**
   * @param seed integer from 0 to 2^53 − 1.
   * @param stream integer from 0 to 2^53 − 1: streams of one seed are independent. Give each purpose
   *   within a cycle (proposal, acceptance) its own, rather than counting draws.
   * @throws HaloweaveError('argument') if either is not such an integer.
   */
  constructor(seed: number, stream = 0) {
    if (!isCount(seed)) throw bad('seed', seed, 'from 0 to 2^53 - 1');
    if (!isCount(stream)) throw bad('stream', stream, 'from 0 to 2^53 - 1');
    this.key = Int32Array.of(seed, seed / TWO32, stream, stream / TWO32);
  }

  /**
   * Fills `words` with block 0 of a cell and cycle: the words that `uniform` makes draws 0 and 1 from.
   * @param cell integer from 0 to 2^53 − 1, the global index.
   * @param cycle integer from 0 to 2^32 − 1.
   * @throws HaloweaveError('argument') if either is not such an integer.
   */
  block(cell: number, cycle: number): void {
    this.fill(cell, cycle, 0);
  }

  /**
   * Draw k of a cell and cycle: uniform on [0, 1), a multiple of 2^−53, all equally likely.
   *
   * Of the two words (a, b) of the draw: (⌊a / 2^5⌋·2^26 + ⌊b / 2^6⌋)·2^−53. Draws 2j and 2j + 1 share block j.
   * @param k integer from 0 to 2^32 − 1.
   * @throws HaloweaveError('argument') if cell, cycle or k is out of range.
   */
  uniform(cell: number, cycle: number, k = 0): number {
    if (k >>> 0 !== k) throw bad('draw', k, 'from 0 to 2^32 - 1');
    this.fill(cell, cycle, k >>> 1);
    const at = (k & 1) * 2;
    return ((this.words[at] >>> 5) * 67108864 + (this.words[at + 1] >>> 6)) * PER_TWO53;
  }

  /**
   * A unit vector, uniform on the sphere, to `out[at], out[at + 1], out[at + 2]`:
   *
   *     (2·v₁·√(1 − s), 2·v₂·√(1 − s), 1 − 2·s),  s = v₁² + v₂²
   *
   * with (v₁, v₂) uniform on (−1, 1)², drawn again until s < 1 (4/π = 1.27 blocks on average). The blocks
   * are counted apart from those of `uniform`, and the number drawn depends on the key and counter alone.
   *
   * The length is 1 to within 4 units of 2^−53.
   * @throws HaloweaveError('argument') if cell or cycle is out of range.
   * Source: G. Marsaglia, "Choosing a point from the surface of a sphere", Ann. Math. Stat. 43 (1972).
   */
  direction(cell: number, cycle: number, out: Float64Array | number[], at = 0): void {
    const { words } = this;
    for (let draw = 0; ; draw++) {
      this.fill(cell, cycle, DIRECTIONS + draw);
      const v1 = centred(words[0], words[1]);
      const v2 = centred(words[2], words[3]);
      const s = v1 * v1 + v2 * v2;
      if (s >= 1) continue;
      const scale = 2 * Math.sqrt(1 - s);
      out[at] = v1 * scale;
      out[at + 1] = v2 * scale;
      out[at + 2] = 1 - 2 * s;
      return;
    }
  }

  private fill(cell: number, cycle: number, block: number): void {
    if (!isCount(cell)) throw bad('cell', cell, 'from 0 to 2^53 - 1');
    if (cycle >>> 0 !== cycle) throw bad('cycle', cycle, 'from 0 to 2^32 - 1');
    const { key } = this;
    // Signed: an unsigned word above 2^31 would be passed on as an allocated number.
    threefry4x32(
      this.words,
      GROUPS,
      cell | 0,
      (cell * PER_TWO32) | 0,
      cycle | 0,
      block | 0,
      key[0],
      key[1],
      key[2],
      key[3],
    );
  }
}

/**
 * Uniform on (−1, 1): an odd multiple of 2^−52 from 52 bits. The odd ones make the distribution
 * symmetric: v and −v are equally likely, so no direction is favoured even by one bit.
 */
function centred(a: number, b: number): number {
  // 26 + 26 bits, doubled and made odd: all below 2^53 in magnitude, hence exact.
  return (((a >>> 6) * 67108864 + (b >>> 6)) * 2 + 1 - 4503599627370496) * (2 * PER_TWO53);
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function bad(what: string, value: number, range: string): HaloweaveError {
  return new HaloweaveError('argument', `RandomStream: ${what} ${value} is not an integer ${range}`);
}
