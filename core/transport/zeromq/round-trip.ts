/** Below this a busy main thread (a message of 1000 records takes some ms to check and copy) would be taken for a loss. */
const LEAST_MS = 50;
/** A peer that says nothing is asked again this often at least. */
const MOST_MS = 2000;
/** Until something has been measured. Asking too early costs a message of 64 bytes, nothing else. */
const FIRST_MS = 200;

/** How long an answer may take: from measured round trips, by V. Jacobson's estimator as in RFC 6298, section 2. */
export class RoundTrip {
  #smoothed = 0;
  #variation = 0;

  /** Mean round trip in ms; 0 before the first measurement. */
  get mean(): number {
    return this.#smoothed;
  }

  sample(ms: number): void {
    if (this.#smoothed === 0) {
      this.#smoothed = ms;
      this.#variation = ms / 2;
    } else {
      this.#variation += (Math.abs(this.#smoothed - ms) - this.#variation) / 4;
      this.#smoothed += (ms - this.#smoothed) / 8;
    }
  }

  /** How long to wait for an answer when `unanswered` questions in a row had none. */
  patience(unanswered: number): number {
    const once = this.#smoothed === 0 ? FIRST_MS : this.#smoothed + 4 * this.#variation;
    return Math.min(MOST_MS, Math.max(LEAST_MS, once) * 2 ** Math.min(unanswered, 16));
  }
}
