import type { Frame, ReportContext } from 'haloweave';
import type { SpinsModel } from './model.js';

/** Whether a lattice has edges: for all axes, or one entry per axis in the order of its shape. */
export type LatticeBoundary = 'periodic' | 'open' | readonly ('periodic' | 'open')[];

/** A lattice of spins: how they move, where they start, when they end, and what is kept of them. */
export interface SpinsProblem extends SpinsModel {
  /**
   * [n] for a chain along x, [rows, columns] for a square lattice (row = y, column = x), [layers, rows, columns] for
   * a cubic one (layer = z).
   */
  shape: readonly number[];
  /** Default `periodic`; `open`: there are no neighbours beyond the edges. One for all axes, or a list as `shape`. */
  boundary?: LatticeBoundary;
  /** Default `rk4`. */
  integrator?: 'rk4' | 'heun';
  /** Time step. */
  dt: number;
  /** Writes the unit vector of the spin at `index` (layer, row, column) at time 0 to `out[0 … 2]`. Pure. */
  initial(index: readonly number[], out: Float64Array): void;
  /** Cycles between measures (default 1). */
  measureEvery?: number;
  /** Steps to do unless `--cycles` says otherwise. */
  cycles?: number;
  /** End earlier with the first measured state whose largest |S × B| is below (default 0: never). */
  torque?: number;
  /** Whole states on their way, on rank 0: the fields `sx`, `sy` and `sz`. */
  output?: {
    /** Steps from one state to the next. */
    every: number;
    /** Takes one state; its arrays are reused. */
    write(frame: Frame): void;
  };
  /** As in a partition kernel, on rank 0. */
  report?(context: ReportContext): Record<string, unknown>;
}
