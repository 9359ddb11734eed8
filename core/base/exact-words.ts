import { ExactSum } from './exact-sum.js';
import { TWO32 } from './words.js';

/** Words of the number itself; one word of flags follows. */
const LIMBS = ExactSum.WORDS - 1;

/**
 * Adds two sums as `ExactSum.write` leaves them, the one at `words[at]` to the one at `total[to]`: one long
 * two's-complement addition, exact. About 100 ns, no allocation.
 */
export function addExactWords(total: Int32Array, to: number, words: Int32Array, at: number): void {
  let carry = 0;
  for (let i = 0; i < LIMBS; i++) {
    const digit = (total[to + i]! >>> 0) + (words[at + i]! >>> 0) + carry;
    carry = digit >= TWO32 ? 1 : 0;
    total[to + i] = digit | 0;
  }
  total[to + LIMBS]! |= words[at + LIMBS]!;
}
