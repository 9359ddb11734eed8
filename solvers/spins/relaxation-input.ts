import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Args, HaloweaveError, RandomStream } from 'haloweave';
import { type OvfField, readOvf } from './ovf.js';
import { parseSpinsParams } from './params.js';
import type { SpinsParams } from './params-type.js';
import type { LatticeBoundary, SpinsProblem } from './problem.js';

/** What a relaxation starts from. */
export interface RelaxationInput {
  params: SpinsParams;
  /** [n], [rows, columns] or [layers, rows, columns]. */
  shape: readonly number[];
  boundary: LatticeBoundary;
  /** The layer that pictures show. */
  pictureLayer: number;
  initial: SpinsProblem['initial'];
  /** The file that the spins came from, whose geometry the result keeps; null without. */
  source: OvfField | null;
  /** Folder for the results. */
  out: string;
}

const DEFAULT_FOLDER = 'relaxation-out';
const KNOWN = ['input', 'params', 'out'];

/**
 * Reads parameters and spins as the arguments say: `input`, an OVF file of vectors; `params`, a JSON file;
 * `out`, a folder. Without `params`, the parameters at `defaults`, whose lattice an input replaces.
 * Throws `HaloweaveError`: 'usage' for arguments that are wrong or files that cannot be read, 'format' for
 * what is in them.
 */
export function readRelaxation(args: Args, defaults: URL): RelaxationInput {
  for (const name of Object.keys(args))
    if (!KNOWN.includes(name))
      usage(
        name === '_'
          ? `stray arguments: ${String(args._)}`
          : `--${name} is unknown; known are ${KNOWN.map((k) => `--${k}`).join(', ')}`,
      );
  const input = text(args, 'input');
  const given = text(args, 'params');
  const out = text(args, 'out') ?? DEFAULT_FOLDER;
  const name = given ?? fileURLToPath(defaults);
  const params = parseSpinsParams(new TextDecoder().decode(readBytes(name, 'params')), name);
  const { lattice } = params;
  if (input === null) {
    if (!lattice)
      throw new HaloweaveError(
        'format',
        `${name}: lattice is missing; expected { "shape": [rows, columns] }, or --input FILE.ovf`,
      );
    const pictureLayer = layerOf(params, lattice.shape, name);
    return { params, ...lattice, pictureLayer, initial: startOf(params, lattice.shape), source: null, out };
  }
  const source = readOvf(readBytes(input, 'input'), input);
  const shape = latticeShape(source, input);
  if (given !== null && lattice && lattice.shape.join() !== shape.join())
    throw new HaloweaveError(
      'format',
      `${input} holds [${shape.join(', ')}] spins, but lattice.shape in ${name} is [${lattice.shape.join(', ')}]; leave the shape to the file, or make them agree`,
    );
  const spins = unitVectors(source, input);
  return {
    params,
    shape,
    pictureLayer: layerOf(params, shape, name),
    boundary: lattice?.boundary ?? 'periodic',
    initial: (index, to) => {
      const at = 3 * spinNumber(index, shape);
      for (let k = 0; k < 3; k++) to[k] = spins[at + k]!;
    },
    source,
    out,
  };
}

function startOf(params: SpinsParams, shape: readonly number[]): SpinsProblem['initial'] {
  const { initial, seed } = params;
  if (initial === 'random') {
    const random = new RandomStream(seed);
    return (index, out) => random.direction(spinNumber(index, shape), 0, out);
  }
  const axis = { x: [1, 0, 0], y: [0, 1, 0], z: [0, 0, 1] }[initial];
  return (_, out) => out.set(axis);
}

/** Row-major number of a spin. */
function spinNumber(index: readonly number[], shape: readonly number[]): number {
  let n = 0;
  for (let k = 0; k < shape.length; k++) n = n * shape[k]! + index[k]!;
  return n;
}

/** One layer is a square lattice, and one row of it a chain: they have no bonds along the axis that is left out. */
function latticeShape({ nodes, valueDim }: OvfField, name: string): number[] {
  const [nx, ny, nz] = nodes;
  if (valueDim !== 3)
    throw new HaloweaveError(
      'format',
      `${name}: valuedim is ${valueDim}; expected 3, the components of a spin`,
    );
  if (nz > 1) return [nz, ny, nx];
  return ny === 1 ? [nx] : [ny, nx];
}

function layerOf({ pictureLayer }: SpinsParams, shape: readonly number[], name: string): number {
  const layers = shape.length === 3 ? shape[0]! : 1;
  if (pictureLayer === undefined) return Math.floor(layers / 2);
  if (pictureLayer < layers) return pictureLayer;
  throw new HaloweaveError(
    'format',
    `${name}: pictureLayer is ${pictureLayer}; expected an integer from 0 to ${layers - 1}, the lattice has ${layers} layers`,
  );
}

/** The directions of the file's vectors; lengths, such as a saturation magnetisation, do not matter. */
function unitVectors({ data, nodes }: OvfField, name: string): Float64Array {
  const unit = new Float64Array(data.length);
  for (let i = 0; i < data.length; i += 3) {
    const [x, y, z] = [data[i]!, data[i + 1]!, data[i + 2]!];
    // Scaled first, so that no square overflows or vanishes; sqrt rounds the same everywhere, hypot may not.
    const top = Math.max(Math.abs(x), Math.abs(y), Math.abs(z));
    if (!(top > 0 && Number.isFinite(top))) {
      const cell = i / 3;
      const [nx, ny, nz] = nodes;
      const place = `x = ${cell % nx}, y = ${Math.floor(cell / nx) % ny}${nz > 1 ? `, z = ${Math.floor(cell / (nx * ny))}` : ''}`;
      throw new HaloweaveError(
        'format',
        `${name}: the vector at ${place} (counted from 0) is (${x}, ${y}, ${z}); expected a direction: this version has a spin in every cell`,
      );
    }
    const [u, v, w] = [x / top, y / top, z / top];
    const length = Math.sqrt(u * u + v * v + w * w);
    unit[i] = u / length;
    unit[i + 1] = v / length;
    unit[i + 2] = w / length;
  }
  return unit;
}

function readBytes(path: string, option: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    return usage(`--${option} ${path}: cannot read it: ${(cause as Error).message}`, cause);
  }
}

function text(args: Args, name: string): string | null {
  const value = args[name];
  if (value === undefined) return null;
  // A file may be called 7, which the command line gives as a number.
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== ''
    ? value
    : usage(`--${name} is ${String(value)}; expected a path`);
}

function usage(message: string, cause?: unknown): never {
  throw new HaloweaveError('usage', `relaxation: ${message}`, {}, cause === undefined ? {} : { cause });
}
