import { RandomStream } from '../../../core/base/random.js';
import { Heartbeat, type HeartbeatAction, PING_EVERY } from '../../../core/runtime/cluster/heartbeat.js';

/** A connection between two hosts: order kept, everything in ms. */
export interface LinkModel {
  delay: number;
  jitter: number;
  /** Probability that a segment is lost. TCP sends it again; what is behind it waits. */
  loss: number;
  seed: number;
}

export interface Faults {
  until: number;
  /** The peer is stopped then: its kernel goes on accepting connections. */
  stopAt?: number;
  /** The peer is killed then: its connections close, its address refuses. */
  killAt?: number;
  /** The host that looks does not run for so long. */
  pause?: { from: number; length: number };
  /** Nothing gets through for so long, either way; TCP brings it all once it is over. */
  outage?: { from: number; length: number };
  /** The connection is cut then, both hosts alive: what is under way is lost. */
  cuts?: number[];
}

export interface SimulatedHeartbeat {
  evictions: { time: number; why: string }[];
  /** The largest limit that was in force. */
  limit: number;
  heard: number;
  log: string[];
}

/** Until a cut connection is made again. */
const RECONNECT = 100;
/** TCP's shortest time until it sends again what was not acknowledged (Linux), doubled each time. */
const RESEND = 200;
const MOST_LOSSES = 2;

interface Event {
  time: number;
  order: number;
  run: () => void;
}

/** One host that watches another through a link: what it would evict, and when. */
export function simulateHeartbeat(link: LinkModel, faults: Faults): SimulatedHeartbeat {
  const random = new RandomStream(link.seed);
  let draws = 0;
  const uniform = (): number => random.uniform(draws++, 0);
  const events: Event[] = [];
  let order = 0;
  let now = 0;
  const at = (time: number, run: () => void): void => {
    events.push({ time, order: order++, run });
  };
  const result: SimulatedHeartbeat = { evictions: [], limit: 0, heard: 0, log: [] };
  const { stopAt = Infinity, killAt = Infinity, pause, outage, cuts = [] } = faults;
  const peerRuns = (): boolean => now < stopAt && now < killAt;
  /** When the looking host next runs. */
  const awake = (time: number): number =>
    pause && time >= pause.from && time < pause.from + pause.length ? pause.from + pause.length : time;
  /** Numbers of the connection; what was sent on an older one is lost. */
  let connection = 0;
  let open = 0;
  const last = { out: 0, in: 0 };
  const travel = (way: 'out' | 'in', arrived: () => void): void => {
    if (now < open) return;
    let time = now + link.delay + (2 * uniform() - 1) * Math.min(link.jitter, link.delay);
    let resend = RESEND + 2 * link.delay;
    for (let k = 0; k < MOST_LOSSES && uniform() < link.loss; k++) {
      time += resend;
      resend *= 2;
    }
    if (outage && time >= outage.from && now < outage.from + outage.length)
      time = Math.max(time, outage.from + outage.length + link.delay);
    time = Math.max(time, last[way]);
    last[way] = time;
    const sentOn = connection;
    const receive = (): void => {
      if (sentOn === connection) arrived();
    };
    at(way === 'in' ? awake(time) : time, receive);
  };

  const heartbeat = new Heartbeat(0);
  heartbeat.add(1, 2 * link.delay);
  const act = (actions: HeartbeatAction[]): void => {
    for (const a of actions) {
      result.log.push(`${now.toFixed(0)} ${a.do}`);
      if (a.do === 'evict') result.evictions.push({ time: now, why: a.why });
      else if (a.do === 'probe') {
        // To the peer's address and back.
        at(awake(now + 2 * link.delay), () =>
          act(heartbeat.probed(1, now >= killAt ? 'refused' : 'accepted')),
        );
      } else {
        const sent = now;
        travel('out', () => {
          if (peerRuns())
            travel('in', () => {
              result.heard++;
              heartbeat.answered(1, sent, now);
              result.limit = Math.max(result.limit, heartbeat.limit(1));
            });
        });
      }
    }
  };
  result.limit = heartbeat.limit(1);
  const look = (): void => {
    if (now > faults.until) return;
    act(heartbeat.look(now));
    // A timer that is late is not made up for.
    at(awake(now + PING_EVERY), look);
  };
  const peerPings = (): void => {
    if (now > faults.until) return;
    if (peerRuns())
      travel('in', () => {
        result.heard++;
        heartbeat.heard(1);
      });
    at(now + PING_EVERY, peerPings);
  };
  at(PING_EVERY, look);
  at(PING_EVERY / 2, peerPings);
  if (killAt < Infinity)
    at(killAt, () => {
      at(awake(now + link.delay), () => act(heartbeat.broken(1, now)));
    });
  for (const cut of cuts)
    at(cut, () => {
      connection++;
      open = now + RECONNECT;
      last.in = 0;
      last.out = 0;
      at(awake(now + link.delay), () => act(heartbeat.broken(1, now)));
    });

  for (let next = takeFirst(events); next; next = takeFirst(events)) {
    now = Math.max(now, next.time);
    next.run();
  }
  return result;
}

function takeFirst(events: Event[]): Event | undefined {
  let first = 0;
  for (let k = 1; k < events.length; k++) {
    const e = events[k]!;
    const f = events[first]!;
    if (e.time < f.time || (e.time === f.time && e.order < f.order)) first = k;
  }
  return events.splice(first, 1)[0];
}
