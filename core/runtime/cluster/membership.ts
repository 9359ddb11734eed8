import { chooseStart } from './choose-start.js';
import { dealRanks } from './deal.js';
import { addSet, dropHolder, dropOwner, type Generation, isKeptByAll } from './generations.js';
import type {
  After,
  Epoch,
  Finish,
  Membership,
  MembershipAction,
  MembershipEvent,
  Running,
} from './membership-types.js';

/**
 * What the coordinator does about an event. Pure: no clock, no I/O; time comes in as events (a host is `lost` because
 * somebody with a clock says so). An epoch begins only when no thread of the one before is left on any host that lives.
 */
export function step(
  before: Membership,
  event: MembershipEvent,
): { state: Membership; actions: MembershipAction[] } {
  const state = structuredClone(before);
  const actions = new Step(state).take(event);
  return { state, actions };
}

/** Hosts that have ranks in an epoch, in the order of their ranks. */
export function hostsOf(hostOf: readonly number[]): number[] {
  return [...new Set(hostOf)];
}

class Step {
  readonly #actions: MembershipAction[] = [];
  readonly #s: Membership;

  constructor(state: Membership) {
    this.#s = state;
  }

  take(event: MembershipEvent): MembershipAction[] {
    const s = this.#s;
    if ('host' in event && event.type !== 'hello' && event.type !== 'lost' && !this.#member(event.host)) {
      if (s.evicted.includes(event.host))
        this.#actions.push({ do: 'refuse', host: event.host, reason: 'it was evicted' });
      return this.#actions;
    }
    if ('epoch' in event && event.type !== 'kept' && event.epoch !== s.epoch?.number) return this.#actions;
    switch (event.type) {
      case 'hello':
        this.#hello(event.host, event.slots);
        break;
      case 'run':
        Object.assign(s, { wishes: event.wishes, generations: [], lostAt: [], losses: 0 });
        s.disk = event.wishes.resume;
        this.#startOrGiveUp();
        break;
      case 'lost':
        this.#lost(event.host, event.reason, event.running);
        break;
      case 'thread':
        this.#thread(event.host, event.reason, event.running);
        break;
      case 'leave':
        this.#leave(event.host);
        break;
      case 'begun':
        s.epoch!.begun = [...new Set([...s.epoch!.begun, event.host])];
        break;
      case 'kept':
        this.#kept(event);
        break;
      case 'partless':
        s.epoch!.partless.push(event.host);
        dropOwner(s.generations, s.epoch!.number, event.host);
        for (const g of [...s.generations]) this.#commit(g);
        break;
      case 'left-out':
        this.#leftOut(event.cycles);
        break;
      case 'written':
        s.disk = Math.max(s.disk ?? 0, event.cycles);
        break;
      case 'closed':
        this.#closed(event.host, event.cycles);
        break;
      case 'outcome':
        this.#outcome(event.host, event.finished);
        break;
      case 'ended':
        if (s.epoch!.phase === 'ending') this.#said(event.host);
        break;
      case 'failed':
        this.#end({ comes: 'finish', how: 'failed', message: event.message });
        break;
      case 'interrupt':
        this.#interrupt();
        break;
      case 'program':
        if (s.wishes) s.wishes.recovers = event.recovers;
        break;
    }
    this.#rearrange();
    return this.#actions;
  }

  #member(host: number) {
    return this.#s.members.find((m) => m.host === host);
  }

  #hello(host: number, slots: number): void {
    const s = this.#s;
    if (s.evicted.includes(host) || this.#member(host)) {
      this.#actions.push({
        do: 'refuse',
        host,
        reason: `host ${host} has been here already: join as a new one`,
      });
      return;
    }
    s.members.push({ host, slots, state: 'idle' });
  }

  /** The host is no member any more, and what it held is gone. */
  #remove(host: number): void {
    const s = this.#s;
    s.members = s.members.filter((m) => m.host !== host);
    s.evicted.push(host);
    dropHolder(s.generations, host);
  }

  #lost(host: number, reason: string, running: readonly Running[]): void {
    const s = this.#s;
    if (!this.#member(host)) return;
    this.#remove(host);
    this.#actions.push({ do: 'warn', text: `host ${host} is lost: ${reason}` });
    const e = s.epoch;
    if (!e?.hostOf.includes(host)) return;
    if (e.after?.comes !== 'finish' || e.after.how !== 'done') s.losses++;
    e.ended = e.ended.filter((x) => x.host !== host);
    if (e.phase === 'ending') this.#said(host);
    else this.#end(this.#afterLoss(host, `host ${host} is lost (${reason})`, running));
  }

  #thread(host: number, reason: string, running: readonly Running[]): void {
    const e = this.#s.epoch!;
    if (e.phase === 'ending') return;
    this.#s.losses++;
    this.#actions.push({ do: 'warn', text: `host ${host} has lost a rank: ${reason}` });
    if (hostsOf(e.hostOf).length === 1) this.#end(this.#lostFor(`${reason}, on the only host`));
    else this.#end(this.#afterLoss(host, `host ${host} has lost a rank (${reason})`, running));
  }

  #leave(host: number): void {
    const s = this.#s;
    this.#member(host)!.state = 'leaving';
    if (!s.epoch?.hostOf.includes(host)) return;
    const why = !s.wishes!.recovers
      ? 'its ranks exchange messages that cannot be moved'
      : !this.#deal().includes(host)
        ? null
        : `without it there are fewer ranks than the ${Math.max(1, s.wishes!.minRanks)} it takes`;
    if (why) this.#actions.push({ do: 'warn', text: `host ${host} asks to leave and stays for now: ${why}` });
  }

  #enough(hostOf: readonly number[]): boolean {
    return hostOf.length >= Math.max(1, this.#s.wishes!.minRanks);
  }

  /** What comes after a loss: another epoch, unless it cannot help. */
  #afterLoss(host: number, what: string, running: readonly Running[]): After | null {
    const s = this.#s;
    const asked = s.epoch!.after;
    if (asked?.comes === 'finish') return asked;
    if (!s.wishes!.recovers)
      return this.#lostFor(`${what}, and a program of ranks and messages has no state to go on from`);
    for (const r of running) {
      const key = `${r.part} ${r.cycle}`;
      const first = s.lostAt.find((x) => x.key === key);
      if (first)
        return this.#lostFor(
          `partition ${r.part} was running cycle ${r.cycle} when host ${first.host} was lost and again when host ${host} was: its workunit ends the process it runs in`,
        );
      s.lostAt.push({ key, host });
    }
    return { comes: 'epoch' };
  }

  #lostFor(message: string): Finish {
    return { comes: 'finish', how: 'lost', message };
  }

  /** Threads of the epoch end on all hosts; then comes `after`. */
  #end(after: After | null): void {
    const e = this.#s.epoch!;
    if (e.phase === 'ending') return;
    e.after = after;
    e.phase = 'ending';
    e.waiting = this.#alive(e);
    this.#actions.push({ do: 'end', epoch: e.number, hosts: [...e.waiting] });
    this.#phaseDone();
  }

  /** Hosts of the epoch that are members still. */
  #alive(e: Epoch): number[] {
    return hostsOf(e.hostOf).filter((h) => this.#member(h));
  }

  #said(host: number): void {
    const e = this.#s.epoch!;
    e.waiting = e.waiting.filter((h) => h !== host);
    this.#phaseDone();
  }

  #phaseDone(): void {
    const s = this.#s;
    const e = s.epoch!;
    if (e.waiting.length > 0) return;
    if (e.phase === 'closing') {
      e.phase = 'stopping';
      this.#actions.push({ do: 'stop', epoch: e.number, hosts: this.#alive(e), cycles: e.far });
    } else if (e.phase === 'ending') this.#over(e);
  }

  /** No thread of the epoch is left. */
  #over(e: Epoch): void {
    const s = this.#s;
    s.epoch = null;
    for (const m of s.members) if (m.state === 'running') m.state = 'idle';
    if (e.after?.comes === 'finish') this.#finish(e.after);
    else this.#startOrGiveUp();
  }

  #finish({ how, message }: Finish): void {
    const s = this.#s;
    s.wishes = null;
    s.generations = [];
    this.#actions.push({ do: 'finish', how, message });
  }

  #startOrGiveUp(): void {
    const s = this.#s;
    const { ranks, minRanks } = s.wishes!;
    const hostOf = this.#deal();
    if (!this.#enough(hostOf)) {
      const wanted = ranks === null ? '' : ` of ${ranks}`;
      this.#finish(
        this.#lostFor(
          `there is room for ${hostOf.length}${wanted} ranks, fewer than the ${Math.max(1, minRanks)} it takes`,
        ),
      );
      return;
    }
    const start = chooseStart(s.generations, s.disk);
    const number = s.nextEpoch++;
    s.epoch = {
      number,
      hostOf,
      phase: 'running',
      start,
      after: null,
      waiting: [],
      begun: [],
      ended: [],
      far: 0,
      leftOut: [],
      partless: [],
    };
    for (const m of s.members) if (m.state === 'idle' && hostOf.includes(m.host)) m.state = 'running';
    // What else there is was never whole, or is older; hosts drop it too.
    s.generations =
      start.from === 'memory'
        ? s.generations.filter((g) => g.epoch === start.epoch && g.cycles === start.cycles)
        : [];
    this.#actions.push({ do: 'start', epoch: number, hostOf, start });
  }

  /** Ranks for the hosts that stay; for those that want to go too, while it takes them. */
  #deal(): number[] {
    const { members, wishes } = this.#s;
    const { ranks, oversubscribe } = wishes!;
    const staying = members.filter((m) => m.state !== 'leaving');
    const hostOf = dealRanks(staying, ranks, oversubscribe);
    return this.#enough(hostOf) ? hostOf : dealRanks(members, ranks, oversubscribe);
  }

  #kept(event: MembershipEvent & { type: 'kept' }): void {
    const s = this.#s;
    const e = s.epoch;
    // A copy that arrives when its epoch is being ended still counts; one of an older epoch is stale.
    if (!this.#member(event.holder) || !e || event.epoch !== e.number) return;
    if (s.generations.some((x) => x.committed && x.epoch === e.number && x.cycles > event.cycles)) return;
    if (e.leftOut.includes(event.cycles)) return;
    const g = addSet(
      s.generations,
      {
        epoch: e.number,
        cycles: event.cycles,
        owners: hostsOf(e.hostOf).filter((h) => !e.partless.includes(h)),
      },
      event.owner,
      event.holder,
      event.parts,
    );
    this.#commit(g);
  }

  /** Once everybody has it, nothing older is kept. */
  #commit(g: Generation): void {
    const s = this.#s;
    if (g.committed || !isKeptByAll(g, hostsOf(s.epoch!.hostOf).length)) return;
    g.committed = true;
    s.generations = s.generations.filter((x) => x === g || x.cycles > g.cycles);
    this.#actions.push({
      do: 'commit',
      epoch: g.epoch,
      cycles: g.cycles,
      hosts: s.members.map((m) => m.host),
    });
  }

  #leftOut(cycles: number): void {
    const s = this.#s;
    const e = s.epoch!;
    if (e.leftOut.includes(cycles)) return;
    e.leftOut.push(cycles);
    s.generations = s.generations.filter((g) => g.epoch !== e.number || g.cycles !== cycles);
    this.#actions.push({ do: 'forget', epoch: e.number, cycles, hosts: s.members.map((m) => m.host) });
  }

  #closed(host: number, cycles: number): void {
    const e = this.#s.epoch!;
    if (e.phase !== 'closing') return;
    e.far = Math.max(e.far, cycles);
    this.#said(host);
  }

  #outcome(host: number, finished: boolean): void {
    const e = this.#s.epoch!;
    if (e.phase === 'ending' || e.ended.some((x) => x.host === host)) return;
    e.ended.push({ host, finished });
    if (e.phase === 'closing') this.#said(host);
    if (e.ended.length < hostsOf(e.hostOf).length) return;
    // All that they gave is here: who is lost while the epoch ends has taken nothing with it.
    const done = e.ended.every((x) => x.finished);
    this.#end(done ? { comes: 'finish', how: 'done', message: '' } : e.after);
  }

  /** The run ends after a whole cycle; asked a second time, at once. */
  #interrupt(): void {
    const s = this.#s;
    if (!s.wishes) return;
    const finish: Finish = { comes: 'finish', how: 'interrupted', message: '' };
    const e = s.epoch;
    if (!e) this.#finish(finish);
    else if (e.phase === 'ending') {
      if (e.after?.comes !== 'finish') e.after = finish;
    } else if (e.after?.comes === 'finish') this.#end(finish);
    else {
      e.after = finish;
      if (e.phase === 'running') this.#close();
    }
  }

  #close(): void {
    const e = this.#s.epoch!;
    e.phase = 'closing';
    // Those that have come to their end have no horizon any more.
    e.waiting = this.#alive(e).filter((h) => !e.ended.some((x) => x.host === h));
    this.#actions.push({ do: 'close', epoch: e.number, hosts: [...e.waiting] });
    this.#phaseDone();
  }

  /** Closes the horizon if hosts have come or want to go, and lets those go that nobody needs. */
  #rearrange(): void {
    const s = this.#s;
    const e = s.epoch;
    if (e?.phase === 'running' && e.ended.length === 0 && s.wishes!.recovers) {
      const hostOf = this.#deal();
      if (this.#enough(hostOf) && hostOf.join() !== e.hostOf.join()) {
        e.after = { comes: 'epoch' };
        this.#close();
      }
    }
    for (const m of s.members.filter((x) => x.state === 'leaving')) this.#releaseIfFree(m.host);
  }

  #releaseIfFree(host: number): void {
    const e = this.#s.epoch;
    if (e?.hostOf.includes(host)) return;
    // Its pieces may be what the others begin with.
    if (e?.start.from === 'memory' && e.begun.length < hostsOf(e.hostOf).length)
      if (e.start.sets.some((x) => x.holders.includes(host))) return;
    this.#remove(host);
    this.#actions.push({ do: 'release', host });
  }
}
