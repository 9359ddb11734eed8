/**
 * Bytes that one host may have on their way to one rank, with those that lie in its mailbox: sixteen eager messages or
 * eight pieces, more than a link of 10 Gb/s carries in half a millisecond.
 */
export const CREDIT_WINDOW = 1024 * 1024;

/**
 * The sender's side of byte credits: what this host may still send to each rank of other hosts. A rank that takes
 * nothing out of its mailbox uses up its own window, and nobody else's.
 */
export class SendCredits {
  readonly #window: number;
  /** By rank: bytes sent and not yet taken out of its mailbox. */
  readonly #used: Float64Array;

  constructor(ranks: number, window: number) {
    this.#window = window;
    this.#used = new Float64Array(ranks);
  }

  /**
   * Whether a record may be sent. One that does not fit goes when half of the window is free, so that any size of
   * record gets through any window: the other side returns credits from half a window on.
   */
  allows(rank: number, bytes: number): boolean {
    const used = this.#used[rank]!;
    return used + bytes <= this.#window || used <= this.#window / 2;
  }

  use(rank: number, bytes: number): void {
    this.#used[rank]! += bytes;
  }

  /** False if more comes back than was used: the other host counts wrongly. */
  comeBack(rank: number, bytes: number): boolean {
    if (bytes > this.#used[rank]!) return false;
    this.#used[rank]! -= bytes;
    return true;
  }

  /** Bytes sent to a rank and not yet taken out of its mailbox, as far as this host knows. */
  used(rank: number): number {
    return this.#used[rank]!;
  }
}

/** The receiver's side, of one rank of this host: whose records it has not taken out of its mailbox yet. */
export class Owed {
  /** By host: bytes that arrived and have not been returned. */
  readonly #open: Float64Array;
  /** By host: bytes of these that the rank has taken out. */
  readonly #due: Float64Array;
  readonly #window: number;
  // Records in the mailbox, oldest first: a ring as long as the mailbox.
  readonly #tickets: Int32Array;
  readonly #hosts: Int32Array;
  readonly #bytes: Float64Array;
  #from = 0;
  #to = 0;

  constructor(hosts: number, records: number, window: number) {
    this.#open = new Float64Array(hosts);
    this.#due = new Float64Array(hosts);
    this.#window = window;
    this.#tickets = new Int32Array(records);
    this.#hosts = new Int32Array(records);
    this.#bytes = new Float64Array(records);
  }

  /** Counts a record that arrived; false if its host has sent more than it may. */
  arrived(host: number, bytes: number): boolean {
    const open = this.#open[host]!;
    if (open + bytes > this.#window && open > this.#window / 2) return false;
    this.#open[host] = open + bytes;
    return true;
  }

  /** A record that arrived now lies in the mailbox under that number. */
  pushed(ticket: number, host: number, bytes: number): void {
    const k = this.#to++ % this.#tickets.length;
    this.#tickets[k] = ticket;
    this.#hosts[k] = host;
    this.#bytes[k] = bytes;
  }

  /** Records below that number have been taken out. */
  settle(taken: number): void {
    const n = this.#tickets.length;
    while (this.#from < this.#to && ((this.#tickets[this.#from % n]! - taken) | 0) < 0) {
      const k = this.#from++ % n;
      this.#due[this.#hosts[k]!]! += this.#bytes[k]!;
    }
    if (this.#from === this.#to) {
      this.#from = 0;
      this.#to = 0;
    }
  }

  /** Bytes to return to a host now: from half a window on, so that few messages do. */
  give(host: number): number {
    const due = this.#due[host]!;
    if (due === 0 || due < this.#window / 2) return 0;
    this.#due[host] = 0;
    this.#open[host]! -= due;
    return due;
  }

  /** Whether a host may be stopped, or soon: then this rank's taking out has to be watched. */
  isPressed(host: number): boolean {
    return this.#open[host]! >= this.#window / 2;
  }
}
