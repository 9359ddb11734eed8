import { describe, expect, it } from 'vitest';
import { Owed, SendCredits } from '../../../../core/transport/zeromq/credits.js';

describe('byte credits', () => {
  it('a rank that takes nothing uses up its own window, and nobody else’s', () => {
    const credits = new SendCredits(2, 1000);
    credits.use(0, 1000);
    expect([credits.allows(0, 1), credits.allows(1, 1000)]).toEqual([false, true]);
    expect(credits.comeBack(0, 500)).toBe(true);
    expect([credits.allows(0, 500), credits.used(0)]).toEqual([true, 500]);
  });

  it('a record larger than the window goes when half of it is free', () => {
    const credits = new SendCredits(1, 1000);
    credits.use(0, 501);
    expect(credits.allows(0, 5000)).toBe(false);
    credits.comeBack(0, 1);
    expect(credits.allows(0, 5000)).toBe(true);
  });

  it('more than was used does not come back', () => {
    const credits = new SendCredits(1, 1000);
    credits.use(0, 100);
    expect(credits.comeBack(0, 101)).toBe(false);
    expect(credits.used(0)).toBe(100);
  });

  it('come back from half a window on, for what has been taken out, to whose it was', () => {
    const owed = new Owed(2, 4, 1000);
    expect([owed.arrived(0, 300), owed.arrived(1, 600), owed.arrived(0, 300)]).toEqual([true, true, true]);
    owed.pushed(0, 0, 300);
    owed.pushed(1, 1, 600);
    owed.pushed(2, 0, 300);
    owed.settle(1);
    expect([owed.give(0), owed.give(1)]).toEqual([0, 0]);
    owed.settle(2);
    expect([owed.give(0), owed.give(1), owed.give(1)]).toEqual([0, 600, 0]);
    owed.settle(3);
    expect([owed.isDue(0), owed.give(0), owed.isDue(0)]).toEqual([true, 600, false]);
    expect(owed.isPressed(0)).toBe(false);
  });

  it('a host that sends beyond its window is refused', () => {
    const owed = new Owed(1, 4, 1000);
    expect(owed.arrived(0, 900)).toBe(true);
    expect(owed.arrived(0, 101)).toBe(false);
    expect(owed.arrived(0, 100)).toBe(true);
  });

  it('numbers of records go past 2^31 and round', () => {
    const owed = new Owed(1, 2, 100);
    for (const [ticket, taken] of [
      [0x7fff_ffff, -0x8000_0000],
      [-1, 0],
    ] as const) {
      owed.arrived(0, 60);
      owed.pushed(ticket, 0, 60);
      owed.settle(ticket);
      expect(owed.give(0)).toBe(0);
      owed.settle(taken);
      expect(owed.give(0)).toBe(60);
    }
  });
});
