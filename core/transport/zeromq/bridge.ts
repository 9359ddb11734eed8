import { HaloweaveError } from '../../base/errors.js';
import type { Heap } from '../../memory/heap.js';
import { Note } from '../../wire/transfer.js';
import type { ThreadsControl } from '../threads/control.js';
import { CREDIT_WINDOW, SendCredits } from './credits.js';
import { Inbound } from './inbound.js';
import { Mailboxes } from './mailboxes.js';
import { Freight, type Mesh } from './mesh.js';
import { Outbound } from './outbound.js';
import { refusal } from './records.js';

/** How often the host looks even if nobody has rung, in ms; the interval also keeps its event loop alive. */
const LOOK_EVERY = 50;

export interface BridgeSetup {
  /** The host's control memory, made with a placement. */
  control: ThreadsControl;
  heap: Heap;
  mesh: Mesh;
  /** Bytes that a host may have on their way to one rank (default `CREDIT_WINDOW`); the same on all hosts. */
  window?: number;
  /** Called once if a host said what makes no sense, or if the heap is full: this epoch cannot go on. `host` is −1 for the own. */
  onFault: (host: number, error: Error) => void;
}

/** What has passed between this host and the others in its epoch. */
export interface BridgeCounters {
  /** By host: records sent there. */
  sent: number[];
  /** By host: records from there that reached a mailbox or array of a rank of this host. */
  received: number[];
  /** Payload bytes sent and received. */
  sentBytes: number;
  receivedBytes: number;
  /** Messages to other hosts that carried records. */
  messages: number;
  /** Records that wait here: in proxies, for room in a mailbox, or to be acknowledged. */
  waiting: number;
  /** Messages dropped because they were of another epoch. */
  stale: number;
  /** Messages refused, by reason. */
  refused: Record<string, number>;
}

/**
 * A host's main thread between its ranks and other hosts, for one epoch. Ranks ring when they put something into a
 * proxy; then all that is ready for one host goes there as one message, within the byte credits of each receiving
 * rank. What comes goes to the ranks' mailboxes; as they take it out, credits go back.
 */
export class Bridge {
  readonly #setup: BridgeSetup;
  readonly #boxes: Mailboxes;
  readonly #credits: SendCredits;
  readonly #outbound: Outbound;
  readonly #inbound: Inbound;
  readonly #hostOf: Int32Array;
  readonly #timer: NodeJS.Timeout;
  readonly #refused = new Map<string, number>();
  /** By host: pairs of rank and bytes to return. */
  readonly #returns: (number[] | null)[];
  #stale = 0;
  #listening = false;
  #scheduled = false;
  #stopped = false;

  constructor(setup: BridgeSetup) {
    const { control, heap, mesh, window = CREDIT_WINDOW } = setup;
    const { placement } = control.layout;
    if (!placement) throw new Error('a bridge needs control memory with a placement');
    this.#setup = setup;
    this.#boxes = new Mailboxes(control);
    this.#hostOf = placement.hostOf;
    const hosts = Math.max(...placement.hostOf) + 1;
    this.#returns = new Array<number[] | null>(hosts).fill(null);
    this.#credits = new SendCredits(control.ranks, window);
    this.#inbound = new Inbound(this.#boxes, heap, hosts, window);
    this.#outbound = new Outbound(this.#boxes, heap, mesh, placement.hostOf, this.#credits, {
      expect: (...landing) => this.#inbound.expect(...landing),
      acknowledged: (rank, peer, transfer, pieces) => {
        if (this.#stopped) return;
        this.#inbound.note(rank, peer, transfer, Note.acknowledged, pieces);
      },
    });
    this.#timer = setInterval(() => this.#turn(), LOOK_EVERY);
    this.#turn();
  }

  /** Takes a message of the mesh that is of freight `records` or `credit`. */
  receive(host: number, freight: Freight, epoch: number, frames: readonly Uint8Array[]): void {
    if (this.#stopped) return;
    if (epoch !== this.#boxes.epoch) {
      this.#stale++;
      return;
    }
    const why =
      freight === Freight.credit ? this.#takeCredits(host, frames) : this.#takeRecords(host, frames);
    if (why !== null) {
      this.#refused.set(why, (this.#refused.get(why) ?? 0) + 1);
      this.#fault(host, new HaloweaveError('lost', `host ${host} sent ${why}: the run cannot go on with it`));
      return;
    }
    this.#schedule();
  }

  counters(): BridgeCounters {
    const { sent, bytes: sentBytes, messages, queued, unacknowledged } = this.#outbound;
    const { received, bytes: receivedBytes, waiting, landings } = this.#inbound;
    return {
      sent: [...sent],
      received: [...received],
      sentBytes,
      receivedBytes,
      messages,
      waiting: queued + unacknowledged + waiting + landings,
      stale: this.#stale,
      refused: Object.fromEntries(this.#refused),
    };
  }

  /** Ends it: what lies in proxies stays there, what still comes is dropped. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    clearInterval(this.#timer);
    // The wait that is open ends; it would keep the memory otherwise.
    this.#boxes.ring();
  }

  #takeRecords(host: number, frames: readonly Uint8Array[]): string | null {
    const why = refusal(frames, host, this.#setup.control.layout.placement!);
    if (why !== null) return why;
    try {
      return this.#inbound.take(host, frames);
    } catch (error) {
      this.#fault(-1, error as Error);
      return null;
    }
  }

  #takeCredits(host: number, frames: readonly Uint8Array[]): string | null {
    const frame = frames[0];
    if (frames.length !== 1 || !frame || frame.byteLength % 8 !== 0) return 'credits of no known form';
    const words = new Uint32Array(frame.byteLength / 4);
    new Uint8Array(words.buffer).set(frame);
    for (let k = 0; k < words.length; k += 2) {
      if (this.#hostOf[words[k]!] !== host) return 'credits for a rank that it does not have';
      if (!this.#credits.comeBack(words[k]!, words[k + 1]!)) return 'credits for more bytes than it got';
    }
    return null;
  }

  /** What happens in one turn of the event loop is looked at together. */
  #schedule(): void {
    if (this.#scheduled || this.#stopped) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#turn();
    });
  }

  #turn(): void {
    if (this.#stopped) return;
    try {
      // First, so that whoever puts something there after it has been looked for rings.
      this.#boxes.arm();
      this.#move();
    } catch (error) {
      this.#fault(-1, error as Error);
      return;
    }
    if (this.#listening) return;
    this.#listening = true;
    this.#boxes.whenRung(() => {
      this.#listening = false;
      this.#turn();
    });
  }

  #move(): void {
    this.#inbound.push();
    this.#inbound.returnCredits((host, rank, bytes) => {
      this.#returns[host] ??= [];
      this.#returns[host].push(rank, bytes);
    });
    for (let host = 0; host < this.#returns.length; host++) {
      const pairs = this.#returns[host];
      if (!pairs) continue;
      this.#returns[host] = null;
      const frame = new Uint8Array(Uint32Array.from(pairs).buffer);
      this.#setup.mesh.send(host, Freight.credit, this.#boxes.epoch, [frame]);
    }
    this.#outbound.drain();
  }

  #fault(host: number, error: Error): void {
    if (this.#stopped) return;
    this.stop();
    this.#setup.onFault(host, error);
  }
}
