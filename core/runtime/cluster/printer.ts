import { tagLines } from '../tag-lines.js';

const NEWLINE = 10;

/** Shows what ranks on other hosts have printed, in the order in which it comes, each rank's own order kept. */
export class Printer {
  readonly #tag: boolean;
  /** Whose printed line has not ended yet; '' if none. */
  #open = '';

  #held: { descriptor: 1 | 2; bytes: Uint8Array }[] | null = null;

  constructor(tag: boolean) {
    this.#tag = tag;
  }

  /**
   * From here on what rank 0 prints is held back until `show`: it belongs to a frame or a report that would be printed again if a
   * host were lost in the middle.
   */
  hold(): void {
    this.#held ??= [];
  }

  /** Shows what has been held back. */
  show(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const { descriptor, bytes } of held) this.print(0, descriptor, bytes, () => {});
  }

  /** Whoever printed what has been held back is lost, and will print it again. */
  drop(): void {
    this.#held = null;
  }

  /** Calls back once the bytes have been written: as many may follow. */
  print(rank: number, descriptor: 1 | 2, given: Uint8Array, written: () => void): void {
    if (rank === 0 && this.#held) {
      this.#held.push({ descriptor, bytes: given });
      written();
      return;
    }
    const stream = descriptor === 1 ? process.stdout : process.stderr;
    stream.write(this.#tag && given.length > 0 ? this.#tagged(rank, descriptor, given) : given, () =>
      written(),
    );
  }

  #tagged(rank: number, descriptor: 1 | 2, given: Uint8Array): Uint8Array {
    const writer = `${rank}/${descriptor}`;
    const where = this.#open === '' ? 'begin' : this.#open === writer ? 'go on' : 'end another';
    this.#open = given[given.length - 1] === NEWLINE ? '' : writer;
    return tagLines(given, `[rank ${rank}] `, where);
  }
}
