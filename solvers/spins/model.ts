import { HaloweaveError } from 'haloweave';

/** Spin Hamiltonian and dynamics; units are the user's, as long as they agree. */
export interface SpinsModel {
  /** J, above 0 for a ferromagnet. */
  exchange: number;
  /** `interfacial`: D_ij = D ẑ × r̂_ij; `bulk`: D_ij = D r̂_ij; r̂_ij from i to j. */
  dmi?: {
    /** Which of the two. */
    kind: 'interfacial' | 'bulk';
    /** Strength, in the unit of J. */
    D: number;
  };
  /** K and the unit vector e; K above 0 makes e an easy axis. */
  anisotropy?: {
    /** Strength, in the unit of J. */
    K: number;
    /** The unit vector e. */
    axis: readonly [number, number, number];
  };
  /** External field B (default none). */
  field?: readonly [number, number, number];
  /** Moment of a spin (default 1). */
  mu?: number;
  /** Gyromagnetic ratio (default 1). */
  gamma?: number;
  /** Damping (default 0). */
  alpha?: number;
}

/** The model as the inner loops take it: everything that multiplies a spin, as a field. */
export interface Coefficients {
  /** J/µ. */
  readonly j: number;
  /** D/µ of interfacial coupling, 0 without. */
  readonly di: number;
  /** D/µ of bulk coupling, 0 without. */
  readonly db: number;
  /** 2K/µ for an axis along ±z, 0 otherwise: the usual case costs one product. */
  readonly kz: number;
  /** 2K/µ and e for any other axis. */
  readonly tilted: { readonly k: number; readonly axis: readonly [number, number, number] } | null;
  /** External field. */
  readonly bx: number;
  readonly by: number;
  readonly bz: number;
  readonly mu: number;
  readonly alpha: number;
  /** −γ/(1+α²): what multiplies S×B + α S×(S×B). */
  readonly rate: number;
}

/** Least deviation of |e|² from 1 that is taken for a mistake and not for rounding. */
const UNIT = 1e-9;

/**
 * Coefficients of the effective field and of the equation of motion.
 * Throws `HaloweaveError('argument')` for a number that is not finite, µ or γ not above 0, α below 0, and an
 * axis that is no unit vector.
 */
export function coefficients(model: SpinsModel): Coefficients {
  const { exchange, dmi, anisotropy, field = [0, 0, 0], mu = 1, gamma = 1, alpha = 0 } = model;
  const numbers = { exchange, D: dmi?.D ?? 0, K: anisotropy?.K ?? 0, mu, gamma, alpha };
  for (const [name, value] of Object.entries(numbers))
    if (!Number.isFinite(value)) fail(`${name} is ${value}; expected a finite number`);
  for (const value of field)
    if (!Number.isFinite(value)) fail(`field holds ${value}; expected finite numbers`);
  for (const [name, value] of Object.entries({ mu, gamma }))
    if (!(value > 0)) fail(`${name} is ${value}; expected a number above 0`);
  if (alpha < 0) fail(`alpha is ${alpha}; expected a number of at least 0`);
  const d = (dmi?.D ?? 0) / mu;
  const k = (2 * (anisotropy?.K ?? 0)) / mu;
  const axis = anisotropy?.axis ?? [0, 0, 1];
  const square = axis[0] * axis[0] + axis[1] * axis[1] + axis[2] * axis[2];
  if (!(Math.abs(square - 1) < UNIT)) fail(`the axis [${axis.join(', ')}] of anisotropy is no unit vector`);
  const alongZ = axis[0] === 0 && axis[1] === 0;
  return {
    j: exchange / mu,
    di: dmi?.kind === 'interfacial' ? d : 0,
    db: dmi?.kind === 'bulk' ? d : 0,
    kz: alongZ ? k * axis[2] * axis[2] : 0,
    tilted: alongZ || k === 0 ? null : { k, axis },
    bx: field[0],
    by: field[1],
    bz: field[2],
    mu,
    alpha,
    rate: -gamma / (1 + alpha * alpha),
  };
}

/** Coefficients whose effective field is w times that of `c`: saves a product for each component and stage. */
export function scaled(c: Coefficients, w: number): Coefficients {
  return {
    ...c,
    j: w * c.j,
    di: w * c.di,
    db: w * c.db,
    kz: w * c.kz,
    tilted: c.tilted && { k: w * c.tilted.k, axis: c.tilted.axis },
    bx: w * c.bx,
    by: w * c.by,
    bz: w * c.bz,
  };
}

function fail(message: string): never {
  throw new HaloweaveError('argument', `spins: ${message}`);
}
