/** Wakes all ranks whose bits are set in a mailbox's waiter mask, and clears them. */
export function wakeSenders(
  i32: Int32Array,
  mask: number,
  ranks: number,
  wake: (rank: number) => void,
): void {
  for (let w = 0; w * 32 < ranks; w++) {
    let bits = Atomics.exchange(i32, mask + w, 0);
    while (bits !== 0) {
      const bit = 31 - Math.clz32(bits & -bits);
      bits &= bits - 1;
      wake(w * 32 + bit);
    }
  }
}
