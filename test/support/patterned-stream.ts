import { performance } from 'node:perf_hooks';
import type { Mesh } from '../../core/transport/zeromq/mesh.js';
import { Freight } from '../../core/wire/network.js';
import { randomFrom } from './simulated-link.js';

/** Longest payload; a message is its number, and a payload of bytes that all are that number modulo 251. */
const MOST = 40_000;
const BLOCKS = 64;
const EXPECTED = Array.from({ length: 251 }, (_, b) => Buffer.alloc(MOST, b));

/**
 * A stream to a host out of few blocks of shared memory, each of which is written anew as soon as the message that lay in
 * it has been acknowledged. A message that is read from its block later than that does not have its own bytes any more.
 */
export class PatternedStream {
  sent = 0;
  acknowledged = 0;
  readonly #mesh: Mesh;
  readonly #host: number;
  readonly #messages: number;
  readonly #random: () => number;
  readonly #memory = new SharedArrayBuffer(BLOCKS * MOST);
  readonly #free = Array.from({ length: BLOCKS }, (_, k) => k);

  constructor(mesh: Mesh, host: number, messages: number, seed: number) {
    this.#mesh = mesh;
    this.#host = host;
    this.#messages = messages;
    this.#random = randomFrom(seed);
  }

  /** Sends until all blocks are taken. */
  go(): void {
    while (this.sent < this.#messages && this.#free.length > 0) {
      const block = this.#free.pop()!;
      const number = ++this.sent;
      // Some payloads are short enough to be copied by the socket, most are not.
      const bytes = Math.floor(this.#random() ** 2 * MOST);
      const payload = new Uint8Array(this.#memory, block * MOST, bytes).fill(number % 251);
      const head = new Uint8Array(8);
      new DataView(head.buffer).setFloat64(0, number);
      this.#mesh.send(this.#host, Freight.records, 1, [head, payload], () => {
        payload.fill(255);
        this.#free.push(block);
        this.acknowledged++;
        this.go();
      });
    }
  }
}

/** The other end of such streams: throws at the first message that is not the next one, or not what was sent. */
export class PatternedSink {
  received = 0;
  bytes = 0;
  /** When the last one came, by `performance.now()`. */
  last = 0;

  take(frames: readonly Uint8Array[]): void {
    const [head, payload] = frames as [Uint8Array, Uint8Array];
    const number = new DataView(head.buffer, head.byteOffset).getFloat64(0);
    if (number !== this.received + 1)
      throw new Error(`message ${number} came after message ${this.received}`);
    if (EXPECTED[number % 251]!.compare(payload, 0, payload.length, 0, payload.length) !== 0)
      throw new Error(`message ${number} of ${payload.length} bytes is not what was sent`);
    this.received = number;
    this.bytes += payload.length;
    this.last = performance.now();
  }
}
