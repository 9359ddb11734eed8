/**
 * Parameters of a spin relaxation, checked and with every default filled in:
 * H = −J Σ S_i·S_j − Σ D_ij·(S_i × S_j) − K Σ (S_i·e)² − µ Σ B·S_i, each bond counted once, |S| = 1, and
 * dS/dt = −γ/(1+α²) [S×B + α S×(S×B)] with B_i = −(1/µ) ∂H/∂S_i.
 * Units are the user's, as long as they agree (J, D, K and µB in one unit of energy; γ·B·dt without unit);
 * the defaults µ = γ = 1 make them reduced units.
 */
export interface SpinsParams {
  /** The lattice; absent: whoever runs the parameters says. */
  lattice?: {
    /** Spins per axis: [n], [rows, columns] or [layers, rows, columns]. */
    shape: number[];
    /** What lies beyond its edges: for all axes, or a list as `shape`. */
    boundary: 'periodic' | 'open' | ('periodic' | 'open')[];
  };
  /** J, above 0 for a ferromagnet. */
  exchange: number;
  /** Antisymmetric exchange; `interfacial`: D_ij = D ẑ × r̂_ij; `bulk`: D_ij = D r̂_ij; r̂_ij from i to j. */
  dmi?: {
    /** Which of the two. */
    kind: 'interfacial' | 'bulk';
    /** Strength, in the unit of J. */
    D: number;
  };
  /** K and the axis e, normalised here; K above 0 makes e an easy axis. */
  anisotropy?: {
    /** Strength, in the unit of J. */
    K: number;
    /** The unit vector e. */
    axis: [number, number, number];
  };
  /** The external field B. */
  field?: [number, number, number];
  /** Moment of a spin, µ. */
  mu: number;
  /** Gyromagnetic ratio γ. */
  gamma: number;
  /** Damping α. */
  alpha: number;
  /** Runge–Kutta of fourth order, or Heun's method. */
  integrator: 'rk4' | 'heun';
  /** A step of time. */
  dt: number;
  /** The largest number of steps. */
  cycles: number;
  /** Stop early once the largest |S × B| is below it; 0: never. */
  torque: number;
  /** Steps between measures. */
  measureEvery: number;
  /** Steps between pictures; absent: no pictures. */
  picturesEvery?: number;
  /** The layer that pictures of a cubic lattice show, counted from 0; absent: the middle one, the upper of two. */
  pictureLayer?: number;
  /** Of the random start, 0 to 2^32 − 1. */
  seed: number;
  /** Where the spins start: at random from the seed, or all along one axis. */
  initial: 'random' | 'x' | 'y' | 'z';
}
