import { describe, expect, it, vi } from 'vitest';
import { RandomStream } from '../../../../core/base/random.js';
import { ControlPeer, FrameKind, writeHeader } from '../../../../core/runtime/cluster/control-peer.js';

const text = (body: Uint8Array): string => Buffer.from(body).toString();

/** Two peers joined by a wire that keeps the order and loses what `loses` says. */
function joined(loses: () => boolean) {
  const wire: (() => void)[] = [];
  const ends: ControlPeer[] = [];
  const heard: string[][] = [[], []];
  const broken: string[] = [];
  let lost = 0;
  for (const self of [0, 1])
    ends.push(
      new ControlPeer((frames) => {
        const copy = frames.map((f) => Uint8Array.from(f));
        if (loses()) lost++;
        else wire.push(() => ends[1 - self]!.take(copy));
      }),
    );
  ends.forEach((peer, k) => {
    peer.onMessage = (body) => heard[k]!.push(text(body));
    peer.onBroken = (reason) => broken.push(reason);
  });
  /** Carries what is on the wire, and what peers put on it once their event loop has come round. */
  const carry = async (): Promise<void> => {
    for (let quiet = 0; quiet < 2; ) {
      const next = wire.shift();
      if (next) {
        quiet = 0;
        next();
      } else {
        quiet++;
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  };
  return { a: ends[0]!, b: ends[1]!, heard, broken, carry, lost: () => lost };
}

describe('a control link', () => {
  it.each([0, 0.1, 0.5, 0.9])(
    'brings every message once and in order, with %d of the frames lost',
    async (rate) => {
      const random = new RandomStream(7);
      let drawn = 0;
      let lossy = true;
      const link = joined(() => lossy && random.uniform(drawn++, 0) < rate);
      const sent = [0, 1].map((side) => Array.from({ length: 200 }, (_, k) => `${side}:${k}`));
      for (let k = 0; k < 200; k++) {
        link.a.send(Buffer.from(sent[0]![k]!));
        link.b.send(Buffer.from(sent[1]![k]!));
        if (k % 20 === 0) {
          link.a.ping(k);
          link.b.ping(k);
          await link.carry();
        }
      }
      lossy = false;
      // What is missing is found by a ping, whatever was lost before it.
      link.a.ping(1);
      link.b.ping(1);
      await link.carry();
      expect(link.heard[1]).toEqual(sent[0]);
      expect(link.heard[0]).toEqual(sent[1]);
      expect(link.lost() > 0).toBe(rate > 0);
      expect(link.broken).toEqual([]);
      await Promise.all([link.a.flushed(1e6), link.b.flushed(1e6)]);
    },
  );

  it('answers a ping with the time that was in it', async () => {
    const link = joined(() => false);
    const pongs: number[] = [];
    let heard = 0;
    link.a.onPong = (at) => pongs.push(at);
    link.b.onHeard = () => heard++;
    link.a.ping(12.5);
    await link.carry();
    expect(pongs).toEqual([12.5]);
    expect(heard).toBe(1);
  });

  it('waits for what is on its way only if somebody has ever been there', async () => {
    vi.useFakeTimers();
    try {
      const peer = new ControlPeer(() => {});
      peer.send(Buffer.from('bye'));
      // The clock stands: a wait would last for ever.
      await peer.flushed(1000);
      peer.take([writeHeader({ kind: FrameKind.ping, number: 0, acknowledged: 0, at: 0 })]);
      let over = false;
      const flushed = peer.flushed(1000).then(() => {
        over = true;
      });
      await vi.advanceTimersByTimeAsync(999);
      expect(over).toBe(false);
      await vi.advanceTimersByTimeAsync(1);
      await flushed;
    } finally {
      vi.useRealTimers();
    }
  });

  it.each<[string, (peer: ControlPeer) => void, RegExp]>([
    ['no header', (p) => p.take([new Uint8Array(8)]), /a frame that is none/],
    ['no frames', (p) => p.take([]), /a frame that is none/],
    [
      'a kind that there is not',
      (p) => p.take([writeHeader({ kind: 9 as FrameKind, number: 0, acknowledged: 0, at: 0 })]),
      /a frame that is none/,
    ],
    [
      'a message without its body',
      (p) => p.take([writeHeader({ kind: FrameKind.message, number: 1, acknowledged: 0, at: 0 })]),
      /a frame that is none/,
    ],
    [
      'a body with a ping',
      (p) =>
        p.take([writeHeader({ kind: FrameKind.ping, number: 0, acknowledged: 0, at: 0 }), new Uint8Array(1)]),
      /a frame that is none/,
    ],
    [
      'a time that is none',
      (p) => p.take([writeHeader({ kind: FrameKind.ping, number: 0, acknowledged: 0, at: Number.NaN })]),
      /a frame that is none/,
    ],
    [
      'an acknowledgement of what was not sent',
      (p) => p.take([writeHeader({ kind: FrameKind.ping, number: 0, acknowledged: 3, at: 0 })]),
      /acknowledges what was never sent/,
    ],
    [
      'a link that the other side does not know',
      (p) => p.take([writeHeader({ kind: FrameKind.unknown, number: 0, acknowledged: 0, at: 0 })]),
      /does not know this link/,
    ],
  ])('is given up for %s', (_, act, reason) => {
    let sent = 0;
    const broken: string[] = [];
    const peer = new ControlPeer(() => sent++);
    peer.onBroken = (why) => broken.push(why);
    act(peer);
    expect(broken).toEqual([expect.stringMatching(reason)]);
    expect(peer.closed).toBe(true);
    const before = sent;
    peer.send(new Uint8Array(1));
    peer.ping(1);
    expect(sent).toBe(before);
  });
});
