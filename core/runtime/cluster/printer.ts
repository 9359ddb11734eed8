import { tagLines } from '../tag-lines.js';

const NEWLINE = 10;

/** Shows what ranks on other hosts have printed, in the order in which it comes, each rank's own order kept. */
export class Printer {
  readonly #tag: boolean;
  /** Whose printed line has not ended yet; '' if none. */
  #open = '';

  constructor(tag: boolean) {
    this.#tag = tag;
  }

  /** Calls back once the bytes have been written: as many may follow. */
  print(rank: number, descriptor: 1 | 2, given: Uint8Array, written: () => void): void {
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
