import { HaloweaveError } from 'haloweave';

/** A spin wave on a periodic lattice of exchange-coupled spins without field. */
export interface SpinWave {
  /** Spins on the ring, or along every axis of the lattice. */
  spins: number | readonly number[];
  /** Wavelengths on the ring: k = 2π·mode/spins; likewise along every axis. */
  mode: number | readonly number[];
  /** Angle θ₀ between the spins and z at time 0, above 0 and below π: any amplitude. */
  cone: number;
  /** Damping; 0 for a wave that lasts. */
  alpha: number;
  /** Default 1. */
  exchange?: number;
  /** Default 1. */
  mu?: number;
  /** Default 1. */
  gamma?: number;
}

/**
 * The exact motion of a spin wave of any amplitude, D = K = B = 0:
 *
 *     S_j = (sinθ cosφ_j, sinθ sinφ_j, cosθ),   φ_j = k·j + φ,
 *     tanθ(t) = tanθ₀·exp(−λt),   λ = αγ(2J/µ) Σ_i (1 − cos k_i)/(1 + α²),
 *     φ(t) = [ln tan(θ₀/2) − ln tan(θ/2)]/α,   for α = 0: φ = γ(2J/µ) Σ_i (1 − cos k_i) cosθ₀·t,
 *
 * the sums over the axes i of the lattice. Gives a function that writes S_j at that time to `out[0 … 2]`, j being
 * the spin's index, or its indices as in the lattice's shape; exact to a few units of rounding, for small α
 * too. Throws `HaloweaveError('argument')` for a wave that does not exist.
 * Source: substitute it into the equation of motion; θ and φ stay the same for all spins, shifted by k·j.
 */
export function spinWave(
  wave: SpinWave,
  time: number,
): (j: number | readonly number[], out: Float64Array) => void {
  const { cone, alpha, exchange = 1, mu = 1, gamma = 1 } = wave;
  const spins = listOf(wave.spins);
  const modes = listOf(wave.mode);
  check(wave, spins, modes);
  const rate = modes.reduce((sum, mode, axis) => {
    const half = Math.sin((Math.PI * mode) / spins[axis]!);
    // 2(1 − cos k) without cancellation.
    return sum + (gamma * exchange * 4 * half * half) / mu;
  }, 0);
  // With c = cot θ, ln tan(θ/2) = −asinh c; the difference of two of them is one asinh of what follows.
  const before = 1 / Math.tan(cone);
  const lambda = (alpha * rate) / (1 + alpha * alpha);
  const now = before * Math.exp(lambda * time);
  const sine = 1 / Math.hypot(1, now);
  const cosine = alpha === 0 ? Math.cos(cone) : now * sine;
  const mean = now * Math.hypot(1, before) + before * Math.hypot(1, now);
  const phase =
    alpha === 0
      ? rate * Math.cos(cone) * time
      : before === 0
        ? 0
        : Math.asinh((before * before * Math.expm1(2 * lambda * time)) / mean) / alpha;
  return (j, out) => {
    const at = listOf(j);
    let angle = phase;
    for (let axis = 0; axis < modes.length; axis++)
      angle += (2 * Math.PI * ((modes[axis]! * at[axis]!) % spins[axis]!)) / spins[axis]!;
    out[0] = sine * Math.cos(angle);
    out[1] = sine * Math.sin(angle);
    out[2] = cosine;
  };
}

const listOf = (x: number | readonly number[]): readonly number[] => (typeof x === 'number' ? [x] : x);

function check({ cone, alpha }: SpinWave, spins: readonly number[], modes: readonly number[]): void {
  const fail = (message: string): never => {
    throw new HaloweaveError('argument', `spinWave: ${message}`);
  };
  if (modes.length !== spins.length)
    fail(`mode holds ${modes.length} numbers for a lattice of ${spins.length} axes; expected one per axis`);
  for (const n of spins)
    if (!(Number.isSafeInteger(n) && n >= 3)) fail(`spins is ${n}; expected an integer of at least 3`);
  for (const m of modes) if (!Number.isSafeInteger(m)) fail(`mode is ${m}; expected an integer`);
  if (!(cone > 0 && cone < Math.PI)) fail(`cone is ${cone}; expected an angle between 0 and π`);
  if (!(Number.isFinite(alpha) && alpha >= 0)) fail(`alpha is ${alpha}; expected a number of at least 0`);
}
