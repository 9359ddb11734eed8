import {
  type AddressInfo,
  createServer,
  connect as openConnection,
  type Server,
  type Socket,
} from 'node:net';
import { RandomStream } from '../../../core/base/random.js';

/** What a relay does to what passes, in ms; each way. */
export interface RelayFaults {
  delay: number;
  /** Evenly spread, ± so much; order is kept. */
  jitter: number;
}

/** Bytes that wait for their time on one connection and way; past it the sender is slowed down by TCP, as by a long line. */
const MOST_WAITING = 64 << 20;

/**
 * A TCP relay in front of a port: a line of any length between two processes. Bytes keep their order; what a seed draws is when
 * they pass. It can be stalled (nothing passes, connections stay) and cut (connections are reset, new ones as told).
 */
export class Relay {
  readonly #server: Server;
  /** Where it passes connections on to. */
  target: { host: string; port: number };
  readonly #random: RandomStream;
  #draws = 0;
  readonly #lines = new Set<Line>();
  faults: RelayFaults;
  #stalled = false;
  #down = false;
  /** How often there was something to cut. */
  cuts = 0;
  /** Connections made through it so far. */
  connections = 0;
  /** Bytes that have passed, both ways. */
  passed = 0;
  /** Told before some go on. */
  onPassing: (() => void) | null = null;

  private constructor(target: { host: string; port: number }, seed: number, faults: RelayFaults) {
    this.target = target;
    this.#random = new RandomStream(seed);
    this.faults = faults;
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
  }

  /** In front of `port`; 0 for the one that the relay itself gets, for a process that is told to take it, at another address. */
  static async to(
    port: number,
    options: { seed?: number; host?: string; at?: string; faults?: RelayFaults } = {},
  ): Promise<Relay> {
    const { seed = 1, host = '127.0.0.1', at = '127.0.0.1', faults = { delay: 0, jitter: 0 } } = options;
    const target = { host, port };
    const relay = new Relay(target, seed, faults);
    await new Promise<void>((resolve, reject) => {
      relay.#server.once('error', reject);
      relay.#server.listen(0, at, resolve);
    });
    if (port === 0) target.port = relay.port;
    return relay;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get address(): string {
    return (this.#server.address() as AddressInfo).address;
  }

  /** `tcp://…` to connect to. */
  get endpoint(): string {
    return `tcp://${this.address}:${this.port}`;
  }

  get open(): number {
    return this.#lines.size;
  }

  /** Resets all connections. New ones are made as before. */
  cut(): void {
    if (this.#lines.size > 0) this.cuts++;
    for (const line of [...this.#lines]) line.reset();
  }

  /** Resets all connections and lets none be made: they are accepted and go nowhere, as to a host that cannot be reached. */
  down(): void {
    this.#down = true;
    this.cut();
  }

  up(): void {
    this.#down = false;
    // Those that came meanwhile have nobody at the other end.
    this.cut();
  }

  /** Nothing passes until `resume`. */
  stall(): void {
    this.#stalled = true;
  }

  resume(): void {
    this.#stalled = false;
    for (const line of this.#lines) line.schedule();
  }

  /** When bytes that come now may pass. */
  arrival(now: number): number {
    const { delay, jitter } = this.faults;
    if (jitter === 0) return now + delay;
    return now + delay + (2 * this.#random.uniform(this.#draws++, 0) - 1) * jitter;
  }

  get stalled(): boolean {
    return this.#stalled;
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #accept(near: Socket): void {
    this.connections++;
    const far = this.#down ? null : openConnection({ ...this.target, allowHalfOpen: true });
    const line = new Line(this, near, far, () => this.#lines.delete(line));
    this.#lines.add(line);
  }
}

interface Waiting {
  at: number;
  /** Null: the sender has ended its side. */
  bytes: Buffer | null;
}

/** One connection through a relay. */
class Line {
  readonly #relay: Relay;
  readonly #ways: Way[];
  readonly #sockets: Socket[];
  readonly #gone: () => void;

  constructor(relay: Relay, near: Socket, far: Socket | null, gone: () => void) {
    this.#relay = relay;
    this.#gone = gone;
    this.#sockets = far ? [near, far] : [near];
    this.#ways = far ? [new Way(relay, near, far), new Way(relay, far, near)] : [];
    for (const s of this.#sockets) {
      s.setNoDelay(true);
      // A reset of one side is one of the other, and not before what was sent has arrived.
      s.on('error', () => {
        if (this.#relay.faults.delay === 0) this.reset();
      });
      s.on('close', () => {
        if (this.#sockets.every((x) => x.destroyed)) this.#gone();
        else for (const w of this.#ways) w.ended(s);
      });
    }
  }

  schedule(): void {
    for (const w of this.#ways) w.schedule();
  }

  reset(): void {
    for (const w of this.#ways) w.stop();
    for (const s of this.#sockets) s.resetAndDestroy();
    this.#gone();
  }
}

/** What goes one way. */
class Way {
  readonly #relay: Relay;
  readonly #from: Socket;
  readonly #to: Socket;
  #waiting: Waiting[] = [];
  #bytes = 0;
  #last = 0;
  #over = false;
  #timer: NodeJS.Timeout | null = null;

  constructor(relay: Relay, from: Socket, to: Socket) {
    this.#relay = relay;
    this.#from = from;
    this.#to = to;
    from.on('data', (bytes: Buffer) => this.#put(bytes));
    from.on('end', () => this.#put(null));
  }

  ended(socket: Socket): void {
    if (socket === this.#from) this.#put(null);
    else this.stop();
  }

  stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#waiting = [];
    this.#over = true;
  }

  schedule(): void {
    if (this.#timer || this.#relay.stalled) return;
    const first = this.#waiting[0];
    if (!first) return;
    const wait = first.at - performance.now();
    if (wait <= 0) this.#pass();
    else
      this.#timer = setTimeout(() => {
        this.#timer = null;
        this.#pass();
      }, wait);
  }

  #put(bytes: Buffer | null): void {
    if (this.#over) return;
    if (bytes === null) this.#over = true;
    this.#last = Math.max(this.#last, this.#relay.arrival(performance.now()));
    this.#waiting.push({ at: this.#last, bytes });
    this.#bytes += bytes?.length ?? 0;
    if (this.#bytes > MOST_WAITING) this.#from.pause();
    this.schedule();
  }

  #pass(): void {
    const now = performance.now();
    for (let w = this.#waiting[0]; w && w.at <= now && !this.#relay.stalled; w = this.#waiting[0]) {
      this.#waiting.shift();
      if (w.bytes === null) {
        this.#to.end();
        return;
      }
      this.#bytes -= w.bytes.length;
      this.#relay.passed += w.bytes.length;
      this.#relay.onPassing?.();
      if (!this.#to.destroyed) this.#to.write(w.bytes);
    }
    if (this.#bytes <= MOST_WAITING) this.#from.resume();
    this.schedule();
  }
}
