import { describe, expect, it } from 'vitest';
import { ProgressBoard } from '../../../core/observe/progress-board.js';
import { limitText, progressLimitOf, Stalls, stallText } from '../../../core/observe/stalls.js';

function boards(ranks: number) {
  const buffer = new SharedArrayBuffer(ProgressBoard.bytes(ranks));
  return Array.from({ length: ranks }, (_, r) => new ProgressBoard(buffer, r));
}

/** Looks every second from `from` to `to`, both in s. */
function looks(stalls: Stalls, board: ProgressBoard, ranks: number, from: number, to: number) {
  const found = [];
  for (let t = from; t <= to; t++) found.push(...stalls.look(t * 1000, board, ranks));
  return found;
}

describe('a workunit that takes long', () => {
  it('is told once for a partition and cycle, whichever rank runs it again', () => {
    const [a, b] = boards(2);
    const stalls = new Stalls(0, Number.POSITIVE_INFINITY);
    b!.running(7, 3);
    expect(looks(stalls, a!, 2, 1, 5)).toEqual([]);
    expect(looks(stalls, a!, 2, 6, 20)).toEqual([{ do: 'warn', rank: 1, part: 7, cycle: 3, ms: 5000 }]);
    b!.running(-1, 0);
    a!.running(7, 3);
    stalls.reset();
    expect(looks(stalls, a!, 2, 21, 40)).toEqual([]);
    a!.running(7, 4);
    expect(looks(stalls, a!, 2, 41, 60)).toEqual([{ do: 'warn', rank: 0, part: 7, cycle: 4, ms: 5000 }]);
  });

  it('passes its limit once, and is counted from its own begin', () => {
    const [a] = boards(1);
    const stalls = new Stalls(0, 8000);
    // Phases of one partition and cycle are workunits of their own.
    for (let t = 1; t <= 7; t++) {
      a!.running(0, 0);
      expect(stalls.look(t * 1000, a!, 1)).toEqual([]);
    }
    expect(looks(stalls, a!, 1, 8, 30)).toEqual([
      { do: 'warn', rank: 0, part: 0, cycle: 0, ms: 5000 },
      { do: 'limit', rank: 0, part: 0, cycle: 0, ms: 8000 },
    ]);
  });

  it('is not one of a rank that waits, nor of a process that was stopped itself', () => {
    const [a, b] = boards(2);
    const stalls = new Stalls(0, 4000);
    a!.running(1, 1);
    a!.running(-1, 0);
    expect(looks(stalls, a!, 2, 1, 30)).toEqual([]);
    b!.running(2, 1);
    expect(stalls.look(31_000, a!, 2)).toEqual([]);
    // A minute later: what the host has said since is not read yet.
    expect(stalls.look(91_000, a!, 2)).toEqual([]);
    b!.running(2, 2);
    expect(looks(stalls, a!, 2, 92, 95)).toEqual([]);
  });

  it('counts also as another host has told it', () => {
    const [here] = boards(2);
    const buffer = new SharedArrayBuffer(ProgressBoard.bytes(2));
    new ProgressBoard(buffer, 1).running(4, 9);
    const stalls = new Stalls(0, Number.POSITIVE_INFINITY);
    const found = [];
    for (let t = 1; t <= 7; t++) {
      expect(here!.merge(new Uint8Array(buffer), [1], false)).toBe(true);
      found.push(...stalls.look(t * 1000, here!, 2));
    }
    expect(found).toEqual([{ do: 'warn', rank: 1, part: 4, cycle: 9, ms: 5000 }]);
  });

  it('is told with partition, rank, host and cycle', () => {
    const stall = { do: 'warn', rank: 2, part: 7, cycle: 3, ms: 5210 } as const;
    expect(stallText(stall, ' of host 1')).toBe(
      'a workunit of partition 7 has been running for 5.2 s, in cycle 3 on rank 2 of host 1',
    );
    expect(limitText(stall, 5000)).toBe(
      'rank 2 has made no progress for 5.2 s, in a workunit of partition 7 in cycle 3 (the limit is 5 s)',
    );
  });
});

it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('a limit of %s is refused', (seconds) => {
  expect(() => progressLimitOf(seconds)).toThrow(
    `progressLimit is ${seconds}: use a number of seconds above 0`,
  );
});
