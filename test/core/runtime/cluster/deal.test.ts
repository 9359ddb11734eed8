import { fc, it } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { dealRanks } from '../../../../core/runtime/cluster/deal.js';

const two = [
  { host: 1, slots: 2 },
  { host: 2, slots: 2 },
];

describe('ranks of hosts', () => {
  it('are one a slot if no number is asked for', () => {
    expect(dealRanks(two, null, false)).toEqual([1, 1, 2, 2]);
  });

  it('are spread: two hosts with two slots each have one of two', () => {
    expect(dealRanks(two, 2, false)).toEqual([1, 2]);
    expect(dealRanks(two, 3, false)).toEqual([1, 1, 2]);
  });

  it('are no more than slots, unless asked for', () => {
    expect(dealRanks(two, 6, false)).toEqual([1, 1, 2, 2]);
    expect(dealRanks(two, 6, true)).toEqual([1, 1, 1, 2, 2, 2]);
  });

  it('are none without hosts', () => {
    expect(dealRanks([], 4, true)).toEqual([]);
  });

  const hosts = fc
    .array(fc.integer({ min: 0, max: 8 }), { minLength: 1, maxLength: 8 })
    .map((slots) => slots.map((n, k) => ({ host: k + 1, slots: n })));

  it.prop([hosts, fc.integer({ min: 0, max: 80 }), fc.boolean()])(
    'are contiguous, in order of hosts, and in proportion to slots',
    (all, wanted, oversubscribe) => {
      const dealt = dealRanks(all, wanted, oversubscribe);
      const capacity = all.reduce((n, h) => n + h.slots, 0);
      expect(dealt.length).toBe(capacity === 0 ? 0 : oversubscribe ? wanted : Math.min(wanted, capacity));
      expect(dealt).toEqual([...dealt].sort((a, b) => a - b));
      for (const h of all) {
        const count = dealt.filter((x) => x === h.host).length;
        if (!oversubscribe) expect(count).toBeLessThanOrEqual(h.slots);
        // Nobody could hand a rank to another and make the fullest less full.
        for (const o of all) {
          const other = dealt.filter((x) => x === o.host).length;
          if (count > 0 && o.slots > 0) expect((other + 1) / o.slots).toBeGreaterThanOrEqual(count / h.slots);
        }
      }
    },
  );
});
