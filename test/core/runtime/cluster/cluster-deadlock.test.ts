import { describe, expect, it } from 'vitest';
import { type ClusterReading, isClusterDeadlock } from '../../../../core/runtime/cluster/cluster-deadlock.js';
import type { WireReading } from '../../../../core/runtime/cluster/control-messages.js';
import { RankState } from '../../../../core/wire/wait.js';

/** A rank that sleeps in `recv` for another. */
const asleep = (rank: number, change: Partial<WireReading> = {}): WireReading => ({
  rank,
  state: RankState.waiting,
  sequence: 5,
  turns: 0,
  operation: 'recv',
  peer: 1 - rank,
  tag: 3,
  context: 0,
  held: { messages: 0, source: 0, tag: 0 },
  parked: true,
  queued: 0,
  ...change,
});
const host = (ranks: WireReading[] | null, change: Partial<ClusterReading> = {}): ClusterReading => ({
  ranks,
  sent: 0,
  received: 0,
  waiting: 0,
  ...change,
});

describe('a deadlock over hosts', () => {
  it('is when no rank moved between two looks, and nothing is under way', () => {
    const look = [host([asleep(1)], { sent: 4, received: 6 }), host([asleep(0)], { sent: 6, received: 4 })];
    const found = isClusterDeadlock(look, look, 2);
    // By rank, wherever they are.
    expect(found?.map((r) => r.peer)).toEqual([1, 0]);
    const ended = [host([asleep(0)]), host([asleep(1, { state: RankState.ended })])];
    expect(isClusterDeadlock(ended, ended, 2)).not.toBe(null);
  });

  const quiet = [host([asleep(0)], { sent: 1 }), host([asleep(1)], { received: 1 })];
  it.each<[string, ClusterReading[]]>([
    ['a rank did something', [quiet[0]!, host(null, { received: 1 })]],
    ['a rank has moved', [quiet[0]!, host([asleep(1, { sequence: 6 })], { received: 1 })]],
    ['a rank is not asleep', [quiet[0]!, host([asleep(1, { parked: false })], { received: 1 })]],
    ['something lies in a mailbox', [quiet[0]!, host([asleep(1, { queued: 1 })], { received: 1 })]],
    ['a record is under way', [host([asleep(0)], { sent: 2 }), quiet[1]!]],
    ['a host has passed one on', [host([asleep(0)], { sent: 2 }), host([asleep(1)], { received: 2 })]],
    ['bytes are not acknowledged', [host([asleep(0)], { sent: 1, waiting: 1 }), quiet[1]!]],
    ['a rank is missing', [quiet[0]!, host([], { received: 1 })]],
  ])('is none when %s at the second look', (_, second) => {
    expect(isClusterDeadlock(quiet, second, 2)).toBe(null);
  });

  it('is none when a record was under way at both looks', () => {
    const look = [host([asleep(0)], { sent: 2 }), host([asleep(1)], { received: 1 })];
    expect(isClusterDeadlock(look, look, 2)).toBe(null);
  });

  it('control: the looks of the table would be one without what is changed', () => {
    expect(isClusterDeadlock(quiet, quiet, 2)).not.toBe(null);
  });
});
