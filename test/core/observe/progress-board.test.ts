import { beforeEach, describe, expect, it } from 'vitest';
import { ProgressBoard } from '../../../core/observe/progress-board.js';

describe('what a rank of another host stays in', () => {
  let far: SharedArrayBuffer;
  let rank: ProgressBoard;
  let here: ProgressBoard;
  beforeEach(() => {
    far = new SharedArrayBuffer(ProgressBoard.bytes(2));
    rank = new ProgressBoard(far, 1);
    here = new ProgressBoard(new SharedArrayBuffer(ProgressBoard.bytes(2)));
  });
  const read = (): boolean => here.merge(new Uint8Array(new Uint8Array(far)), [1], false);

  it('is known after two readings in a row of one workunit, and not after one', () => {
    rank.running(3, 7);
    read();
    expect(here.runningOf(1)).toEqual({ part: 3, cycle: 7 });
    expect(here.stayingIn(1)).toBeNull();
    read();
    expect(here.stayingIn(1)).toEqual({ part: 3, cycle: 7 });
    read();
    expect(here.stayingIn(1)).toEqual({ part: 3, cycle: 7 });
  });

  it('is nothing if it has begun another meanwhile, be it the same partition and cycle in its next phase', () => {
    rank.running(3, 7);
    read();
    rank.running(3, 7);
    read();
    expect(here.stayingIn(1)).toBeNull();
    rank.running(3, 8);
    read();
    expect(here.stayingIn(1)).toBeNull();
  });

  it('is nothing while it waits, and nothing of an epoch before', () => {
    rank.running(-1, 0);
    read();
    read();
    expect(here.stayingIn(1)).toBeNull();
    rank.running(3, 7);
    read();
    read();
    here.restart(2, 0);
    expect(here.stayingIn(1)).toBeNull();
    // The same workunit, begun as the same one of the epoch before: once seen is not enough again.
    read();
    expect(here.stayingIn(1)).toBeNull();
  });
});
