import { describe, expect, it } from 'vitest';
import { describeDeadlock, isDeadlock } from '../../../core/runtime/deadlock.js';
import type { RankReading } from '../../../core/transport/threads/control.js';
import { RankState } from '../../../core/wire/wait.js';
import { haloweave } from '../../support/command-line.js';
import { programFile } from '../../support/paths.js';

/** A rank asleep in a receive, for tests to change. */
function asleep(change: Partial<RankReading> = {}): RankReading {
  return {
    state: RankState.waiting,
    sequence: 3,
    turns: 0,
    operation: 'recv',
    peer: 0,
    tag: 7,
    context: 0,
    held: { messages: 0, source: -1, tag: -1 },
    parked: true,
    queued: 0,
    ...change,
  };
}
const ended = asleep({ state: RankState.ended, parked: false });

describe('two looks at all ranks', () => {
  it('make a deadlock when every rank that has not ended sleeps in the same wait', () => {
    expect(isDeadlock([asleep(), asleep()], [asleep(), asleep()])).toBe(true);
    expect(isDeadlock([asleep(), ended], [asleep(), ended])).toBe(true);
  });

  it.each<[string, Partial<RankReading>, Partial<RankReading>]>([
    ['one computes', { state: RankState.running }, { state: RankState.running }],
    ['one waits with a limit', { state: RankState.timed }, { state: RankState.timed }],
    ['one moved in between', { sequence: 3 }, { sequence: 5 }],
    ['one was computing at first', { state: RankState.running }, {}],
    ['one has been woken', {}, { parked: false }],
    ['a message is on its way', {}, { queued: 1 }],
    ['an event loop has not come round', { state: RankState.awaiting }, { state: RankState.awaiting }],
    ['one ended in between', {}, { state: RankState.ended, parked: false, sequence: 4 }],
  ])('make none when %s', (name, before, now) => {
    const others = name === 'one ended in between' ? asleep({ sequence: 5 }) : asleep();
    expect(isDeadlock([asleep(), asleep(before)], [others, asleep(now)])).toBe(false);
  });

  it('count an event loop that came round with nothing to do', () => {
    const state = RankState.awaiting;
    expect(isDeadlock([asleep({ state, turns: 4 })], [asleep({ state, turns: 9 })])).toBe(true);
  });

  it('make none of a run that is over', () => {
    expect(isDeadlock([ended, ended], [ended, ended])).toBe(false);
  });
});

describe('the list of who waits for whom', () => {
  it('tells peers, tags, ended ranks, missing ranks, and messages that nobody asked for', () => {
    const ranks = [
      ended,
      asleep({ peer: -1, tag: -1 }),
      asleep({ operation: 'barrier', context: 1, peer: -1, tag: -1 }),
      asleep({ held: { messages: 2, source: 1, tag: 8 } }),
      asleep({ operation: 'allreduce', context: 7, peer: -1, tag: -1 }),
      asleep({ operation: 'halos', context: -1, peer: -1, tag: 12 }),
    ];
    expect(describeDeadlock(ranks, new Map([[3, 'at solve (main.ts:3:4)']])).split('\n')).toEqual([
      'deadlock: every rank that has not ended waits for another',
      '  rank 0 has ended',
      '  rank 1 waits in recv for any rank',
      '  rank 2 waits in barrier, to which ranks 0, 1, 3, 4, 5 have not come',
      '  rank 3 waits in recv for rank 0, which has ended, tag 7; holds 2 messages it has not asked for, the oldest from rank 1, tag 8',
      '      at solve (main.ts:3:4)',
      '  rank 4 waits in allreduce of communicator 3',
      '  rank 5 waits in the partition kernel for halos or measures of cycle 12',
    ]);
  });
});

const programs = programFile('ends/deadlock.ts');

describe('a program that can never end is ended, with code 1', () => {
  const first = 'deadlock: every rank that has not ended waits for another';
  const place = (kind: string): string =>
    String.raw`\n      at Object\.${kind} \(.*ends/deadlock\.ts:\d+:\d+\)`;
  it.each<[string, string]>([
    [
      'circle',
      `  rank 0 waits in recv for rank 1, tag 7${place('circle')}\n  rank 1 waits in recv for rank 2, tag 7${place('circle')}\n  rank 2 waits in recv for rank 0, tag 7${place('circle')}`,
    ],
    [
      'ended',
      `  rank 0 has ended\n  rank 1 waits in recv for rank 0, which has ended, tag 3${place('ended')}\n  rank 2 waits in recv for rank 0, which has ended, tag 3${place('ended')}`,
    ],
    [
      'barrier',
      `  rank 0 waits in barrier, to which rank 2 has not come${place('barrier')}\n  rank 1 waits in barrier, to which rank 2 has not come${place('barrier')}\n  rank 2 waits in recv for rank 0, tag 1${place('barrier')}`,
    ],
    [
      'tag',
      `  rank 0 waits in recv for rank 2, tag 6; holds 1 message it has not asked for, the oldest from rank 2, tag 5${place('tag')}\n(.|\n)*`,
    ],
    ['large', `  rank 0 waits in send for rank 1, tag 2; holds 1 message (.|\n)*`],
    [
      'await',
      `  rank 0 waits in irecv for rank 1, tag 4\n  rank 1 waits in irecv for rank 2, tag 4\n(.|\n)*`,
    ],
    [
      'mixed',
      `  rank 0 waits in irecv for rank 1, tag 4\n  rank 1 waits in recvInto for rank 0, tag 8${place('mixed')}\n(.|\n)*`,
    ],
    ['probe', `  rank 0 waits in probe for rank 1, tag 9${place('probe')}\n(.|\n)*`],
  ])('%s', async (kind, list) => {
    const r = await haloweave(['run', programs, '-n', '3', '--', '--kind', kind]);
    expect(r.code).toBe(1);
    expect(r.err).toMatch(new RegExp(`^${first}\n${list}\n?$`));
  });

  it.each(['tag', 'await'])('inline, %s', async (kind) => {
    const r = await haloweave(['run', programs, '--transport', 'inline', '--', '--kind', kind]);
    expect(r.code).toBe(1);
    expect(r.err).toMatch(
      /^HaloweaveError: the only rank waits in i?recv \(rank 0, tag \d\) for a message that nobody can send/,
    );
  });
});

describe('a program that only looks as if it could never end is left alone', () => {
  it.each(['computes', 'timer', 'beside', 'blocked', 'limit'])('%s', async (kind) => {
    const r = await haloweave([
      'run',
      programFile('ends/late.ts'),
      '-n',
      '3',
      '--json',
      '--',
      '--kind',
      kind,
    ]);
    expect([r.err, r.code]).toEqual(['', 0]);
    expect(JSON.parse(r.out.trim().split('\n').at(-1)!).results).toBe('ended well');
  });
});
