import { describe, expect, it } from 'vitest';
import { hasRoom, ranksOn } from '../../../../core/runtime/cluster/slots.js';

const offers = [
  { host: 1, name: 'a', slots: 2 },
  { host: 2, name: 'b', slots: 3 },
];

describe('ranks on workers', () => {
  it('as many as were asked for, or all slots', () => {
    expect(ranksOn(offers, undefined, false)).toBe(5);
    expect(ranksOn(offers, 4, false)).toBe(4);
    expect(ranksOn(offers, 9, true)).toBe(9);
    expect(hasRoom(offers, 5, false)).toBe(true);
    expect(hasRoom(offers, 6, false)).toBe(false);
    expect(hasRoom([], 1, true)).toBe(false);
  });

  it('too few are explained: who offers how many, and what to do', () => {
    expect(() => ranksOn(offers, 6, false)).toThrow(
      '6 ranks wanted, but the workers have room for 5: a offers 2, b offers 3; name more workers, start them with a larger -n, ask for fewer ranks, or allow more ranks than slots with --oversubscribe',
    );
    expect(() => ranksOn([], 1, true)).toThrow('1 rank wanted, but there are no workers');
    expect(() => ranksOn([], undefined, false)).toThrow('0 ranks wanted, but there are no workers');
  });
});
