import {
  type Args,
  grid,
  HaloweaveError,
  type KernelProgram,
  max,
  type Part,
  type PartitionDefinition,
  type Phase,
  partitionKernel,
  sum,
} from 'haloweave';
import { coefficients } from './model.js';
import { largestTorque, spinEnergies } from './observables.js';
import { type Places, placesOf } from './places.js';
import type { SpinsProblem } from './problem.js';
import { heunStages, RowField, rk4Stages, type Stage } from './stages.js';

const STATE = ['sx', 'sy', 'sz'] as const;
const HEUN_FIELDS = { sx: 'f64', sy: 'f64', sz: 'f64', ax: 'f64', ay: 'f64', az: 'f64' } as const;
const RK4_FIELDS = { bx: 'f64', by: 'f64', bz: 'f64', cx: 'f64', cy: 'f64', cz: 'f64' } as const;
type Fields = typeof HEUN_FIELDS & typeof RK4_FIELDS;
type SpinPart = Part<Fields>;

/** Fields that each phase publishes: what it has written. */
const RK4_SHARES = [['ax', 'ay', 'az'], ['bx', 'by', 'bz'], ['cx', 'cy', 'cz'], STATE] as const;
const HEUN_SHARES = [['ax', 'ay', 'az'], STATE] as const;

/**
 * Atomistic Landau–Lifshitz–Gilbert dynamics of unit spins on a chain, a square or a cubic lattice, as a
 * program of the partition kernel:
 *
 *     H = −J Σ S_i·S_j − Σ D_ij·(S_i × S_j) − K Σ (S_i·e)² − µ Σ B·S_i,   each bond once,
 *     dS/dt = −γ/(1+α²) [S×B + α S×(S×B)],   B_i = −(1/µ) ∂H/∂S_i.
 *
 * A cycle is one step of `dt`: four phases for `rk4`, two for `heun`, each with a halo of one cell of the
 * three components it has written; S is normalised at the end of the cycle. State: fields `sx`, `sy`, `sz` (f64).
 * Measures: `energy` (H, the exact sum over spins) and `torque` (the largest |S × B|).
 *
 * `problemOf` makes the problem from the arguments, once on every rank, and must give the same on each.
 * Same bits for any parts, ranks and transport. Memory: 96 bytes a spin with `rk4`, 48 with `heun`. On a
 * periodic axis of two cells there are two bonds between them, and one cell is its own neighbour.
 * Throws `HaloweaveError('argument')` for a model or shape that makes no sense and a step not above 0.
 * Source: Evans et al., J. Phys.: Condens. Matter 26, 103202 (2014).
 */
export function spinsProgram(problemOf: (args: Args) => SpinsProblem): KernelProgram {
  return partitionKernel(({ args }) => definition(problemOf(args)));
}

function definition(problem: SpinsProblem): PartitionDefinition<Fields> {
  const { shape, dt, report, output, boundary = 'periodic' } = problem;
  const axes = shape.length;
  if (axes !== 1 && axes !== 2 && axes !== 3)
    throw new HaloweaveError('argument', `spins: a lattice of ${axes} axes; expected 1 to 3`);
  if (typeof boundary !== 'string' && boundary.length !== axes)
    throw new HaloweaveError(
      'argument',
      `spins: boundary lists ${boundary.length} axes, the lattice has ${axes}; expected one entry per axis, or one for all`,
    );
  if (!(Number.isFinite(dt) && dt > 0))
    throw new HaloweaveError('argument', `spins: dt is ${dt}; expected a finite number above 0`);
  const c = coefficients(problem);
  const field = new RowField(axes, c);
  const heun = problem.integrator === 'heun';
  const places = new PlacesCache(heun);
  const rest = problem.torque ?? 0;
  return {
    partition: ({ parts }) =>
      grid({
        shape,
        parts,
        halo: 1,
        boundary: shape.map((_, k) =>
          (typeof boundary === 'string' ? boundary : boundary[k]) === 'open' ? { constant: 0 } : 'periodic',
        ),
        // The stages of Heun's method are a subset, and its phases name no others.
        fields: heun ? (HEUN_FIELDS as Fields) : { ...HEUN_FIELDS, ...RK4_FIELDS },
      }),
    setup: (part) => start(part, problem),
    phases: heun
      ? phases(places, heunStages(axes, c, dt), HEUN_SHARES)
      : phases(places, rk4Stages(axes, c, dt), RK4_SHARES),
    state: STATE,
    measure: {
      energy: sum<Fields>((part, add) => spinEnergies(field, places.of(part), add)),
      torque: max<Fields>((part, add) => add(largestTorque(field, places.of(part)))),
    },
    measureEvery: problem.measureEvery ?? 1,
    ...(problem.cycles === undefined ? {} : { cycles: problem.cycles }),
    // Without lag, so that the run ends with the state that is at rest; without a torque, nobody waits for measures.
    ...(rest > 0 ? { lag: 0, until: ({ measures }) => measures.torque! < rest } : {}),
    ...(output
      ? { output: { every: output.every, fields: STATE, write: (frame) => output.write(frame) } }
      : {}),
    ...(report ? { report: (context) => report(context) } : {}),
  };
}

function phases(
  places: PlacesCache,
  stages: readonly Stage[],
  shares: readonly (readonly (keyof Fields)[])[],
): Phase<Fields>[] {
  return stages.map((stage, k) => ({
    workunit: (part) => stage(places.of(part)),
    share: () => shares[k]!,
  }));
}

/** No field is ever swapped, so where a part's fields lie is found once. */
class PlacesCache {
  readonly #heun: boolean;
  readonly #known = new WeakMap<SpinPart, Places>();

  constructor(heun: boolean) {
    this.#heun = heun;
  }

  of(part: SpinPart): Places {
    const known = this.#known.get(part);
    if (known) return known;
    const stages = [
      { x: part.sx, y: part.sy, z: part.sz },
      { x: part.ax, y: part.ay, z: part.az },
    ];
    if (!this.#heun)
      stages.push({ x: part.bx, y: part.by, z: part.bz }, { x: part.cx, y: part.cy, z: part.cz });
    const places = placesOf(stages);
    this.#known.set(part, places);
    return places;
  }
}

function start(part: SpinPart, problem: SpinsProblem): void {
  const [x, y, z] = [part.sx.data, part.sy.data, part.sz.data];
  const spin = new Float64Array(3);
  part.each((flat, index) => {
    problem.initial(index, spin);
    x[flat] = spin[0]!;
    y[flat] = spin[1]!;
    z[flat] = spin[2]!;
  });
}
