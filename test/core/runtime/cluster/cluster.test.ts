import { Cluster, run } from 'haloweave';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readControl, sendControl } from '../../../../core/runtime/cluster/control-codec.js';
import type { ControlMessage } from '../../../../core/runtime/cluster/control-messages.js';
import type { ControlPeer } from '../../../../core/runtime/cluster/control-peer.js';
import { connectControl, listenForControl } from '../../../../core/runtime/cluster/control-sockets.js';
import { thisProcess } from '../../../../core/runtime/cluster/identity.js';
import { withoutKeys } from '../../../../core/transport/zeromq/curve.js';
import { encodeBounded } from '../../../../core/wire/bounded-decode.js';
import { start } from '../../../support/command-line.js';
import { WorkerProcesses } from '../../../support/faults/worker-processes.js';
import { exampleFile } from '../../../support/kernel-programs.js';

const heat = exampleFile('heat');
const ring = exampleFile('ring');

/** What a cluster has said, and a way to wait for it. */
class Notices {
  readonly texts: string[] = [];
  readonly #waiting: (() => void)[] = [];
  readonly take = (text: string): void => {
    this.texts.push(text);
    for (const look of this.#waiting.splice(0)) look();
  };

  async seen(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = this.texts.find((t) => pattern.test(t));
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }
}

const joining = (cluster: Cluster, ranks: number) =>
  start(['worker', '--connect', cluster.endpoint!, '-n', String(ranks)], { serves: true });

describe('a cluster that listens', () => {
  it('runs one program after another, on those that are there: workers join and leave in between', async () => {
    const notices = new Notices();
    await using named = await WorkerProcesses.start(1);
    await using cluster = await Cluster.start({
      hosts: named.addresses,
      listen: 'tcp://127.0.0.1:0',
      onNotice: notices.take,
    });
    const reference = await run(heat, { ranks: 1, cycles: 50 });
    expect(cluster.endpoint).toMatch(/^tcp:\/\/127\.0\.0\.1:\d+$/);
    expect(cluster.hosts.map(({ host, ranks }) => [host, ranks])).toEqual([[1, 1]]);
    expect((await cluster.run(heat, { cycles: 50 })).hash).toBe(reference.hash);

    const joined = joining(cluster, 2);
    expect(await notices.seen(/^host 2, .* has joined/)).toMatch(/^host 2, .* has joined with 2 ranks$/);
    expect(cluster.hosts.map(({ host, ranks }) => [host, ranks])).toEqual([
      [1, 1],
      [2, 2],
    ]);
    const second = await cluster.run(heat, { cycles: 50 });
    expect(second.hash).toBe(reference.hash);
    expect(second.hosts.map(({ host, ranks }) => [host, ranks])).toEqual([
      [1, 1],
      [2, 2],
    ]);

    joined.interrupt('SIGTERM');
    await notices.seen(/^host 2, .* has left$/);
    expect((await joined.ended).code).toBe(0);
    expect(cluster.hosts.map(({ host }) => host)).toEqual([1]);
    const third = await cluster.run(heat, { cycles: 50 });
    expect(third.hash).toBe(reference.hash);
    // A number is never used again.
    const again = joining(cluster, 1);
    await notices.seen(/^host 3, .* has joined with 1 rank$/);
    expect((await cluster.run(ring)).hosts.map(({ host }) => host)).toEqual([1, 3]);
    await cluster.close();
    expect((await again.ended).code).toBe(0);
    await expect(cluster.run(ring)).rejects.toThrow('this cluster has been closed');
  });

  it('is no longer waited for once it is told so', async () => {
    const notices = new Notices();
    const stop = new AbortController();
    const starting = Cluster.start({
      listen: 'tcp://127.0.0.1:0',
      ranks: 2,
      onNotice: notices.take,
      signal: stop.signal,
    });
    await notices.seen(/waiting for workers: 2 ranks wanted, but there are no workers/);
    stop.abort();
    await expect(starting).rejects.toThrow('interrupted while waiting for workers');
  });
});

describe('a cluster of workers that are named', () => {
  it('is no longer waited for once it is told so', async () => {
    // Somebody listens and says nothing.
    using silent = await FakePeer.listen(() => {});
    const stop = new AbortController();
    const starting = Cluster.start({ hosts: [silent.address], signal: stop.signal, onNotice: () => {} });
    await silent.heard('hello');
    stop.abort();
    await expect(starting).rejects.toMatchObject({
      code: 'aborted',
      message: 'interrupted while waiting for workers',
    });
  });

  it('is refused if they offer too little, by name', async () => {
    await using workers = await WorkerProcesses.start(1, 2);
    const hosts = workers.addresses;
    await expect(Cluster.start({ hosts, ranks: 4 })).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringMatching(
        new RegExp(
          `^4 ranks wanted, but the workers have room for 3: .*${hosts[0]}.* offers 1, .*${hosts[1]}.* offers 2; name more workers`,
        ),
      ),
    });
    await using cluster = await Cluster.start({ hosts });
    await expect(cluster.run(ring, { ranks: 5 })).rejects.toThrow(/^5 ranks wanted, but .* room for 3/);
    expect((await cluster.run(ring, { ranks: 2 })).ranks).toBe(2);
  });
});

/** The other end of a control link, which says what a test wants. */
class FakePeer implements Disposable {
  readonly #bodies: Uint8Array[] = [];
  readonly #close: () => void;
  #look: () => void = () => {};
  address = '';

  private constructor(close: () => void) {
    this.#close = close;
  }

  static async listen(answer: (peer: ControlPeer) => void): Promise<FakePeer> {
    const listener = await listenForControl(
      'tcp://127.0.0.1:0',
      (peer) => {
        peer.onMessage = (body) => fake.#take(body);
        answer(peer);
      },
      withoutKeys(() => {}),
    );
    const fake = new FakePeer(() => listener.close());
    fake.address = listener.endpoint.replace('tcp://', '');
    return fake;
  }

  static connect(endpoint: string, say: Uint8Array): FakePeer {
    const peer = connectControl(
      endpoint,
      withoutKeys(() => {}),
      null,
    );
    // What cannot be sent yet is sent when the other side is seen to lack it.
    const asking = setInterval(() => peer.ping(performance.now()), 50);
    const fake = new FakePeer(() => {
      clearInterval(asking);
      peer.close();
    });
    peer.onMessage = (body) => fake.#take(body);
    peer.send(say);
    return fake;
  }

  #take(body: Uint8Array): void {
    this.#bodies.push(body);
    this.#look();
  }

  async heard<T extends ControlMessage['type']>(type: T): Promise<Extract<ControlMessage, { type: T }>> {
    for (;;) {
      for (const body of this.#bodies) {
        const message = readControl(body);
        if (message.type === type) return message as Extract<ControlMessage, { type: T }>;
      }
      await new Promise<void>((resolve) => {
        this.#look = resolve;
      });
    }
  }

  [Symbol.dispose](): void {
    this.#close();
  }
}

const helloOf = (protocol: number, version: string, role = 'worker'): Uint8Array =>
  encodeBounded({
    type: 'hello',
    protocol,
    role,
    identity: { ...thisProcess(), version, name: 'elsewhere' },
    ranks: role === 'worker' ? 2 : 0,
  });

describe('another version', () => {
  const here = thisProcess();

  it.each<[string, Uint8Array, RegExp]>([
    [
      'of haloweave',
      helloOf(1, '9.9.9'),
      /^the worker at elsewhere .*: haloweave 9\.9\.9 on elsewhere, but \S+ on \S+: install the same version on both$/,
    ],
    [
      'of the protocol, whose other messages nobody here could read',
      helloOf(77, '9.9.9'),
      /^the worker at .*: elsewhere speaks version 77 of the control protocol \(haloweave 9\.9\.9\), but \S+ version 1 \(haloweave \S+\): install the same version on both$/,
    ],
  ])('%s is refused by a coordinator, which tells the worker', async (_, hello, message) => {
    using fake = await FakePeer.listen((peer) => peer.send(hello));
    await expect(Cluster.start({ hosts: [fake.address], onNotice: () => {} })).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringMatching(message),
    });
    expect((await fake.heard('refuse')).reason).toMatch(/9\.9\.9/);
  });

  it('of another engine is warned about, naming both', async () => {
    const notices = new Notices();
    using fake = await FakePeer.listen((peer) =>
      sendControl(peer, {
        type: 'hello',
        protocol: 1,
        role: 'worker',
        identity: { ...here, node: '99.0.0', v8: '99.1.2', name: 'elsewhere' },
        ranks: 1,
      }),
    );
    const stop = new AbortController();
    const starting = Cluster.start({ hosts: [fake.address], onNotice: notices.take, signal: stop.signal });
    expect(await notices.seen(/^warning/)).toMatch(
      /^warning: Node 99\.0\.0 \(V8 99\.1\.2\) on elsewhere, but Node \S+ \(V8 \S+\) on \S+: Math\.sin and its like may differ/,
    );
    expect((await fake.heard('welcome')).host).toBe(1);
    stop.abort();
    await expect(starting).rejects.toThrow('interrupted');
  });

  describe('of a coordinator', () => {
    let workers: WorkerProcesses;
    beforeAll(async () => {
      workers = await WorkerProcesses.start(1);
    });
    afterAll(() => workers[Symbol.asyncDispose]());

    it.each<[string, Uint8Array]>([
      ['haloweave', helloOf(1, '9.9.9', 'coordinator')],
      ['the protocol', helloOf(77, '9.9.9', 'coordinator')],
    ])('%s is refused by a worker, which serves the next', async (_, hello) => {
      const [worker] = workers.all;
      using fake = FakePeer.connect(`tcp://${worker!.address}`, hello);
      expect((await fake.heard('refuse')).reason).toMatch(/9\.9\.9.*install the same version on both/);
      await worker!.process.seen((text) => text.includes('refused: '));
      await using cluster = await Cluster.start({ hosts: [worker!.address] });
      expect((await cluster.run(ring)).results).toMatchObject({ rounds: 3 });
    });
  });
});
