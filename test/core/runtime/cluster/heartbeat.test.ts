import { fc, it } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import {
  Heartbeat,
  type HeartbeatAction,
  PING_EVERY,
  ROUND_TRIPS,
  SILENCE,
} from '../../../../core/runtime/cluster/heartbeat.js';
import { type LinkModel, simulateHeartbeat } from '../../../support/faults/simulated-heartbeat.js';

const evicted = (actions: HeartbeatAction[]): HeartbeatAction[] => actions.filter((a) => a.do === 'evict');

/** Looks every interval until `until`; nothing is heard. */
function lookOn(h: Heartbeat, from: number, until: number): HeartbeatAction[] {
  const actions: HeartbeatAction[] = [];
  for (let t = from + PING_EVERY; t <= until; t += PING_EVERY) actions.push(...evicted(h.look(t)));
  return actions;
}

describe('silence', () => {
  it('pings every peer at every look', () => {
    const h = new Heartbeat(0);
    h.add(1);
    h.add(2);
    expect(h.look(100)).toEqual([
      { do: 'ping', host: 1 },
      { do: 'ping', host: 2 },
    ]);
  });

  it('evicts after 1.5 s on a fast link, once', () => {
    const h = new Heartbeat(0);
    h.add(1);
    expect(lookOn(h, 0, 1400)).toEqual([]);
    expect(lookOn(h, 1400, 3000)).toEqual([
      { do: 'evict', host: 1, why: 'silent', silence: 1500, limit: SILENCE },
    ]);
  });

  it('waits for ten round trips on a slow link, the largest of late', () => {
    const h = new Heartbeat(0);
    h.add(1, 400);
    expect(h.limit(1)).toBe(4000);
    h.answered(1, 0, 500);
    expect(h.limit(1)).toBe(5000);
    expect(lookOn(h, 0, 4900)).toEqual([]);
    expect(lookOn(h, 4900, 5000)).toHaveLength(1);
  });

  it('forgets a large round trip when the link is fast again', () => {
    const h = new Heartbeat(0);
    h.add(1);
    h.answered(1, 0, 900);
    expect(h.limit(1)).toBe(9000);
    for (let k = 0; k < 60; k++) h.answered(1, k * 100, k * 100 + 1);
    expect(h.limit(1)).toBe(SILENCE);
  });

  it('counts only the time in which the host itself looked', () => {
    const h = new Heartbeat(0);
    h.add(1);
    expect(evicted(h.look(60_000))).toEqual([]);
    // The peer is silent indeed: the limit, less the one look of at most two intervals.
    expect(lookOn(h, 60_000, 61_200)).toEqual([]);
    expect(lookOn(h, 61_200, 61_300)).toHaveLength(1);
  });

  it('knows nothing of a peer that was removed', () => {
    const h = new Heartbeat(0);
    h.add(1);
    h.remove(1);
    h.heard(1);
    expect(h.broken(1, 0)).toEqual([]);
    expect(h.probed(1, 'refused')).toEqual([]);
    expect(lookOn(h, 0, 5000)).toEqual([]);
  });
});

/** Pings and answers of a link whose round trip is 1 ms, up to and with the look at `until`. */
function answeredOn(h: Heartbeat, from: number, until: number): void {
  for (let t = from + PING_EVERY; t <= until; t += PING_EVERY) {
    h.look(t);
    h.answered(1, t, t + 1);
  }
}

/** All pings of a time in which nothing came are answered at once when it is over. */
function answeredLate(h: Heartbeat, from: number, until: number): void {
  for (let t = from + PING_EVERY; t <= until; t += PING_EVERY) h.answered(1, t, until + 1);
}

describe('a link that was out for a while', () => {
  const patience = 20_000;

  it('gives no round trips: who is gone right after it is found within 1.5 s', () => {
    const h = new Heartbeat(0, patience);
    h.add(1);
    answeredOn(h, 0, 2000);
    expect(lookOn(h, 2000, 9000)).toEqual([]);
    answeredLate(h, 2000, 9000);
    expect(h.limit(1)).toBe(patience);
    h.broken(1, 9002);
    expect(h.limit(1)).toBe(SILENCE);
    expect(lookOn(h, 9000, 10_400)).toEqual([]);
    expect(lookOn(h, 10_400, 10_500)).toMatchObject([{ do: 'evict', why: 'silent', limit: SILENCE }]);
  });

  it('gives none either if the peer is heard before its answers come', () => {
    const h = new Heartbeat(0, patience);
    h.add(1);
    answeredOn(h, 0, 2000);
    for (let t = 2100; t <= 5000; t += PING_EVERY) {
      h.look(t);
      h.heard(1);
    }
    answeredLate(h, 2000, 5000);
    h.broken(1, 5002);
    expect(h.limit(1)).toBe(SILENCE);
  });

  it('gives none if it was this host that was stopped', () => {
    const h = new Heartbeat(0);
    h.add(1);
    answeredOn(h, 0, 2000);
    h.look(2100);
    h.answered(1, 2100, 62_100);
    expect(h.limit(1)).toBe(SILENCE);
  });

  it('is measured again by the pings sent after it, also if it is slower than before', () => {
    const h = new Heartbeat(0);
    h.add(1);
    answeredOn(h, 0, 2000);
    lookOn(h, 2000, 3000);
    answeredLate(h, 2000, 3000);
    expect(h.limit(1)).toBe(SILENCE);
    for (let t = 3100; t <= 5000; t += PING_EVERY) {
      h.look(t);
      if (t >= 3500) h.answered(1, t - 400, t);
    }
    expect(h.limit(1)).toBe(4000);
  });
});

describe('a broken connection', () => {
  it('is probed at once, one probe at a time, and refused means dead', () => {
    const h = new Heartbeat(0);
    h.add(1);
    expect(h.broken(1, 0)).toEqual([{ do: 'probe', host: 1 }]);
    expect(h.broken(1, 0)).toEqual([]);
    expect(h.probed(1, 'refused')).toEqual([
      { do: 'evict', host: 1, why: 'refused', silence: 0, limit: SILENCE },
    ]);
  });

  it.each(['accepted', 'silent'] as const)(
    'leaves a peer whose address was %s to the time limit',
    (result) => {
      const h = new Heartbeat(0);
      h.add(1);
      h.broken(1, 0);
      expect(h.probed(1, result)).toEqual([]);
      expect(h.look(100)).toContainEqual({ do: 'probe', host: 1 });
      expect(h.probed(1, result)).toEqual([]);
      expect(lookOn(h, 100, 1400)).toEqual([]);
      expect(lookOn(h, 1400, 1500)).toHaveLength(1);
    },
  );

  it('is not forgotten for what was said before', () => {
    const h = new Heartbeat(0);
    h.add(1);
    h.broken(1, 50);
    h.heard(1);
    h.answered(1, 40, 60);
    expect(evicted(h.probed(1, 'refused'))).toHaveLength(1);
  });

  it('is forgotten when the peer answers a later ping, and so is the probe that is still under way', () => {
    const h = new Heartbeat(0);
    h.add(1);
    h.broken(1, 50);
    h.answered(1, 60, 70);
    expect(h.probed(1, 'refused')).toEqual([]);
    expect(h.look(100)).toEqual([{ do: 'ping', host: 1 }]);
  });

  it('finds a process that was still closing its sockets at the first probe', () => {
    const h = new Heartbeat(0);
    h.add(1);
    h.broken(1, 0);
    h.probed(1, 'accepted');
    h.look(100);
    expect(evicted(h.probed(1, 'refused'))).toHaveLength(1);
  });
});

const link = fc.record({
  delay: fc.integer({ min: 0, max: 200 }),
  jitter: fc.integer({ min: 0, max: 50 }),
  // A lost segment is sent again by TCP; what lies behind it waits.
  loss: fc.constantFrom(0, 0.01, 0.03),
  seed: fc.integer({ min: 0, max: 2 ** 31 }),
}) as fc.Arbitrary<LinkModel>;

describe('two hosts and a link between them', () => {
  it.prop([link])('evict nobody while both live, up to 200 ± 50 ms each way with losses', (model) => {
    const run = simulateHeartbeat(model, { until: 30_000 });
    expect(run.evictions, JSON.stringify(run.log.slice(-20))).toEqual([]);
    expect(run.heard).toBeGreaterThan(100);
  });

  it.prop([link, fc.integer({ min: 2000, max: 9000 })])('always find a peer that stops', (model, at) => {
    const { evictions, limit } = simulateHeartbeat(model, { until: 40_000, stopAt: at });
    expect(evictions).toHaveLength(1);
    const [{ time, why }] = evictions as [{ time: number; why: string }];
    expect(why).toBe('silent');
    expect(time).toBeGreaterThanOrEqual(at);
    // What it said last was still under way; a look is an interval after the limit at most.
    expect(time - at).toBeLessThanOrEqual(limit + model.delay + model.jitter + repair(model) + PING_EVERY);
  });

  it.prop([link, fc.integer({ min: 2000, max: 9000 })])('find a killed one within 250 ms', (model, at) => {
    const fast = { ...model, delay: Math.min(model.delay, 40), jitter: Math.min(model.jitter, 5), loss: 0 };
    const { evictions } = simulateHeartbeat(fast, { until: 20_000, killAt: at });
    expect(evictions).toHaveLength(1);
    expect(evictions[0]!.why).toBe('refused');
    expect(evictions[0]!.time - at).toBeLessThanOrEqual(250);
  });

  it.prop([link, fc.integer({ min: 2000, max: 5000 }), fc.integer({ min: 100, max: 20_000 })])(
    'evict nobody when the one that looks was stopped',
    (model, from, length) => {
      const run = simulateHeartbeat(model, { until: 30_000, pause: { from, length } });
      expect(run.evictions, JSON.stringify(run.log.slice(-20))).toEqual([]);
    },
  );

  it.prop([link, fc.array(fc.integer({ min: 2000, max: 25_000 }), { maxLength: 6 })])(
    'evict nobody when the connection between them is cut and made again',
    (model, cuts) => {
      const run = simulateHeartbeat(model, { until: 30_000, cuts });
      expect(run.evictions, JSON.stringify(run.log.slice(-20))).toEqual([]);
    },
  );

  it.prop([link, fc.integer({ min: 2000, max: 5000 }), fc.integer({ min: 800, max: 1200 })])(
    'evict nobody when the way is out for less than the limit, and find a peer that stops then as soon as ever',
    (model, from, length) => {
      // Answers come at least as often as once in 600 ms while it is not out.
      const sound = { ...model, delay: Math.min(model.delay, 100), loss: 0 };
      const stopAt = from + length + 300;
      const outage = { from, length };
      const { evictions, limit } = simulateHeartbeat(sound, { until: 20_000, outage, stopAt });
      const longest = 2 * (sound.delay + Math.min(sound.jitter, sound.delay));
      expect(limit).toBeLessThanOrEqual(Math.max(SILENCE, ROUND_TRIPS * longest));
      expect(evictions).toHaveLength(1);
      expect(evictions[0]!.time).toBeGreaterThanOrEqual(stopAt);
      expect(evictions[0]!.time - stopAt).toBeLessThanOrEqual(limit + longest + PING_EVERY);
    },
  );
});

/** The longest that TCP takes to repair what the model loses, in ms. */
function repair(model: LinkModel): number {
  return model.loss > 0 ? SILENCE : 0;
}
