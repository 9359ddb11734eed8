import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Link, OWN, WINDOW_BYTES, WINDOW_MESSAGES } from '../../../../core/transport/zeromq/link.js';
import { emptyHeader, Flag, Freight } from '../../../../core/wire/network.js';
import { SimulatedLink, type Weather } from '../../../support/simulated-link.js';

const calm: Weather = {
  seed: 1,
  messages: [1000, 1000],
  bytes: 1000,
  pause: 1,
  delay: 1,
  jitter: 0,
  drop: 0,
  twice: 0,
  full: 0,
  late: 0,
  cuts: [],
  deaf: 0,
};
const upTo = (n: number): number[] => Array.from({ length: n }, (_, k) => k + 1);

/** Everything arrived once and in order, was acknowledged once and in order, and nothing is kept. */
function expectAll(net: SimulatedLink, messages: [number, number]): void {
  for (const side of net.sides) {
    expect(side.delivered).toEqual(upTo(messages[1 - side.name]!));
    expect(side.acknowledged).toEqual(upTo(messages[side.name]!));
    expect(side.link.inFlight).toBe(0);
    expect(side.link.deadline).toBe(Number.POSITIVE_INFINITY);
  }
}

describe('a link', () => {
  it('delivers everything once and in order, whatever the connection does', () => {
    const weather: fc.Arbitrary<Weather> = fc.record({
      seed: fc.integer(),
      messages: fc.tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 400 })),
      bytes: fc.constantFrom(1, 1000, 2 ** 20, 2 ** 25),
      pause: fc.constantFrom(0, 0.1, 1, 10),
      delay: fc.constantFrom(0, 0.1, 5, 100),
      jitter: fc.constantFrom(0, 1, 50),
      drop: fc.constantFrom(0, 0, 0.01, 0.2),
      twice: fc.constantFrom(0, 0, 0.01, 0.3),
      full: fc.constantFrom(0, 0, 0.05, 0.3),
      late: fc.constantFrom(0, 0.01, 3),
      cuts: fc.array(
        fc.tuple(
          fc.oneof(fc.integer({ min: 0, max: 4000 }), fc.double({ min: 20, max: 60, noNaN: true })),
          fc.constantFrom(0, 0.5, 5, 500),
        ),
        { maxLength: 40 },
      ),
      deaf: fc.constantFrom(0, 0, 0.5, 1),
    });
    fc.assert(
      fc.property(weather, (w) => {
        const net = new SimulatedLink(w);
        net.run();
        expectAll(net, w.messages);
      }),
      // What it would take to find a smaller case is minutes; the seed is in the message.
      { numRuns: 300, endOnFailure: true },
    );
  });

  it('goes on after a round trip longer than it was ever patient', () => {
    const w: Weather = { ...calm, messages: [50, 50], delay: 5000, drop: 0.05 };
    const net = new SimulatedLink(w);
    net.run();
    expectAll(net, w.messages);
  });

  it('sends nothing twice over a slow connection with a stream on it', () => {
    const w: Weather = { ...calm, messages: [3000, 3000], pause: 0.5, delay: 200, jitter: 50 };
    const net = new SimulatedLink(w);
    net.run();
    expectAll(net, w.messages);
    for (const side of net.sides) {
      expect(side.wire).toBe(3000);
      expect(side.link.duplicates + side.link.early).toBe(0);
    }
  });

  it('acknowledges a stream now and then, and a conversation with its own messages', () => {
    const stream = new SimulatedLink({ ...calm, messages: [10_000, 0], pause: 0.01 });
    stream.run();
    expectAll(stream, [10_000, 0]);
    // One in 32, and the answers to the probes of the beginning.
    expect(stream.sides[1].own).toBeLessThan(10_000 / 32 + 5);
    expect(stream.sides[0].own).toBeLessThan(5);

    const both = new SimulatedLink({ ...calm, messages: [5000, 5000], pause: 0.1 });
    both.run();
    expectAll(both, [5000, 5000]);
    for (const side of both.sides) expect(side.own).toBeLessThan(10);
  });

  it('keeps no more than a window under way, and lets one message of any size pass', () => {
    const link = new Link(2);
    const h = emptyHeader();
    link.connection(true, 0);
    expect(link.take(h, 0)).toBe(OWN);
    expect(h.flags).toBe(Flag.probe | Flag.fresh);
    answer(link, h.probe, 0, 1);
    const big = WINDOW_BYTES * 2;
    for (const bytes of [big, 1, ...upTo(WINDOW_MESSAGES + 5).map(() => 100)])
      link.push(Freight.piece, 0, [new Uint8Array(0)], bytes, null, 1);
    const taken = (now: number): number => {
      let n = 0;
      while (link.take(h, now) !== null) n++;
      return n;
    };
    expect(taken(1)).toBe(1);
    answer(link, 0, 1, 2);
    expect(taken(2)).toBe(WINDOW_MESSAGES);
    answer(link, 0, 4, 3);
    expect(taken(3)).toBe(3);
  });

  it('asks once for what is missing, and again when that is lost too', () => {
    const net = new SimulatedLink({ ...calm, messages: [200, 0], pause: 0.1, drop: 0.3, seed: 7 });
    net.run();
    expectAll(net, [200, 0]);
    expect(net.sides[1].link.early).toBeGreaterThan(0);
  });

  it('is broken by what makes no sense, with the reason', () => {
    const said = (change: Partial<ReturnType<typeof emptyHeader>>): string | null => {
      const link = new Link(3);
      link.arrived({ ...emptyHeader(), freight: Freight.records, frames: 1, sequence: 1, ...change }, 64, 0);
      return link.broken;
    };
    expect(said({})).toBeNull();
    expect(said({ acknowledged: 1 })).toMatch('host 3 acknowledges message 1, of 0 sent');
    expect(said({ sequence: 5, oldest: 2 })).toMatch('host 3 no longer has message 1, which never arrived');
    expect(said({ sequence: WINDOW_MESSAGES + 1 })).toMatch(
      `host 3 sends message ${WINDOW_MESSAGES + 1} while 1 is not acknowledged`,
    );
    const link = new Link(3);
    link.arrived({ ...emptyHeader(), acknowledged: 4 }, 64, 0);
    expect(link.take(emptyHeader(), 1)).toBeNull();
    expect(link.deadline).toBe(Number.POSITIVE_INFINITY);
  });

  it('given up, lets go of all that it kept', () => {
    const link = new Link(4);
    for (let k = 0; k < 5; k++) link.push(Freight.piece, 0, [new Uint8Array(8)], 8, null, 0);
    expect(link.inFlight).toBe(40);
    link.abandon();
    expect(link.released.map((p) => p.sequence)).toEqual([1, 2, 3, 4, 5]);
    expect(link.inFlight).toBe(0);
    expect(link.take(emptyHeader(), 1000)).toBeNull();
  });
});

/** What the peer says: an answer to a probe (0: none), and up to where it has everything. */
function answer(link: Link, probe: number, acknowledged: number, now: number): void {
  const flags = probe ? Flag.answer : 0;
  link.arrived({ ...emptyHeader(), flags, answer: probe, acknowledged }, 64, now);
}
