import { Cluster } from 'haloweave';
import { expect, it } from 'vitest';
import { Dealer } from 'zeromq';
import { readControl } from '../../../../core/runtime/cluster/control-codec.js';
import {
  type ControlMessage,
  type ControlOf,
  PROTOCOL,
} from '../../../../core/runtime/cluster/control-messages.js';
import { FrameKind, readHeader, writeHeader } from '../../../../core/runtime/cluster/control-peer.js';
import { thisProcess } from '../../../../core/runtime/cluster/identity.js';
import { encodeBounded } from '../../../../core/wire/bounded-decode.js';

/** A worker that speaks by hand, and acknowledges what it hears only when it is told to. */
class HandWorker implements Disposable {
  readonly heard: ControlMessage[] = [];
  readonly #socket = new Dealer({ linger: 0 });
  #sent = 0;
  #acknowledged = 0;
  #pongs = 0;
  #look: () => void = () => {};

  constructor(endpoint: string) {
    this.#socket.connect(endpoint);
    void this.#receive();
    void this.say({ type: 'hello', protocol: PROTOCOL, role: 'worker', identity: thisProcess(), ranks: 1 });
  }

  async #receive(): Promise<void> {
    for await (const [head, body] of this.#socket) {
      const header = readHeader(head)!;
      if (header.kind === FrameKind.message) this.heard.push(readControl(body!) as ControlMessage);
      else if (header.kind === FrameKind.ping) void this.#put(FrameKind.pong, header.at);
      else if (header.kind === FrameKind.pong) this.#pongs++;
      this.#look();
    }
  }

  #put(kind: FrameKind, at: number, body?: Uint8Array): Promise<void> {
    const header = writeHeader({ kind, number: this.#sent, acknowledged: this.#acknowledged, at });
    return this.#socket.send(body ? [header, body] : [header]);
  }

  say(message: ControlMessage): Promise<void> {
    this.#sent++;
    return this.#put(FrameKind.message, 0, encodeBounded(message));
  }

  async #until(there: () => boolean): Promise<void> {
    while (!there())
      await new Promise<void>((resolve) => {
        this.#look = resolve;
      });
  }

  /** Acknowledges all that it has heard, and waits until the coordinator has taken that in. */
  async acknowledge(): Promise<void> {
    this.#acknowledged = this.heard.length;
    const pongs = this.#pongs;
    await this.#put(FrameKind.ping, 0);
    await this.#until(() => this.#pongs > pongs);
  }

  /** The n-th message of a type. */
  async told<T extends ControlMessage['type']>(type: T, n = 1): Promise<ControlOf<T>> {
    const of = (): ControlMessage[] => this.heard.filter((m) => m.type === type);
    await this.#until(() => of().length >= n);
    return of()[n - 1] as ControlOf<T>;
  }

  async join(): Promise<void> {
    const { host } = await this.told('welcome');
    const endpoints = ['tcp://127.0.0.1:9'];
    const address = { host, endpoints, publicKey: null, instance: '0123456789abcdef', machine: 'elsewhere' };
    await this.say({ type: 'joined', address });
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }
}

const numbers = ({ addresses }: { addresses: { host: number }[] }): number[] => addresses.map((a) => a.host);

it('hosts connect to each other once all of them have the list of those that may', async () => {
  await using cluster = await Cluster.start({ listen: 'tcp://127.0.0.1:0', ranks: 0, onNotice: () => {} });
  using first = new HandWorker(cluster.endpoint!);
  await first.join();
  expect(numbers(await first.told('hosts'))).toEqual([0, 1]);
  await first.acknowledge();
  expect(numbers(await first.told('meet'))).toEqual([0, 1]);

  using second = new HandWorker(cluster.endpoint!);
  await second.join();
  expect(numbers(await first.told('hosts', 2))).toEqual([0, 1, 2]);
  expect(numbers(await second.told('hosts'))).toEqual([0, 1, 2]);
  await first.acknowledge();
  // The second one has not said yet that it has the list: whoever connected to it now might be refused.
  expect(first.heard.filter((m) => m.type === 'meet')).toHaveLength(1);
  expect(cluster.hosts).toHaveLength(1);
  await second.acknowledge();
  expect(numbers(await first.told('meet', 2))).toEqual([0, 1, 2]);
  expect(numbers(await second.told('meet'))).toEqual([0, 1, 2]);
  expect(cluster.hosts).toHaveLength(2);
});
