import { type ChildProcess, fork } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import type { Mesh } from '../../../../core/transport/zeromq/mesh.js';
import { type MeshOptions, ZeromqMesh } from '../../../../core/transport/zeromq/zeromq-mesh.js';
import { Relay } from '../../../support/faults/relay.js';
import { inCheckout } from '../../../support/paths.js';
import { PatternedSink, PatternedStream } from '../../../support/patterned-stream.js';

const PEER = inCheckout('dist/test/programs/network/mesh-peer.js');
const CUTS = 100;
const closing: { close(): void }[] = [];

afterEach(() => {
  for (const one of closing.splice(0)) one.close();
});

async function open(options: MeshOptions): Promise<ZeromqMesh> {
  const mesh = await ZeromqMesh.open(options);
  closing.push(mesh);
  return mesh;
}

async function relayTo(): Promise<Relay> {
  const relay = await Relay.to(0);
  closing.push(relay);
  return relay;
}

const portOf = (endpoint: string): number => Number(endpoint.split(':').pop());

/** A stream each way between two hosts; settles when both have everything and all is acknowledged. */
function both(
  a: Mesh,
  b: Mesh,
  messages: number,
  onEach: (total: number) => void,
): Promise<[PatternedSink, PatternedSink]> {
  const sinks: [PatternedSink, PatternedSink] = [new PatternedSink(), new PatternedSink()];
  const streams = [new PatternedStream(a, b.self, messages, 1), new PatternedStream(b, a.self, messages, 2)];
  return new Promise((resolve, reject) => {
    const take = (sink: PatternedSink) => (_h: number, _f: number, _e: number, frames: Uint8Array[]) => {
      try {
        sink.take(frames);
        onEach(sinks[0].received + sinks[1].received);
      } catch (error) {
        reject(error);
      }
    };
    a.onMessage = take(sinks[0]);
    b.onMessage = take(sinks[1]);
    a.onBroken = b.onBroken = (_, reason) => reject(new Error(reason));
    a.connect(b.address);
    b.connect(a.address);
    for (const s of streams) s.go();
    const look = (): void => {
      if (streams.every((s) => s.acknowledged === messages)) resolve(sinks);
      else setImmediate(look);
    };
    look();
  });
}

describe('a connection cut a hundred times while both sides stream', () => {
  it('loses nothing, brings nothing twice and keeps the order, in one process', async () => {
    const relay = await relayTo();
    const a = await open({ host: 1, tcpOnly: true });
    const b = await open({ host: 2, tcpOnly: true, advertise: relay.endpoint });
    relay.target.port = portOf(b.listening);
    expect(b.address.endpoints).toEqual([relay.endpoint]);
    const messages = 6000;
    let next = 50;
    const sinks = await both(a, b, messages, (total) => {
      if (total < next || relay.cuts >= CUTS || relay.open === 0) return;
      next = total + 100;
      relay.cut();
    });
    expect(sinks.map((s) => s.received)).toEqual([messages, messages]);
    expect(relay.cuts).toBe(CUTS);
    expect(relay.connections).toBeGreaterThan(CUTS);
    expect([a.inFlight(2), b.inFlight(1)]).toEqual([0, 0]);
    expect([...a.refused, ...b.refused].filter(([reason]) => reason !== 'route')).toEqual([]);
  });

  it('does so between two processes, whichever of them connects', async () => {
    for (const [mine, theirs] of [
      [1, 2],
      [2, 1],
    ] as const) {
      const relay = await relayTo();
      const messages = 3000;
      const a = await open({ host: mine, tcpOnly: true, advertise: relay.endpoint });
      const child = fork(PEER, [`${theirs}`, `${messages}`, relay.endpoint]);
      closing.push({ close: () => child.kill('SIGKILL') });
      const { address, listening } = (await said(child, 'mesh')) as ZeromqMesh;
      relay.target.port = portOf(mine < theirs ? listening : a.listening);
      const sink = new PatternedSink();
      const stream = new PatternedStream(a, theirs, messages, mine);
      const cuts = CUTS / 2;
      let next = 20;
      const finished = new Promise<void>((resolve, reject) => {
        a.onBroken = (_, reason) => reject(new Error(reason));
        a.onMessage = (_host, _freight, _epoch, frames) => {
          try {
            sink.take(frames);
          } catch (error) {
            reject(error);
          }
          if (sink.received === messages) resolve();
          if (sink.received < next || relay.cuts >= cuts || relay.open === 0) return;
          next = sink.received + 50;
          relay.cut();
        };
      });
      const theirsDone = said(child, 'received');
      a.connect(address);
      child.send(a.address);
      stream.go();
      await finished;
      expect(await theirsDone).toBe(messages);
      expect(relay.cuts).toBe(cuts);
      child.disconnect();
      expect(await new Promise((resolve) => child.on('exit', resolve))).toBe(0);
    }
  });
});

/** What a child says under that name; fails if it says that its link is broken, or ends. */
function said(child: ChildProcess, name: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    child.on('message', (m: Record<string, unknown>) => {
      if (name in m) resolve(m[name]);
      else if ('broken' in m) reject(new Error(`the other side: ${m.broken}`));
    });
    child.on('exit', (code, signal) => reject(new Error(`the other process ended (${code ?? signal})`)));
  });
}
