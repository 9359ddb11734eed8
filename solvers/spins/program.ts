import {
  type Args,
  type Frame,
  grid,
  HaloweaveError,
  type KernelProgram,
  max,
  type Part,
  type PartitionDefinition,
  type Phase,
  partitionKernel,
  type ReportContext,
  sum,
} from 'haloweave';
import { coefficients, type SpinsModel } from './model.js';
import { largestTorque, spinEnergies } from './observables.js';
import { type Places, placesOf, type VectorField } from './places.js';
import { heunStages, RowField, rk4Stages, type Stage } from './stages.js';

/** A whole state that was measured. */
export interface SpinsState {
  cycle: number;
  time: number;
  /** H, over all spins. */
  energy: number;
  /** The largest |S × B|. */
  torque: number;
}

/** A lattice of spins, how they move, where they start and when they end. */
export interface SpinsProblem extends SpinsModel {
  /** [n] for a chain along x, [rows, columns] for a lattice: row = y, column = x. */
  shape: readonly number[];
  /** Default `periodic`; `open`: there are no neighbours beyond the edges. */
  boundary?: 'periodic' | 'open';
  /** Default `rk4`. */
  integrator?: 'rk4' | 'heun';
  /** Time step. */
  dt: number;
  /** Writes the unit vector of the spin at `index` (row, column) at time 0 to `out[0 … 2]`. Pure. */
  initial(index: readonly number[], out: Float64Array): void;
  /** Cycles between measures (default 1). */
  measureEvery?: number;
  /** True to end with exactly this state, one of those that are measured. Pure. Without it, `--cycles` is needed. */
  until?(state: SpinsState): boolean;
  /** The fields are `sx`, `sy` and `sz`. */
  output?: { every: number; write(frame: Frame): void };
  report?(context: ReportContext): Record<string, unknown>;
}

const HEUN_FIELDS = { sx: 'f64', sy: 'f64', sz: 'f64', ax: 'f64', ay: 'f64', az: 'f64' } as const;
const RK4_FIELDS = {
  ...HEUN_FIELDS,
  bx: 'f64',
  by: 'f64',
  bz: 'f64',
  cx: 'f64',
  cy: 'f64',
  cz: 'f64',
} as const;
type HeunFields = typeof HEUN_FIELDS;
type Rk4Fields = typeof RK4_FIELDS;

/**
 * Atomistic Landau–Lifshitz–Gilbert dynamics of unit spins on a chain or a square lattice, as a program of
 * the partition kernel:
 *
 *     H = −J Σ S_i·S_j − Σ D_ij·(S_i × S_j) − K Σ (S_i·e)² − µ Σ B·S_i,   each bond once,
 *     dS/dt = −γ/(1+α²) [S×B + α S×(S×B)],   B_i = −(1/µ) ∂H/∂S_i.
 *
 * A cycle is one step of `dt`: four phases for `rk4`, two for `heun`, each with a halo of one cell of the
 * three components of its stage; S is normalised at the end of it. State: fields `sx`, `sy`, `sz` (f64).
 * Measures: `energy` (H, exact sum over spins) and `torque` (largest |S × B|).
 *
 * `problemOf` makes the problem from the arguments, once on every rank, and must give the same on each.
 * Same bits for any parts, ranks and transport. Memory: 96 bytes a spin with `rk4`, 48 with `heun`. A periodic axis of two cells has two bonds
 * between each pair, of one cell a bond of the spin with itself, as everywhere on a torus.
 * Throws `HaloweaveError('argument')` for a model that makes no sense (`coefficients`) and a step not above 0.
 * Source: Gilbert, IEEE Trans. Magn. 40, 3443 (2004); Evans et al., J. Phys.: Condens. Matter 26, 103202 (2014).
 */
export function spinsProgram(problemOf: (args: Args) => SpinsProblem): KernelProgram {
  return {
    ...partitionKernel<Rk4Fields>(({ args }) => rk4Definition(problemOf(args))),
  };
}

function x(): void {}
