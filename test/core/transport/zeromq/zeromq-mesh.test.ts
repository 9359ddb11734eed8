import { existsSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { Dealer } from 'zeromq';
import { openSecurity } from '../../../../core/transport/zeromq/curve.js';
import { newKeyPair } from '../../../../core/transport/zeromq/keys.js';
import { machineName } from '../../../../core/transport/zeromq/machine.js';
import type { HostAddress } from '../../../../core/transport/zeromq/mesh.js';
import { networkContext } from '../../../../core/transport/zeromq/sockets.js';
import { type MeshOptions, ZeromqMesh } from '../../../../core/transport/zeromq/zeromq-mesh.js';
import {
  checkFrames,
  emptyHeader,
  Freight,
  MAX_FRAME_BYTES,
  readHeader,
} from '../../../../core/wire/network.js';
import { memoryInUse } from '../../../support/memory.js';
import { goodMessages, header, mutated } from '../../../support/network-messages.js';
import { randomFrom } from '../../../support/simulated-link.js';

const closing: { close(): void }[] = [];
afterEach(() => {
  for (const one of closing.splice(0)) one.close();
});

type Message = { host: number; freight: Freight; epoch: number; frames: Uint8Array[] };

/** A mesh that notes what arrives, and fails whoever awaits something if a link breaks that should not. */
class Noted {
  readonly mesh: ZeromqMesh;
  readonly got: Message[] = [];
  readonly broken: [number, string][] = [];

  private constructor(mesh: ZeromqMesh) {
    this.mesh = mesh;
    mesh.onMessage = (host, freight, epoch, frames) => this.got.push({ host, freight, epoch, frames });
    mesh.onBroken = (host, reason) => this.broken.push([host, reason]);
  }
  static async open(options: MeshOptions): Promise<Noted> {
    const noted = new Noted(await ZeromqMesh.open(options));
    closing.push(noted.mesh);
    return noted;
  }
  async count(messages: number): Promise<void> {
    await until(() => this.got.length >= messages || this.broken.length > 0);
    expect(this.broken).toEqual([]);
  }
}

/** Lets the event loop turn until something holds; the test's limit of time is the only one. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await turn();
}

async function pair(options: Partial<MeshOptions> = {}): Promise<[Noted, Noted]> {
  const a = await Noted.open({ host: 1, ...options });
  const b = await Noted.open({ host: 2, ...options });
  a.mesh.connect(b.mesh.address);
  b.mesh.connect(a.mesh.address);
  return [a, b];
}

const nowhere = 'tcp://127.0.0.1:1';
const isIpc = (e: string): boolean => e.startsWith('ipc://');

describe('two hosts', () => {
  it('send each other frames of every length, out of private and shared memory', async () => {
    const [a, b] = await pair();
    const shared = new Uint8Array(new SharedArrayBuffer(1 << 20), 4096);
    for (let k = 0; k < shared.length; k++) shared[k] = k * 7;
    const frames = [0, 1, 95, 128, 129, 1000, 70_000].flatMap((n) => [
      shared.subarray(8, 8 + n),
      shared.slice(3, 3 + n),
    ]);
    let acknowledged = 0;
    a.mesh.send(2, Freight.records, 5, frames, () => acknowledged++);
    b.mesh.send(1, Freight.piece, 6, [new Uint8Array(MAX_FRAME_BYTES).fill(9)]);
    await Promise.all([a.count(1), b.count(1)]);
    expect(b.got[0]).toMatchObject({ host: 1, freight: Freight.records, epoch: 5 });
    expect(b.got[0]!.frames.map((f) => Buffer.from(f).toString('hex'))).toEqual(
      frames.map((f) => Buffer.from(f).toString('hex')),
    );
    const [large] = a.got[0]!.frames;
    expect(large!.length).toBe(MAX_FRAME_BYTES);
    expect(large!.every((x) => x === 9)).toBe(true);
    await until(() => acknowledged === 1);
    await until(() => a.mesh.inFlight(2) + b.mesh.inFlight(1) === 0);
    expect([...a.mesh.refused, ...b.mesh.refused]).toEqual([]);
  });

  it('on one machine talk through a socket of the system, unless told otherwise', async () => {
    const open = async (options: Partial<MeshOptions>, change: (address: HostAddress) => HostAddress) => {
      const a = await Noted.open({ host: 1, ...options });
      const b = await Noted.open({ host: 2 });
      a.mesh.connect(change(b.mesh.address));
      b.mesh.connect(a.mesh.address);
      a.mesh.send(2, Freight.records, 0, [new Uint8Array(1)]);
      await b.count(1);
    };
    const keep = (kept: (e: string) => boolean) => (address: HostAddress) => ({
      ...address,
      endpoints: address.endpoints.map((e) => (kept(e) ? e : isIpc(e) ? 'ipc:///nowhere' : nowhere)),
    });
    // Each time the other way leads nowhere.
    await open({}, keep(isIpc));
    await open(
      { tcpOnly: true },
      keep((e) => !isIpc(e)),
    );
    await open({}, (address) => ({ ...keep((e) => !isIpc(e))(address), machine: 'another' }));
    // Seen from a container, its path does not exist.
    await open(
      {},
      keep((e) => !isIpc(e)),
    );
    expect(machineName()).toBe(machineName());
  });

  it('leave no folder behind, and offer no socket of the system when told not to', async () => {
    const a = await Noted.open({ host: 1 });
    const path = a.mesh.address.endpoints.find(isIpc)!.slice('ipc://'.length);
    expect(existsSync(path)).toBe(true);
    a.mesh.close();
    expect(existsSync(path.slice(0, path.lastIndexOf('/')))).toBe(false);
    const b = await Noted.open({ host: 1, tcpOnly: true, advertise: 'tcp://192.0.2.1:*' });
    const port = b.mesh.listening.split(':').pop();
    expect(b.mesh.address.endpoints).toEqual([`tcp://192.0.2.1:${port}`]);
  });

  it('may be connected after the first messages were queued', async () => {
    const a = await Noted.open({ host: 1 });
    const b = await Noted.open({ host: 2 });
    b.mesh.connect(a.mesh.address);
    for (let k = 0; k < 50; k++) b.mesh.send(1, Freight.credit, k, [new Uint8Array(k)]);
    await turn();
    a.mesh.connect(b.mesh.address);
    await a.count(50);
    expect(a.got.map((m) => m.epoch)).toEqual(Array.from({ length: 50 }, (_, k) => k));
  });
});

describe('two hosts with keys', () => {
  it('talk as those without, whether the other machine is this one or not', async () => {
    for (const tcpOnly of [false, true]) {
      const pairs = [newKeyPair(), newKeyPair()];
      const allowed = pairs.map((p, k) => [p.publicKey, `host-${k + 1}`] as const);
      const failed: unknown[] = [];
      const [a, b] = await Promise.all(
        pairs.map(async (own, k) => {
          const security = await openSecurity({
            pair: own,
            allowed,
            onRefusal: (refusal) => failed.push(refusal),
            context: networkContext(),
          });
          const noted = await Noted.open({ host: k + 1, security, tcpOnly });
          closing.push({ close: () => void security.close() });
          return noted;
        }),
      );
      expect(b!.mesh.address.publicKey).toBe(pairs[1]!.publicKey);
      a!.mesh.connect(b!.mesh.address);
      b!.mesh.connect(a!.mesh.address);
      for (let k = 0; k < 100; k++) {
        a!.mesh.send(2, Freight.piece, k, [new Uint8Array(k * 100).fill(k)]);
        b!.mesh.send(1, Freight.piece, k, [new Uint8Array(k * 100).fill(k)]);
      }
      await Promise.all([a!.count(100), b!.count(100)]);
      for (const { got } of [a!, b!])
        got.forEach((m, k) => {
          expect(m.epoch).toBe(k);
          expect(m.frames[0]!.length).toBe(k * 100);
          expect(m.frames[0]!.every((x) => x === k)).toBe(true);
        });
      expect(failed).toEqual([]);
    }
  });
});

describe('a host that is given up', () => {
  it('has all its messages acknowledged, and those from it refused', async () => {
    const [a, b] = await pair();
    b.mesh.send(1, Freight.credit, 0, [new Uint8Array(1)]);
    await a.count(1);
    let acknowledged = 0;
    for (let k = 0; k < 10; k++)
      a.mesh.send(2, Freight.piece, 0, [new Uint8Array(1000)], () => acknowledged++);
    a.mesh.drop(2);
    expect(acknowledged).toBe(10);
    expect(a.mesh.inFlight(2)).toBe(0);
    a.mesh.send(2, Freight.piece, 0, [new Uint8Array(1000)], () => acknowledged++);
    await until(() => acknowledged === 11);
    expect(() => a.mesh.connect(b.mesh.address)).toThrow(/host 2 is connected already, or was/);
    // The other way round: who was dropped goes on sending to the ROUTER.
    const [c, d] = await pair();
    c.mesh.send(2, Freight.credit, 0, [new Uint8Array(1)]);
    await d.count(1);
    d.mesh.drop(1);
    c.mesh.send(2, Freight.credit, 0, [new Uint8Array(1)]);
    await until(() => (d.mesh.refused.get('dropped host') ?? 0) > 0);
    expect(d.got.length).toBe(1);
  });
});

describe('a broken link', () => {
  it('is told once, when the peer talks nonsense, and refuses the rest', async () => {
    const [a, b] = await pair();
    a.mesh.send(2, Freight.credit, 0, [new Uint8Array(1)]);
    await b.count(1);
    b.mesh.refuse(1, 'credit');
    b.mesh.refuse(1, 'credit');
    expect(b.broken).toEqual([[1, 'host 1 sent what makes no sense (credit)']]);
    expect(b.mesh.refused.get('credit')).toBe(2);
    a.mesh.send(2, Freight.credit, 0, [new Uint8Array(1)]);
    await until(() => (b.mesh.refused.get('broken link') ?? 0) > 0);
    expect(b.got.length).toBe(1);
  });

  it('is told when the peer acknowledges what was never sent', async () => {
    const b = await Noted.open({ host: 2 });
    const stranger = dealer(b.mesh, '1.00000000000000aa');
    b.mesh.connect({ ...b.mesh.address, host: 1, instance: '00000000000000aa' });
    const lie = header({ from: 1, to: 2, instance: 0xaan, acknowledged: 7 });
    await stranger.send([lie]);
    await until(() => b.broken.length > 0);
    expect(b.broken[0]![1]).toMatch('host 1 acknowledges message 7, of 0 sent');
  });
});

describe('what comes from elsewhere', () => {
  it('is refused and counted by reason', async () => {
    const b = await Noted.open({ host: 2 });
    b.mesh.connect({ ...b.mesh.address, host: 1, instance: '00000000000000aa' });
    const stranger = dealer(b.mesh, 'stranger');
    const good = { from: 1, to: 2, instance: 0xaan, freight: Freight.credit, sequence: 1, frames: 1 };
    const body = new Uint8Array(8);
    await stranger.send([header({ ...good, from: 9 }), body]);
    await stranger.send([header({ ...good, instance: 0xabn }), body]);
    await stranger.send([header({ ...good, to: 3 }), body]);
    await stranger.send([header(good), body]);
    await stranger.send([header(good)]);
    await stranger.send([new Uint8Array(3), body]);
    const total = (): number => [...b.mesh.refused.values()].reduce((x, y) => x + y, 0);
    await until(() => total() === 6);
    expect(Object.fromEntries(b.mesh.refused)).toEqual({
      'unknown host': 1,
      'other instance': 1,
      receiver: 1,
      route: 2,
      'header length': 1,
    });
    expect(b.got).toEqual([]);
    expect(b.broken).toEqual([]);
  });

  it('does no harm, though it be ten thousand messages of garbage, to a link that is at work', async () => {
    const [a, b] = await pair();
    const seed = 4711;
    const random = randomFrom(seed);
    // As if from host 1, whose name and instance the stranger knows; but not by its connection.
    const good = goodMessages({ instance: BigInt(`0x${a.mesh.address.instance}`) });
    const stranger = dealer(b.mesh, 'stranger');
    const expected = new Map<string, number>();
    const h = emptyHeader();
    const before = memoryInUse().rss;
    const N = 10_000;
    for (let k = 0; k < N; k++) {
      const parts = mutated(good[k % good.length]!, random);
      if (parts.length === 0) parts.push(new Uint8Array(0));
      const why = readHeader(parts[0]!, h) ?? elsewhere(a, b) ?? checkFrames(parts, 1, h.frames) ?? 'route';
      expected.set(why, (expected.get(why) ?? 0) + 1);
      await stranger.send(parts);
      if (k % 10 === 0) a.mesh.send(2, Freight.piece, k, [new Uint8Array(500)]);
    }
    const total = (): number => [...b.mesh.refused.values()].reduce((x, y) => x + y, 0);
    await until(() => total() >= N);
    await b.count(N / 10);
    expect(Object.fromEntries(b.mesh.refused)).toEqual(Object.fromEntries(expected));
    expect(b.got.map((m) => m.epoch)).toEqual(Array.from({ length: N / 10 }, (_, k) => k * 10));
    expect(memoryInUse().rss - before).toBeLessThan(64 * 2 ** 20);

    /** What a mesh asks before it looks at the frames. */
    function elsewhere(from: Noted, to: Noted): string | null {
      if (h.to !== to.mesh.self) return 'receiver';
      if (h.from !== from.mesh.self) return 'unknown host';
      return h.instance === BigInt(`0x${from.mesh.address.instance}`) ? 'route' : 'other instance';
    }
  });
});

describe('wrong use', () => {
  it('is refused with an error that says what to do', async () => {
    const { mesh } = await Noted.open({ host: 2 });
    const frame = new Uint8Array(1);
    expect(() => mesh.send(3, Freight.credit, 0, [frame])).toThrow(
      'host 3 is not connected: call connect first',
    );
    expect(() => mesh.connect(mesh.address)).toThrow('host 2 cannot connect to itself');
    mesh.connect({ ...mesh.address, host: 1 });
    for (const frames of [[], Array(2000).fill(frame), [new Uint8Array(MAX_FRAME_BYTES + 1)]])
      expect(() => mesh.send(1, Freight.credit, 0, frames)).toThrow(/is beyond the limits/);
    expect(() => mesh.connect({ ...mesh.address, host: 5, endpoints: [] })).toThrow(
      'host 5 has no address that can be reached from here: it offers none',
    );
    await expect(ZeromqMesh.open({ host: 70_000 })).rejects.toThrow(
      'host 70000 is no number from 0 to 65535',
    );
    await expect(ZeromqMesh.open({ host: 1, listen: mesh.listening })).rejects.toThrow(
      /host 1 cannot listen on tcp:\/\/127\.0\.0\.1:\d+: /,
    );
  });
});

/** A socket of somebody who is no host of the mesh, connected to the ROUTER of one that is. */
function dealer(mesh: ZeromqMesh, routingId: string): Dealer {
  const socket = new Dealer({ context: networkContext(), routingId, linger: 0 });
  closing.push(socket);
  socket.connect(mesh.listening);
  return socket;
}
