import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Frame, HaloweaveError, type KernelProgram, type NdArray, type ReportContext } from 'haloweave';
import { type OvfField, writeOvf } from './ovf.js';
import { spinPicture } from './picture.js';
import { type RelaxationRow, relaxationPlot } from './plot.js';
import { spinsProgram } from './program.js';
import { type RelaxationInput, readRelaxation } from './relaxation-input.js';

/** Pictures of lattices up to this many spins a side show every spin. */
const LARGEST_PICTURE = 4096;
/** Smaller lattices are drawn with as many pixels a spin as give about this many pixels. */
const USUAL_PICTURE = 512;

/**
 * Relaxation of a lattice of spins from a file or a seeded random state, as a program: `spinsProgram` with
 * everything from files. Arguments: `input` (an OVF 2.0 file of three components; lengths of vectors do
 * not matter), `params` (JSON, `SpinsParams`; default the file at `defaults`), `out` (a folder,
 * default `relaxation-out`, made if it does not exist).
 *
 * Rank 0 leaves there `picture-CYCLE.png` every `picturesEvery` cycles from 0 on, `final.png`,
 * `energy-torque.svg` and `final.ovf` (binary 8, with the geometry of the input). Of a lattice with layers, pictures
 * show the parameters' `pictureLayer`. Results: `folder`, `files`, `time`,
 * `energyPerSpin`, `maxTorque`, and `relaxed`: whether the torque came below `torque` before the cycles ran out.
 * The state, hence its hash, is a function of the two files.
 */
export function relaxation(defaults: URL): KernelProgram {
  return spinsProgram((args) => {
    const input = readRelaxation(args, defaults);
    const { params, shape, boundary, initial } = input;
    const results = new ResultFolder(input);
    return {
      ...params,
      shape,
      boundary,
      initial,
      ...(params.picturesEvery === undefined
        ? {}
        : { output: { every: params.picturesEvery, write: (frame: Frame) => results.picture(frame) } }),
      report: (context) => results.finish(context),
    };
  });
}

/** Writes everything that a relaxation leaves; used on rank 0 alone. */
class ResultFolder {
  readonly #input: RelaxationInput;
  readonly #files: string[] = [];

  constructor(input: RelaxationInput) {
    this.#input = input;
  }

  picture({ cycle, fields }: Frame): void {
    // Seven digits keep the names in order up to ten million cycles.
    this.#write(
      `picture-${String(cycle).padStart(7, '0')}.png`,
      this.#draw([fields.sx!, fields.sy!, fields.sz!]),
    );
  }

  finish(context: ReportContext): Record<string, unknown> {
    const { params, shape } = this.#input;
    const spins = shape.reduce((a, b) => a * b, 1);
    const row = (cycle: number, measures: Readonly<Record<string, number>>): RelaxationRow => ({
      time: cycle * params.dt,
      energy: measures.energy! / spins,
      torque: measures.torque!,
    });
    const rows = context.history.map(({ cycle, measures }) => row(cycle, measures));
    const last = row(context.cycles, context.measures);
    if (rows.at(-1)?.time !== last.time) rows.push(last);
    const state = ['sx', 'sy', 'sz'].map((name) => context.gather(name));
    this.#write('final.png', this.#draw(state, true));
    this.#write('energy-torque.svg', relaxationPlot(rows, { title: 'Relaxation' }));
    this.#write('final.ovf', writeOvf(this.#ovf(state), 'binary8'));
    return {
      folder: this.#input.out,
      files: [...this.#files],
      time: last.time,
      energyPerSpin: last.energy,
      maxTorque: last.torque,
      relaxed: last.torque < params.torque,
    };
  }

  #draw(components: readonly NdArray[], legend = false): Uint8Array {
    const [, rows, columns] = this.#size();
    const first = this.#input.pictureLayer * rows * columns;
    const longest = Math.max(rows, columns);
    const step = Math.ceil(longest / LARGEST_PICTURE);
    const [height, width] = [Math.ceil(rows / step), Math.ceil(columns / step)];
    const sampled = components.map((a) => {
      const out = new Float64Array(height * width);
      for (let r = 0; r < height; r++)
        for (let c = 0; c < width; c++)
          out[r * width + c] = Number(a.data[a.offset + first + r * step * columns + c * step]);
      return out;
    });
    const scale = Math.max(1, Math.min(64, Math.floor(USUAL_PICTURE / longest)));
    return spinPicture(sampled[0]!, sampled[1]!, sampled[2]!, height, width, { scale, legend });
  }

  #ovf(components: readonly NdArray[]): OvfField {
    const [layers, rows, columns] = this.#size();
    const spins = layers * rows * columns;
    const data = new Float64Array(3 * spins);
    components.forEach((a, k) => {
      for (let i = 0; i < spins; i++) data[3 * i + k] = Number(a.data[a.offset + i]);
    });
    const geometry = this.#input.source ?? unitCells(layers, rows, columns);
    return {
      ...geometry,
      title: 'm',
      description: ['relaxed spins'],
      valueDim: 3,
      labels: ['m_x', 'm_y', 'm_z'],
      units: ['1', '1', '1'],
      data,
    };
  }

  #size(): [layers: number, rows: number, columns: number] {
    const [columns = 1, rows = 1, layers = 1] = this.#input.shape.toReversed();
    return [layers, rows, columns];
  }

  #write(name: string, content: Uint8Array | string): void {
    const path = join(this.#input.out, name);
    try {
      mkdirSync(this.#input.out, { recursive: true });
      writeFileSync(path, content);
    } catch (cause) {
      throw new HaloweaveError(
        'program',
        `relaxation: cannot write ${path}: ${(cause as Error).message}`,
        {},
        { cause },
      );
    }
    this.#files.push(name);
  }
}

/** A mesh of cells of size 1 whose first corner is the origin. */
function unitCells(
  layers: number,
  rows: number,
  columns: number,
): Pick<OvfField, 'nodes' | 'step' | 'base' | 'min' | 'max' | 'meshUnit'> {
  return {
    nodes: [columns, rows, layers],
    step: [1, 1, 1],
    base: [0.5, 0.5, 0.5],
    min: [0, 0, 0],
    max: [columns, rows, layers],
    meshUnit: '1',
  };
}
