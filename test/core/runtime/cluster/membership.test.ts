import { describe, expect, it } from 'vitest';
import { step } from '../../../../core/runtime/cluster/membership.js';
import {
  emptyCluster,
  type Membership,
  type MembershipAction,
  type MembershipEvent,
  type RunWishes,
} from '../../../../core/runtime/cluster/membership-types.js';

const WISHES: RunWishes = { ranks: null, oversubscribe: false, minRanks: 1, recovers: true, resume: null };

/** A cluster of hosts with two slots each, whose run has begun. */
class Cluster {
  state: Membership = emptyCluster();
  readonly hosts: number;

  constructor(hosts: number, wishes: Partial<RunWishes> = {}) {
    this.hosts = hosts;
    for (let host = 1; host <= hosts; host++) this.tell({ type: 'hello', host, slots: 2 });
    this.tell({ type: 'run', wishes: { ...WISHES, ...wishes } });
  }

  tell(event: MembershipEvent): MembershipAction[] {
    const { state, actions } = step(this.state, event);
    this.state = state;
    return actions;
  }

  lose(host: number, running: { rank: number; part: number; cycle: number }[] = []): MembershipAction[] {
    return this.tell({ type: 'lost', host, reason: 'its process has ended', running });
  }

  /** The hosts' threads have ended; the actions of the last one. */
  ended(...hosts: number[]): MembershipAction[] {
    const epoch = this.state.epoch!.number;
    return hosts.map((host) => this.tell({ type: 'ended', host, epoch })).at(-1)!;
  }

  kept(cycles: number, owner: number, holder: number): MembershipAction[] {
    return this.tell({
      type: 'kept',
      epoch: this.state.epoch!.number,
      cycles,
      owner,
      holder,
      parts: [owner],
    });
  }

  /** All hosts keep their pieces and those of the host before. */
  generation(cycles: number): MembershipAction[] {
    const actions: MembershipAction[] = [];
    for (let host = 1; host <= this.hosts; host++)
      actions.push(...this.kept(cycles, host, host), ...this.kept(cycles, host, (host % this.hosts) + 1));
    return actions;
  }
}

const doing = (actions: readonly MembershipAction[], what: string): MembershipAction[] =>
  actions.filter((a) => a.do === what);

describe('a lost host', () => {
  it('ends the epoch on those left, and the next begins when all have ended it', () => {
    const c = new Cluster(3);
    expect(doing(c.lose(2), 'end')).toEqual([{ do: 'end', epoch: 1, hosts: [1, 3] }]);
    expect(c.ended(1)).toEqual([]);
    expect(c.ended(3)).toEqual([
      { do: 'start', epoch: 2, hostOf: [1, 1, 3, 3], start: { from: 'beginning' } },
    ]);
  });

  it('is restored from the newest generation that is whole among those left', () => {
    const c = new Cluster(3);
    expect(doing(c.generation(10), 'commit')).toEqual([
      { do: 'commit', epoch: 1, cycles: 10, hosts: [1, 2, 3] },
    ]);
    c.generation(20);
    c.kept(30, 1, 1);
    c.kept(30, 3, 3);
    c.lose(2);
    expect(c.ended(1, 3)).toMatchObject([
      {
        do: 'start',
        start: {
          from: 'memory',
          cycles: 20,
          epoch: 1,
          sets: [
            { owner: 1, holders: [1] },
            { owner: 2, holders: [3] },
            { owner: 3, holders: [3, 1] },
          ],
        },
      },
    ]);
  });

  it('takes the one before if the newest is not whole without it, as long as it is kept', () => {
    const c = new Cluster(2);
    c.generation(10);
    // Own pieces of all, and no buddy has its copy yet.
    c.kept(20, 1, 1);
    c.kept(20, 2, 2);
    c.lose(2);
    expect(c.ended(1)).toMatchObject([{ start: { from: 'memory', cycles: 10 } }]);
  });

  it('is restored from disk if its buddy is lost too, or the disk has more', () => {
    const c = new Cluster(3);
    c.tell({ type: 'written', cycles: 8 });
    c.generation(10);
    c.lose(2);
    c.lose(3);
    expect(c.ended(1)).toMatchObject([{ start: { from: 'disk', cycles: 8 } }]);
    const d = new Cluster(3);
    d.generation(10);
    d.tell({ type: 'written', cycles: 12 });
    d.lose(2);
    expect(d.ended(1, 3)).toMatchObject([{ start: { from: 'disk', cycles: 12 } }]);
  });

  it('is not restored from a state that some rank left out', () => {
    const c = new Cluster(2);
    c.generation(10);
    c.kept(20, 1, 1);
    expect(c.tell({ type: 'left-out', epoch: 1, cycles: 20 })).toEqual([
      { do: 'forget', epoch: 1, cycles: 20, hosts: [1, 2] },
    ]);
    expect(doing(c.generation(20), 'commit')).toEqual([]);
    expect(doing(c.generation(30), 'commit')).toMatchObject([{ cycles: 30 }]);
  });

  it('whose ranks have no parts is not waited for, whenever it says so', () => {
    const early = new Cluster(2);
    early.tell({ type: 'partless', host: 2, epoch: 1 });
    early.kept(10, 1, 1);
    expect(doing(early.kept(10, 1, 2), 'commit')).toMatchObject([{ cycles: 10 }]);
    const late = new Cluster(2);
    late.kept(10, 1, 1);
    expect(doing(late.kept(10, 1, 2), 'commit')).toEqual([]);
    expect(doing(late.tell({ type: 'partless', host: 2, epoch: 1 }), 'commit')).toMatchObject([
      { cycles: 10 },
    ]);
    late.lose(1);
    expect(late.ended(2)).toMatchObject([{ do: 'start', start: { from: 'memory', cycles: 10 } }]);
  });

  it('that had no ranks is not missed', () => {
    const c = new Cluster(1);
    c.tell({ type: 'hello', host: 2, slots: 0 });
    expect(c.lose(2)).toEqual([{ do: 'warn', text: 'host 2 is lost: its process has ended' }]);
  });

  it('is refused when it still speaks, and under its old number when it comes again', () => {
    const c = new Cluster(2);
    c.lose(2);
    expect(c.tell({ type: 'outcome', host: 2, epoch: 1, finished: true })).toEqual([
      { do: 'refuse', host: 2, reason: 'it was evicted' },
    ]);
    expect(c.tell({ type: 'hello', host: 2, slots: 2 })).toEqual([
      { do: 'refuse', host: 2, reason: 'host 2 has been here already: join as a new one' },
    ]);
    expect(doing(c.tell({ type: 'hello', host: 3, slots: 2 }), 'refuse')).toEqual([]);
  });

  it('during recovery: the epoch is ended for the first and the last', () => {
    const c = new Cluster(3);
    c.lose(1);
    c.ended(2);
    expect(doing(c.lose(3), 'start')).toEqual([
      { do: 'start', epoch: 2, hostOf: [2, 2], start: { from: 'beginning' } },
    ]);
  });
});

describe('what cannot go on is given up', () => {
  it('with too few ranks, naming the checkpoint', () => {
    const c = new Cluster(2, { minRanks: 3 });
    c.tell({ type: 'written', cycles: 40 });
    c.lose(1);
    expect(c.ended(2)).toEqual([
      {
        do: 'finish',
        how: 'lost',
        message: 'there is room for 2 ranks, fewer than the 3 it takes',
      },
    ]);
  });

  it('when the same workunit was running at two losses, naming it', () => {
    const c = new Cluster(4);
    c.lose(1, [{ rank: 0, part: 5, cycle: 7 }]);
    c.ended(2, 3, 4);
    c.lose(2, [
      { rank: 0, part: 4, cycle: 7 },
      { rank: 1, part: 5, cycle: 7 },
    ]);
    expect(c.ended(3, 4)).toEqual([
      {
        do: 'finish',
        how: 'lost',
        message:
          'partition 5 was running cycle 7 when host 1 was lost and again when host 2 was: its workunit ends the process it runs in',
      },
    ]);
  });

  it('not when another cycle of the partition was running', () => {
    const c = new Cluster(3);
    c.lose(1, [{ rank: 0, part: 5, cycle: 7 }]);
    c.ended(2, 3);
    c.lose(2, [{ rank: 0, part: 5, cycle: 8 }]);
    expect(doing(c.ended(3), 'start')).toHaveLength(1);
  });

  it('if the program is one of ranks and messages', () => {
    const c = new Cluster(2, { recovers: false });
    c.lose(1);
    expect(c.ended(2)).toMatchObject([{ do: 'finish', how: 'lost' }]);
  });

  it('if a rank dies on the only host', () => {
    const c = new Cluster(1);
    c.tell({ type: 'thread', host: 1, epoch: 1, reason: 'the thread of rank 1 ended', running: [] });
    expect(c.ended(1)).toMatchObject([{ do: 'finish', how: 'lost' }]);
  });

  it('and on one of several the host goes on with the others', () => {
    const c = new Cluster(2);
    c.tell({ type: 'thread', host: 1, epoch: 1, reason: 'the thread of rank 1 ended', running: [] });
    expect(c.ended(1, 2)).toMatchObject([{ do: 'start', hostOf: [1, 1, 2, 2] }]);
  });

  it('when user code fails, at once and everywhere', () => {
    const c = new Cluster(2);
    expect(c.tell({ type: 'failed', host: 1, epoch: 1, message: 'no' })).toEqual([
      { do: 'end', epoch: 1, hosts: [1, 2] },
    ]);
    expect(c.ended(1, 2)).toEqual([{ do: 'finish', how: 'failed', message: 'no' }]);
  });
});

describe('a host that is lost when all ranks are done', () => {
  it.each([[[1]], [[1, 2]]])('hosts %j: the run is done, and has not gone on after a loss', (lost) => {
    const c = new Cluster(2);
    for (const host of [1, 2]) c.tell({ type: 'outcome', host, epoch: 1, finished: true });
    const actions = [...lost.flatMap((host) => c.lose(host)), ...(lost.length === 1 ? c.ended(2) : [])];
    expect(doing(actions, 'finish')).toEqual([{ do: 'finish', how: 'done', message: '' }]);
    expect(c.state.losses).toBe(0);
  });

  it('at a horizon that was closed: the others go on from its copy', () => {
    const c = new Cluster(3);
    c.tell({ type: 'hello', host: 4, slots: 2 });
    for (const host of [1, 2, 3]) c.tell({ type: 'closed', host, epoch: 1, cycles: 4 });
    c.generation(4);
    for (const host of [1, 2, 3]) c.tell({ type: 'outcome', host, epoch: 1, finished: false });
    c.lose(2);
    expect(c.ended(1, 3)).toMatchObject([
      { do: 'start', hostOf: [1, 1, 3, 3, 4, 4], start: { from: 'memory', cycles: 4 } },
    ]);
    expect(c.state.losses).toBe(1);
  });
});

describe('losses', () => {
  it('are counted host by host, however many fall into one epoch', () => {
    const c = new Cluster(4);
    c.lose(1);
    c.lose(2);
    c.ended(3, 4);
    expect(c.state.losses).toBe(2);
    c.tell({ type: 'thread', host: 3, epoch: 2, reason: 'the thread of rank 1 ended', running: [] });
    c.ended(3, 4);
    expect(c.state.losses).toBe(3);
  });
});

describe('hosts that come and go', () => {
  it('get work at the next horizon', () => {
    const c = new Cluster(2);
    expect(c.tell({ type: 'hello', host: 3, slots: 2 })).toEqual([{ do: 'close', epoch: 1, hosts: [1, 2] }]);
    expect(c.tell({ type: 'closed', host: 1, epoch: 1, cycles: 7 })).toEqual([]);
    expect(c.tell({ type: 'closed', host: 2, epoch: 1, cycles: 5 })).toEqual([
      { do: 'stop', epoch: 1, hosts: [1, 2], cycles: 7 },
    ]);
    c.generation(7);
    c.tell({ type: 'outcome', host: 1, epoch: 1, finished: false });
    expect(c.tell({ type: 'outcome', host: 2, epoch: 1, finished: false })).toEqual([
      { do: 'end', epoch: 1, hosts: [1, 2] },
    ]);
    expect(c.ended(1, 2)).toMatchObject([
      { do: 'start', epoch: 2, hostOf: [1, 1, 2, 2, 3, 3], start: { from: 'memory', cycles: 7 } },
    ]);
  });

  it('change nothing when all ranks asked for have their place', () => {
    const c = new Cluster(1, { ranks: 1 });
    expect(c.tell({ type: 'hello', host: 2, slots: 2 })).toEqual([]);
  });

  it('go when the others have what they held', () => {
    const c = new Cluster(2);
    expect(doing(c.tell({ type: 'leave', host: 1 }), 'close')).toHaveLength(1);
    for (const host of [1, 2]) c.tell({ type: 'closed', host, epoch: 1, cycles: 4 });
    c.generation(4);
    c.tell({ type: 'outcome', host: 1, epoch: 1, finished: false });
    c.tell({ type: 'outcome', host: 2, epoch: 1, finished: false });
    const last = c.ended(1, 2);
    expect(doing(last, 'start')).toMatchObject([{ hostOf: [2, 2] }]);
    expect(doing(last, 'release')).toEqual([]);
    expect(c.tell({ type: 'begun', host: 2, epoch: 2 })).toEqual([{ do: 'release', host: 1 }]);
  });

  it('stay as long as it takes them', () => {
    const c = new Cluster(2, { minRanks: 4 });
    expect(c.tell({ type: 'leave', host: 1 })).toEqual([
      {
        do: 'warn',
        text: 'host 1 asks to leave and stays for now: without it there are fewer ranks than the 4 it takes',
      },
    ]);
    expect(doing(c.tell({ type: 'hello', host: 3, slots: 2 }), 'close')).toHaveLength(1);
  });
});

describe('an interrupt', () => {
  it('ends after a whole cycle, the second at once', () => {
    const c = new Cluster(1);
    expect(c.tell({ type: 'interrupt' })).toEqual([{ do: 'close', epoch: 1, hosts: [1] }]);
    expect(c.tell({ type: 'interrupt' })).toEqual([{ do: 'end', epoch: 1, hosts: [1] }]);
    expect(c.ended(1)).toEqual([{ do: 'finish', how: 'interrupted', message: '' }]);
  });

  it('does not undo an end that came first', () => {
    const c = new Cluster(1);
    c.tell({ type: 'interrupt' });
    c.tell({ type: 'closed', host: 1, epoch: 1, cycles: 9 });
    c.tell({ type: 'outcome', host: 1, epoch: 1, finished: true });
    expect(c.ended(1)).toEqual([{ do: 'finish', how: 'done', message: '' }]);
  });
});
