import { describe, expect, it } from 'vitest';
import { type PartialPlace, partialPlace } from '../../../../core/kernels/partition/partial-tree.js';

/** Every host's place, for hosts of so many ranks of which the first `active` take part. */
function tree(apart: readonly number[], active: number): PartialPlace[] {
  const of = Int32Array.from(apart.flatMap((n, host) => new Array<number>(n).fill(host)));
  const first = Int32Array.from(apart, (_, host) => of.indexOf(host));
  return apart.map((_, host) => partialPlace(of, first, active, host));
}

const GROUPS = [[1], [5], [1, 1], [2, 1], [1, 2, 1], [2, 2, 3], [1, 1, 1, 1, 1, 1, 1, 2, 1]];

describe('the tree of partials', () => {
  it.each(GROUPS.map((g) => [g]))('of hosts with %j ranks: up all, down the rest', (apart) => {
    const ranks = apart.reduce((a, b) => a + b);
    for (let active = 1; active <= ranks; active++) {
      const places = tree(apart, active);
      let before = 0;
      const own = apart.map((n) => {
        const mine = Array.from({ length: n }, (_, k) => before + k).filter((r) => r < active);
        before += n;
        return mine;
      });
      let edges = 0;
      places.forEach(({ parent, children }, host) => {
        const all = [...own[host]!, ...children.flatMap((c) => c.inside)].sort((a, b) => a - b);
        expect(parent.inside).toEqual(all);
        for (const c of children) {
          edges++;
          // Both ends agree on what goes over an edge.
          expect(places[c.host]!.parent.host).toBe(host);
          expect([places[c.host]!.parent.inside, places[c.host]!.parent.outside]).toEqual([
            c.inside,
            c.outside,
          ]);
          expect([...c.inside, ...c.outside].sort((a, b) => a - b)).toEqual(
            Array.from({ length: active }, (_, r) => r),
          );
          expect(c.first).toBe(own[c.host]![0]);
        }
        if (own[host]!.length === 0) expect([parent.host, children]).toEqual([-1, []]);
      });
      const busy = own.filter((list) => list.length > 0).length;
      expect(edges).toBe(busy - 1);
      expect(places[0]!.parent.host).toBe(-1);
      expect(places[0]!.children.length).toBe(Math.ceil(Math.log2(busy)));
    }
  });
});
