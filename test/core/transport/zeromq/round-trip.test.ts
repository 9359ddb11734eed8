import { expect, it } from 'vitest';
import { RoundTrip } from '../../../../core/transport/zeromq/round-trip.js';

it('is patient for as long as round trips took, and how much they differed', () => {
  const trip = new RoundTrip();
  expect([trip.mean, trip.patience(0), trip.patience(1)]).toEqual([0, 200, 400]);
  trip.sample(100);
  // RFC 6298: the first measurement R gives R + 4 · R / 2.
  expect([trip.mean, trip.patience(0)]).toEqual([100, 300]);
  trip.sample(180);
  // 7/8 · 100 + 1/8 · 180, and 3/4 · 50 + 1/4 · 80 four times.
  expect([trip.mean, trip.patience(0)]).toEqual([110, 340]);
  for (let k = 0; k < 200; k++) trip.sample(200);
  expect(trip.mean).toBeCloseTo(200);
  expect(trip.patience(0)).toBeCloseTo(200);
  expect(trip.patience(1)).toBeCloseTo(400);
});

it('is never less patient than a busy host needs, nor more than two seconds', () => {
  const trip = new RoundTrip();
  for (let k = 0; k < 100; k++) trip.sample(0.05);
  expect([0, 1, 2, 5, 6, 1000].map((n) => trip.patience(n))).toEqual([50, 100, 200, 1600, 2000, 2000]);
});
