import { fc, it } from '@fast-check/vitest';
import { expect } from 'vitest';
import { buddyRing } from '../../../../core/runtime/cluster/buddy-ring.js';

const cluster = fc
  .array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 20 })
  .map((machines) => machines.map((m, k) => ({ host: 3 * k + 1, machine: `m${m}` })));

it('a single host has no buddy', () => {
  expect(buddyRing([{ host: 1, machine: 'a' }])).toEqual(new Map());
});

it('on one machine the next host is the buddy', () => {
  const hosts = [1, 2, 3].map((host) => ({ host, machine: 'a' }));
  expect([...buddyRing(hosts)]).toEqual([
    [1, 2],
    [2, 3],
    [3, 1],
  ]);
});

it('two machines with two hosts each keep each other', () => {
  const ring = buddyRing([
    { host: 1, machine: 'a' },
    { host: 2, machine: 'a' },
    { host: 3, machine: 'b' },
    { host: 4, machine: 'b' },
  ]);
  expect([...ring]).toEqual([
    [1, 3],
    [2, 4],
    [3, 1],
    [4, 2],
  ]);
});

it.prop([cluster])('everybody has a buddy, on another machine if there is one', (hosts) => {
  const ring = buddyRing(hosts);
  const machine = new Map(hosts.map((h) => [h.host, h.machine]));
  const machines = new Set(machine.values()).size;
  expect(ring.size).toBe(hosts.length > 1 ? hosts.length : 0);
  for (const [host, buddy] of ring) {
    expect(buddy).not.toBe(host);
    if (machines > 1) expect(machine.get(buddy)).not.toBe(machine.get(host));
  }
});

it.prop([cluster])('copies are spread evenly', (hosts) => {
  const kept = new Map<number, number>();
  for (const buddy of buddyRing(hosts).values()) kept.set(buddy, (kept.get(buddy) ?? 0) + 1);
  const sizes = [...new Set(hosts.map((h) => h.machine))].map(
    (m) => hosts.filter((h) => h.machine === m).length,
  );
  const largest = Math.max(...sizes);
  // The others must hold what the largest machine has; if it has no more than half, one copy each.
  const most = sizes.length === 1 ? 1 : Math.max(1, Math.ceil(largest / Math.max(1, hosts.length - largest)));
  expect(Math.max(0, ...kept.values())).toBeLessThanOrEqual(hosts.length > 1 ? most : 0);
});
