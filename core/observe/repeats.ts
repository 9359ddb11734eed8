/**
 * Keeps what is said over and over from filling a log: the first of a kind passes at once, then one an interval, with the
 * number of those that did not. Knows no clock: times are the caller's, in ms.
 */
export class Repeats {
  readonly #interval: number;
  readonly #capacity: number;
  readonly #kinds = new Map<string, { at: number; held: number }>();

  /** Remembers `capacity` kinds; a new one beyond them takes the place of the one that passed longest ago. */
  constructor(interval: number, capacity: number) {
    this.#interval = interval;
    this.#capacity = capacity;
  }

  /** How many of this kind were held back since the last one that passed; null if this one is to be held back too. */
  pass(kind: string, now: number): number | null {
    const known = this.#kinds.get(kind);
    if (known && now - known.at < this.#interval) {
      known.held++;
      return null;
    }
    this.#kinds.delete(kind);
    if (this.#kinds.size >= this.#capacity) {
      const [oldest] = this.#kinds.keys();
      this.#kinds.delete(oldest!);
    }
    this.#kinds.set(kind, { at: now, held: 0 });
    return known?.held ?? 0;
  }
}
