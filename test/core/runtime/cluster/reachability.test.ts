import { describe, expect, it } from 'vitest';
import { Complaints, Contacts, verdictText } from '../../../../core/runtime/cluster/reachability.js';

const near = { owes: true, heard: 5, roundTrip: 0.2 };

describe('a host looks whom it can reach', () => {
  /** Looks every 200 ms; the first time at which the hosts given are those silent, in ms. */
  function whenSilent(
    contact: (t: number) => { owes: boolean; heard: number; roundTrip: number },
    control = 0,
  ) {
    const contacts = new Contacts(0);
    for (let t = 200; t <= 60_000; t += 200) {
      const silent = contacts.look(t, [[2, contact(t)]], control);
      if (silent.length > 0) return t;
    }
    return null;
  }

  it.each<[string, Parameters<typeof whenSilent>, number | null]>([
    ['owes nothing', [() => ({ ...near, owes: false })], null],
    ['answers', [(t) => ({ ...near, heard: Math.floor(t / 1400) })], null],
    ['says nothing', [() => near], 1800],
    ['says nothing on a slow link', [() => ({ ...near, roundTrip: 400 })], 4200],
    ['is as far as the coordinator', [() => near, 300], 3200],
    ['has not answered yet', [() => ({ ...near, heard: 0, roundTrip: 0 })], 10_200],
  ])('that %s', (_, args, silentAt) => {
    expect(whenSilent(...args)).toBe(silentAt);
  });

  it('and counts no time in which it was stopped itself', () => {
    const contacts = new Contacts(0);
    expect(contacts.look(200, [[2, near]], 0)).toEqual([]);
    expect(contacts.look(60_000, [[2, near]], 0)).toEqual([]);
    expect(contacts.look(60_200, [[2, { ...near, heard: 6 }]], 0)).toEqual([]);
  });
});

describe('the coordinator gives up', () => {
  const all = () => true;
  /** Tells complaints, and judges once others could have come. */
  function judged(told: Record<number, number[]>, answers: (host: number) => boolean = all) {
    const complaints = new Complaints();
    for (const [host, others] of Object.entries(told)) complaints.tell(Number(host), others);
    expect(complaints.judge(1000, answers)).toBeNull();
    return complaints.judge(1600, answers);
  }

  it.each<[string, Record<number, number[]>, number, number[]]>([
    ['the higher of two', { 1: [2], 2: [1] }, 2, [1]],
    ['the one that has been complained of alone', { 2: [1] }, 1, [2]],
    ['the one that most cannot reach', { 1: [3], 2: [3], 3: [1, 2] }, 3, [1, 2]],
    ['a low number too', { 1: [2, 3, 4], 2: [1], 3: [1], 4: [1] }, 1, [2, 3, 4]],
    ['one of two cut links with a host in common', { 1: [2], 2: [1, 3], 3: [2] }, 2, [1, 3]],
    ['who does not reach the coordinator', { 1: [0], 2: [] }, 1, [0]],
    ['whom the coordinator does not reach', { 0: [3] }, 3, [0]],
  ])('%s', (_, told, host, by) => {
    expect(judged(told)).toEqual({ host, by });
  });

  it('nobody while one end does not answer it: that is for the heartbeat', () => {
    expect(judged({ 2: [1] }, (h) => h !== 1)).toBeNull();
    expect(judged({ 1: [2], 2: [1], 3: [2] }, (h) => h !== 1)).toEqual({ host: 2, by: [3] });
  });

  it('nobody once the link is back, or the other end gone', () => {
    const complaints = new Complaints();
    complaints.tell(1, [2]);
    expect(complaints.judge(0, all)).toBeNull();
    complaints.tell(1, []);
    expect(complaints.judge(1000, all)).toBeNull();
    complaints.tell(1, [3]);
    complaints.tell(3, [1]);
    // The hearing begins anew.
    expect(complaints.judge(2000, all)).toBeNull();
    complaints.forget(3);
    expect(complaints.judge(9000, all)).toBeNull();
  });

  it('with a text that says who cannot reach it', () => {
    expect(verdictText({ host: 3, by: [1, 2] })).toBe(
      'the link for data between it and host 1, host 2 is cut, though it answers the coordinator',
    );
    expect(verdictText({ host: 3, by: [0] })).toMatch(/between it and the coordinator is cut/);
  });
});
