import { fileURLToPath } from 'node:url';
import { type Args, run } from 'haloweave';
import { describe, expect, it } from 'vitest';

const FILE = fileURLToPath(new URL('../../examples/spin-wave.ts', import.meta.url));

async function maxError(args: Args, ranks = 2): Promise<number> {
  const { results } = await run(FILE, { ranks, args: { ...args } });
  return (results as { maxError: number }).maxError;
}

const asked = { spins: 60, mode: 7, cone: 0.9, alpha: 0.05, time: 2, dt: 0.001 };

describe('the spin wave', () => {
  it('follows the closed form to 1e-12, damped and undamped', async () => {
    expect(await maxError(asked, 3)).toBeLessThan(1e-12);
    expect(await maxError({ ...asked, alpha: 0 })).toBeLessThan(1e-12);
    expect(await maxError({ ...asked, spins: 32, mode: 5, cone: 2.2 })).toBeLessThan(1e-12);
  });

  it.each([
    ['rk4', 4],
    ['heun', 2],
  ] as const)('%s has order %i', async (integrator, order) => {
    for (const alpha of [0, 0.05]) {
      const errors: number[] = [];
      for (const dt of [0.1, 0.05, 0.025]) errors.push(await maxError({ ...asked, alpha, dt, integrator }));
      for (const k of [0, 1])
        expect(Math.abs(Math.log2(errors[k]! / errors[k + 1]!) - order)).toBeLessThan(0.05);
    }
  });

  it('has the same hash on any number of ranks and inline', async () => {
    const args = { ...asked, dt: 0.01 };
    const reference = await run(FILE, { transport: 'inline', parts: 1, args });
    expect(reference.cycles).toBe(200);
    for (const ranks of [1, 2, 3]) {
      const { hash, results } = await run(FILE, { ranks, args });
      expect([hash, results]).toEqual([reference.hash, reference.results]);
    }
  });

  it.each([
    [{ spin: 60 }, /--spin is unknown; known are --spins, --mode/],
    [{ cone: 'wide' }, /--cone is wide; expected a number/],
    [{ integrator: 'euler' }, /--integrator is euler; expected rk4 or heun/],
    [{ time: 2, dt: 0.3 }, /--time 2 is no whole number of steps of --dt 0.3/],
    [{ spins: 1.5 }, /spins is 1.5; expected an integer/],
  ])('refuses %j', async (args, message) => {
    await expect(run(FILE, { transport: 'inline', args })).rejects.toThrow(message);
  });
});
