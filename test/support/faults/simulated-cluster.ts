import { RandomStream } from '../../../core/base/random.js';
import { buddyRing } from '../../../core/runtime/cluster/buddy-ring.js';
import { hostsOf, step } from '../../../core/runtime/cluster/membership.js';
import {
  emptyCluster,
  type Membership,
  type MembershipAction,
  type MembershipEvent,
  type RunWishes,
  type Start,
} from '../../../core/runtime/cluster/membership-types.js';

export interface SimulationOptions {
  seed: number;
  /** Events drawn until no fault comes any more and the run is let to its end. */
  steps: number;
  wishes: RunWishes;
  hosts: number;
  cycles: number;
  /** A buddy checkpoint every so many cycles; 0 for none. */
  every: number;
  /** One on disk every so many cycles; 0 for none. */
  disk: number;
  faults: readonly Fault[];
}

export type Fault = 'kill' | 'thread' | 'leave' | 'join' | 'interrupt' | 'exception' | 'evict alive';

/** Parts of the simulated run. */
const PARTS = 8;
const MOST_HOSTS = 8;
/** Generations that a host has room for; with more to save one is left out. */
const GENERATIONS = 2;

interface Saved {
  epoch: number;
  cycles: number;
  owner: number;
  parts: number[];
}

interface Host {
  number: number;
  alive: boolean;
  /** The coordinator has given it up, though it lives. */
  evicted: boolean;
  slots: number;
  /** Of the epoch whose threads run; 0 for none. */
  epoch: number;
  /** The newest epoch it has heard of. */
  known: number;
  parts: number[];
  cycle: number;
  begun: boolean;
  closing: boolean;
  stop: number;
  ended: boolean;
  buddy: number | null;
  /** Own pieces and those of others. */
  store: Saved[];
  /** What it says to the coordinator, in order. */
  toCoordinator: MembershipEvent[];
}

/** A wrong decision: what was wrong, and all that led to it. */
export class Violation extends Error {}

/**
 * A cluster of which only the decisions are real: hosts compute cycles, save, send pieces to buddies, die, join and leave in an
 * order that a seed draws; every message takes its time. What may never happen is checked as it happens.
 */
export class SimulatedCluster {
  readonly log: string[] = [];
  readonly finished: { how: string; message: string }[] = [];
  /** Where the run ended: cycles of every host when the end came. */
  endedAt: number | null = null;
  readonly warnings: string[] = [];
  readonly restored: Start[] = [];
  state: Membership = emptyCluster();
  readonly #hosts = new Map<number, Host>();
  readonly #options: SimulationOptions;
  readonly #random: RandomStream;
  #draws = 0;
  #nextHost = 1;
  /** From the coordinator to a host, in order. */
  readonly #toHosts: { host: number; action: MembershipAction }[] = [];
  /** Pieces under way between hosts. */
  readonly #copies: { to: number; saved: Saved }[] = [];
  /** What arrived at whoever writes the disk, by cycles: parts. */
  readonly #disk = new Map<string, Set<number>>();
  /** What hosts need not keep, though some may not have heard of it yet. */
  readonly #forgotten = new Set<string>();
  #written: number | null = null;

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.#random = new RandomStream(options.seed);
    this.#written = options.wishes.resume;
    for (let k = 0; k < options.hosts; k++) this.#join();
    this.#tell({ type: 'run', wishes: options.wishes });
  }

  run(): void {
    for (let k = 0; k < this.#options.steps && this.finished.length === 0; k++) {
      if (this.#draw(12) === 0) this.#fault();
      else this.#something();
    }
    for (let k = 0; this.finished.length === 0; k++) {
      if (k > 200_000) this.#fail('the run does not come to an end');
      if (!this.#something()) this.#fail('nothing can happen any more, and the run has not ended');
    }
    // What is still under way does not begin it again.
    for (let k = 0; k < 1000 && this.#something(); k++);
    if (this.finished.length !== 1) this.#fail(`it ended ${this.finished.length} times`);
    if (this.state.epoch) this.#fail('it ended with an epoch');
    for (const h of this.#hosts.values())
      if (h.alive && !h.evicted && h.epoch !== 0) this.#fail(`host ${h.number} still has threads`);
  }

  #draw(n: number): number {
    return Math.floor(this.#random.uniform(this.#draws++, 0) * n);
  }

  #pick<T>(list: readonly T[]): T | undefined {
    return list.length === 0 ? undefined : list[this.#draw(list.length)];
  }

  #fail(what: string): never {
    const { seed } = this.#options;
    throw new Violation(`${what}\nseed ${seed}\n${this.log.slice(-60).join('\n')}`);
  }

  #tell(event: MembershipEvent): void {
    this.log.push(`event ${JSON.stringify(event)}`);
    // Looking costs more than deciding: now and then is enough for a rule that holds always.
    const before = this.#draw(16) === 0 ? JSON.stringify(this.state) : null;
    const { state, actions } = step(this.state, event);
    if (before !== null && JSON.stringify(this.state) !== before) this.#fail('the old state was changed');
    this.state = state;
    for (const action of actions) this.#act(action);
  }

  #act(action: MembershipAction): void {
    this.log.push(`  ${JSON.stringify(action)}`);
    switch (action.do) {
      case 'start':
        this.#checkStart(action);
        for (const host of this.#live()) this.#toHosts.push({ host: host.number, action });
        break;
      case 'close':
      case 'stop':
      case 'end':
      case 'commit':
      case 'forget':
        if (action.do === 'forget') this.#forgotten.add(`${action.epoch} ${action.cycles}`);
        for (const host of action.hosts) this.#toHosts.push({ host, action });
        break;
      case 'release':
        if (this.state.epoch?.hostOf.includes(action.host))
          this.#fail(`host ${action.host} released with ranks`);
        this.#hosts.get(action.host)!.evicted = true;
        break;
      case 'finish':
        this.finished.push(action);
        break;
      case 'warn':
        this.warnings.push(action.text);
        break;
      case 'refuse':
        break;
    }
  }

  #live(): Host[] {
    return [...this.#hosts.values()].filter((h) => h.alive && !h.evicted);
  }

  #checkStart({ epoch, hostOf, start }: MembershipAction & { do: 'start' }): void {
    this.restored.push(start);
    for (const h of this.#live())
      if (h.epoch !== 0) this.#fail(`epoch ${epoch} begins, but host ${h.number} is still in ${h.epoch}`);
    for (const n of hostsOf(hostOf)) {
      const h = this.#hosts.get(n);
      const member = this.state.members.find((m) => m.host === n);
      if (!h || h.evicted || !member) this.#fail(`host ${n} has ranks, but is no member`);
      if (member!.state === 'idle') this.#fail(`host ${n} has ranks, but is ${member!.state}`);
      const count = hostOf.filter((x) => x === n).length;
      if (count > h!.slots && !this.#options.wishes.oversubscribe) this.#fail(`host ${n} has ${count} ranks`);
    }
    if (start.from === 'memory') {
      const parts: number[] = [];
      for (const set of start.sets) {
        if (set.holders.length === 0) this.#fail(`nobody has the pieces of host ${set.owner}`);
        for (const n of set.holders) {
          const h = this.#hosts.get(n)!;
          // A host that died and is not known to be dead yet may be named; one that lives has what it said.
          const has = h.store.some(
            (s) => s.epoch === start.epoch && s.cycles === start.cycles && s.owner === set.owner,
          );
          if (!has) this.#fail(`host ${n} is said to hold what it has not`);
        }
        parts.push(...set.parts);
      }
      if (parts.sort((a, b) => a - b).join() !== Array.from({ length: PARTS }, (_, k) => k).join())
        this.#fail(`restored parts are ${parts}`);
    } else if (start.from === 'disk' && start.cycles !== this.#written) {
      this.#fail(`restored from disk after ${start.cycles}, written after ${this.#written}`);
    }
  }

  #join(): void {
    const number = this.#nextHost++;
    this.#hosts.set(number, {
      number,
      alive: true,
      evicted: false,
      slots: 1 + this.#draw(3),
      epoch: 0,
      known: 0,
      parts: [],
      cycle: 0,
      begun: false,
      closing: false,
      stop: Number.POSITIVE_INFINITY,
      ended: false,
      buddy: null,
      store: [],
      toCoordinator: [],
    });
    this.#tell({ type: 'hello', host: number, slots: this.#hosts.get(number)!.slots });
  }

  #fault(): void {
    const fault = this.#pick(this.#options.faults);
    const host = this.#pick(this.#live());
    if (fault === undefined) return;
    this.log.push(`fault ${fault} ${host?.number}`);
    if (fault === 'join') {
      if (this.#live().length < MOST_HOSTS) this.#join();
    } else if (fault === 'interrupt') {
      if (this.#draw(6) === 0) this.#tell({ type: 'interrupt' });
    } else if (host) {
      const running = host.epoch !== 0 ? host.parts.slice(0, 1) : [];
      const where = running.map((part) => ({ rank: 0, part, cycle: host.cycle }));
      if (fault === 'kill') {
        host.alive = false;
        host.toCoordinator = [];
        this.#tell({ type: 'lost', host: host.number, reason: 'killed', running: where });
      } else if (fault === 'evict alive') {
        // It goes on talking.
        host.evicted = true;
        this.#tell({ type: 'lost', host: host.number, reason: 'silent', running: [] });
      } else if (fault === 'leave') host.toCoordinator.push({ type: 'leave', host: host.number });
      else if (host.epoch !== 0 && !host.ended) {
        const { epoch } = host;
        if (fault === 'thread')
          host.toCoordinator.push({
            type: 'thread',
            host: host.number,
            epoch,
            reason: 'rank 0',
            running: [],
          });
        else if (this.#draw(6) === 0)
          host.toCoordinator.push({ type: 'failed', host: host.number, epoch, message: 'user code' });
      }
    }
  }

  /** One thing that may happen next; false if nothing can. */
  #something(): boolean {
    const can: (() => void)[] = [];
    const seen = new Set<number>();
    for (const [k, m] of this.#toHosts.entries()) {
      if (seen.has(m.host)) continue;
      seen.add(m.host);
      can.push(() => {
        this.#toHosts.splice(k, 1);
        this.#receive(this.#hosts.get(m.host)!, m.action);
      });
    }
    for (const h of this.#hosts.values()) {
      if (h.toCoordinator.length > 0)
        can.push(() => {
          const event = h.toCoordinator.shift()!;
          this.#tell(event);
        });
      if (h.alive && this.#canCompute(h)) can.push(() => this.#compute(h));
    }
    const pairs = new Set<string>();
    for (const [k, c] of this.#copies.entries()) {
      // In order between two hosts, as the mesh delivers.
      const pair = `${c.saved.owner} ${c.to}`;
      if (pairs.has(pair)) continue;
      pairs.add(pair);
      can.push(() => {
        this.#copies.splice(k, 1);
        this.#copied(c.to, c.saved);
      });
    }
    const next = this.#pick(can);
    next?.();
    return next !== undefined;
  }

  #receive(h: Host, action: MembershipAction): void {
    if (!h.alive) return;
    if (action.do === 'start') {
      const { hostOf, start, epoch } = action;
      const keep = start.from === 'memory' ? start : null;
      h.known = epoch;
      h.store = h.store.filter(
        (s) => s.epoch === epoch || (s.epoch === keep?.epoch && s.cycles === keep.cycles),
      );
      const hosts = hostsOf(hostOf);
      const place = hosts.indexOf(h.number);
      if (place < 0) return;
      const placed = hosts.map((host) => ({ host, machine: `m${host % 3}` }));
      h.epoch = epoch;
      h.parts = Array.from({ length: PARTS }, (_, p) => p).filter((p) => p % hosts.length === place);
      h.cycle = start.from === 'beginning' ? 0 : start.cycles;
      h.begun = false;
      h.closing = false;
      h.ended = false;
      h.stop = Number.POSITIVE_INFINITY;
      h.buddy = buddyRing(placed).get(h.number) ?? null;
    } else if (action.do === 'commit') {
      h.store = h.store.filter((s) => s.epoch > action.epoch || s.cycles >= action.cycles);
    } else if (action.do === 'forget') {
      h.store = h.store.filter((s) => s.epoch !== action.epoch || s.cycles !== action.cycles);
    } else if ('epoch' in action && action.epoch === h.epoch) {
      if (action.do === 'close') {
        h.closing = true;
        h.toCoordinator.push({ type: 'closed', host: h.number, epoch: h.epoch, cycles: h.cycle });
      } else if (action.do === 'stop') {
        if (action.cycles < h.cycle && !h.ended) this.#fail(`host ${h.number} is beyond the stop`);
        h.stop = action.cycles;
      } else if (action.do === 'end') {
        h.toCoordinator.push({ type: 'ended', host: h.number, epoch: h.epoch });
        h.epoch = 0;
      }
    } else if (action.do === 'end') {
      // Its ranks had come to their end by themselves.
      h.toCoordinator.push({ type: 'ended', host: h.number, epoch: action.epoch });
    }
  }

  #canCompute(h: Host): boolean {
    if (h.epoch === 0 || h.ended) return false;
    if (!h.begun) return true;
    // Neighbours are at most a cycle apart.
    for (const o of this.#hosts.values())
      if (o !== h && o.epoch === h.epoch && !o.ended && o.cycle < h.cycle) return false;
    const last = Math.min(this.#options.cycles, h.stop);
    return h.cycle >= last || !h.closing || h.stop < Number.POSITIVE_INFINITY;
  }

  #saves(cycles: number): boolean {
    return this.#options.every > 0 && cycles % this.#options.every === 0;
  }

  #hasRoom(h: Host): boolean {
    const own = h.store.filter((s) => s.owner === h.number || s.epoch !== h.epoch);
    return new Set(own.map((s) => `${s.epoch} ${s.cycles}`)).size < GENERATIONS;
  }

  #compute(h: Host): void {
    const { disk, cycles } = this.#options;
    if (!h.begun) {
      h.begun = true;
      h.toCoordinator.push({ type: 'begun', host: h.number, epoch: h.epoch });
      return;
    }
    const last = Math.min(cycles, h.stop);
    if (h.cycle < last) {
      h.cycle++;
      if (disk > 0 && h.cycle % disk === 0) this.#toDisk(h);
      if (!this.#saves(h.cycle)) return;
      if (this.#hasRoom(h)) this.#save(h);
      else h.toCoordinator.push({ type: 'left-out', epoch: h.epoch, cycles: h.cycle });
      return;
    }
    const finished = h.cycle >= cycles;
    // The state at a closed horizon is saved whatever the interval.
    if (
      !finished &&
      !h.store.some((s) => s.epoch === h.epoch && s.cycles === h.cycle && s.owner === h.number)
    )
      this.#save(h);
    h.ended = true;
    h.toCoordinator.push({ type: 'outcome', host: h.number, epoch: h.epoch, finished });
    h.epoch = 0;
  }

  #save(h: Host): void {
    const saved = { epoch: h.epoch, cycles: h.cycle, owner: h.number, parts: h.parts };
    this.#copied(h.number, saved);
    if (h.buddy !== null) this.#copies.push({ to: h.buddy, saved });
  }

  #copied(to: number, saved: Saved): void {
    const h = this.#hosts.get(to)!;
    // A later epoch has no use for it; one that this host has not heard of yet will.
    if (!h.alive || saved.epoch < h.known) return;
    h.store.push(saved);
    for (const owner of new Set(h.store.map((s) => s.owner))) {
      const kept = h.store.filter(
        (s) => s.owner === owner && s.epoch === saved.epoch && !this.#forgotten.has(`${s.epoch} ${s.cycles}`),
      );
      if (new Set(kept.map((s) => s.cycles)).size > GENERATIONS + 1) this.#fail(`host ${to} keeps too much`);
    }
    h.toCoordinator.push({ type: 'kept', ...saved, holder: to });
  }

  #toDisk(h: Host): void {
    const key = `${h.epoch} ${h.cycle}`;
    const parts = this.#disk.get(key) ?? new Set();
    this.#disk.set(key, parts);
    for (const p of h.parts) parts.add(p);
    if (parts.size === PARTS && h.cycle > (this.#written ?? -1)) {
      this.#written = h.cycle;
      this.#tell({ type: 'written', cycles: h.cycle });
    }
  }
}
