/**
 * A spin wave of any amplitude on a ring of spins, against its exact solution.
 *
 *     dS/dt = −1/(1+α²) [S×B + α S×(S×B)],   B_j = S_{j−1} + S_{j+1}      (J = µ = γ = 1)
 *
 *     npx haloweave run examples/spin-wave.ts -n 3 --json -- --spins 60 --mode 7 --cone 0.9 --alpha 0.05 --time 2 --dt 0.001
 *
 * Expected: results.maxError, the largest difference of any component of any spin from the closed form at the
 * final time, is 2e-14. With --dt 0.1 and 0.05 it is 4.7e-9 and 3.0e-10 (order 4), with --integrator heun
 * 9.0e-5 and 2.3e-5 (order 2).
 * Builds on: heat.ts; several phases a cycle, inside a ready solver; arguments; report and gather.
 */
import { type Args, HaloweaveError } from 'haloweave';
import { type SpinWave, spinsProgram, spinWave } from 'haloweave/solvers';

const DEFAULTS = { spins: 60, mode: 7, cone: 0.9, alpha: 0.05, time: 2, dt: 0.001 };

export default spinsProgram((args) => {
  const { time, dt, ...wave } = numbers(args);
  const cycles = steps(time, dt);
  const start = spinWave(wave, 0);
  return {
    shape: [wave.spins],
    exchange: 1,
    alpha: wave.alpha,
    integrator: integrator(args),
    dt,
    initial: ([j], out) => start(j!, out),
    cycles,
    measureEvery: cycles,
    report: (context) => {
      const s = ['sx', 'sy', 'sz'].map((name) => context.gather(name));
      const end = context.cycles * dt;
      return { time: end, maxError: largestError(wave, end, (j, k) => Number(s[k]!.get(j))) };
    },
  };
});

function largestError(
  wave: SpinWave & { spins: number },
  time: number,
  spin: (j: number, component: number) => number,
): number {
  const exact = spinWave(wave, time);
  const expected = new Float64Array(3);
  let largest = 0;
  for (let j = 0; j < wave.spins; j++) {
    exact(j, expected);
    for (let k = 0; k < 3; k++) largest = Math.max(largest, Math.abs(spin(j, k) - expected[k]!));
  }
  return largest;
}

function numbers(args: Args): typeof DEFAULTS {
  const known = [...Object.keys(DEFAULTS), 'integrator'];
  for (const name of Object.keys(args))
    if (!known.includes(name))
      wrong(`--${name} is unknown; known are ${known.map((k) => `--${k}`).join(', ')}`);
  const values = { ...DEFAULTS };
  for (const name of Object.keys(DEFAULTS) as (keyof typeof DEFAULTS)[]) {
    const value = args[name] ?? DEFAULTS[name];
    if (typeof value !== 'number' || !Number.isFinite(value))
      wrong(`--${name} is ${String(value)}; expected a number`);
    else values[name] = value;
  }
  return values;
}

function integrator(args: Args): 'rk4' | 'heun' {
  const value = args.integrator ?? 'rk4';
  return value === 'rk4' || value === 'heun'
    ? value
    : wrong(`--integrator is ${String(value)}; expected rk4 or heun`);
}

function steps(time: number, dt: number): number {
  const n = Math.round(time / dt);
  if (!(dt > 0 && n >= 1 && Math.abs(n * dt - time) <= 1e-9 * time))
    wrong(`--time ${time} is no whole number of steps of --dt ${dt}`);
  return n;
}

function wrong(message: string): never {
  throw new HaloweaveError('usage', `spin-wave: ${message}`);
}
