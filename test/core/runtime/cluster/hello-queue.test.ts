import { describe, expect, it } from 'vitest';
import { readControl } from '../../../../core/runtime/cluster/control-codec.js';
import { PROTOCOL } from '../../../../core/runtime/cluster/control-messages.js';
import { ControlPeer, FrameKind, writeHeader } from '../../../../core/runtime/cluster/control-peer.js';
import { HelloQueue } from '../../../../core/runtime/cluster/hello-queue.js';
import { thisProcess } from '../../../../core/runtime/cluster/identity.js';
import { encodeBounded } from '../../../../core/wire/bounded-decode.js';

const identity = thisProcess();
const HELLO = encodeBounded({ type: 'hello', protocol: PROTOCOL, role: 'coordinator', identity, ranks: 0 });

/** A queue, and links to it that the test plays the other side of. */
function door() {
  const told: ControlPeer[] = [];
  const foreign: string[] = [];
  const queue = new HelloQueue(
    identity,
    (peer) => told.push(peer),
    (reason) => foreign.push(reason),
  );
  const caller = () => {
    /** What the queue has said to it. */
    const heard: unknown[] = [];
    let release = (): void => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const transmit = ([, body]: Uint8Array[]): void => void (body && heard.push(readControl(body)));
    const peer = new ControlPeer(transmit, release);
    queue.add(peer);
    const takes = (number: number, acknowledged: number, ...body: Uint8Array[]): void =>
      peer.take([
        writeHeader({
          kind: body.length > 0 ? FrameKind.message : FrameKind.ping,
          number,
          acknowledged,
          at: 0,
        }),
        ...body,
      ]);
    let said = 0;
    return { peer, heard, released, takes, says: (body: Uint8Array) => takes(++said, 0, body) };
  };
  return { queue, told, foreign, caller };
}

describe('coordinators at the door of a worker', () => {
  it('have their turns in the order of their hellos, not of their links', () => {
    const { queue, told, caller } = door();
    const [a, b] = [caller(), caller()];
    expect(queue.next()).toBeUndefined();
    b.says(HELLO);
    a.says(HELLO);
    expect(told).toEqual([b.peer, a.peer]);
    expect(queue.next()).toEqual({ peer: b.peer, hello: HELLO });
    expect(queue.next()!.peer).toBe(a.peer);
    expect(queue.next()).toBeUndefined();
    expect(queue.refused.size).toBe(0);
  });

  it('lose their turn if they go on talking unasked, or go', () => {
    const { queue, caller } = door();
    const [talks, goes, waits] = [caller(), caller(), caller()];
    for (const c of [talks, goes, waits]) c.says(HELLO);
    talks.says(HELLO);
    goes.peer.close();
    expect(talks.peer.closed).toBe(true);
    expect(queue.next()!.peer).toBe(waits.peer);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['bytes that are no message', Uint8Array.of(0xc1), /: /],
    ['a message that is no hello', encodeBounded({ type: 'leave' }), /'leave' comes before a hello$/],
  ])('%s gets no turn, is counted, and hears why', async (_, body, reason) => {
    const { queue, told, foreign, caller } = door();
    const stranger = caller();
    stranger.says(body);
    expect(stranger.heard).toEqual([{ type: 'refuse', reason: expect.stringMatching(reason), wait: false }]);
    expect(queue.next()).toBeUndefined();
    expect([told, foreign]).toEqual([[], []]);
    expect([...queue.refused]).toEqual([['no hello', 1]]);
    // Once it has heard, its link is given up.
    expect(stranger.peer.closed).toBe(false);
    stranger.takes(1, 1);
    await stranger.released;
  });

  it('of another version of the protocol hear so without waiting', () => {
    const { queue, told, foreign, caller } = door();
    const newer = caller();
    newer.says(encodeBounded({ type: 'hello', protocol: 77, identity: { version: '9.9.9', name: 'x' } }));
    expect(foreign).toEqual([expect.stringContaining('x speaks version 77 of the control protocol')]);
    expect(newer.heard).toEqual([{ type: 'refuse', reason: foreign[0], wait: false }]);
    expect(told).toEqual([]);
    expect(queue.next()).toBeUndefined();
  });

  it('that say nothing are kept up to a number: the oldest goes first, no hello is lost', () => {
    const { queue, caller } = door();
    const first = caller();
    const second = caller();
    second.says(HELLO);
    const silent = Array.from({ length: 64 }, caller);
    expect(first.peer.closed).toBe(true);
    expect(silent.map((c) => c.peer.closed)).toEqual(silent.map(() => false));
    expect([...queue.refused]).toEqual([['no hello', 1]]);
    silent[0]!.says(HELLO);
    expect([queue.next()!.peer, queue.next()!.peer]).toEqual([second.peer, silent[0]!.peer]);
  });
});
