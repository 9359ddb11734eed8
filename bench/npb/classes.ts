// The classes of EP: 2^m pairs, and the sums published with the reference implementation (NPB 3.4, verify in EP).

export interface EpClass {
  readonly m: number;
  readonly sx: number;
  readonly sy: number;
}

export const EP_CLASSES: Readonly<Record<string, EpClass>> = {
  S: { m: 24, sx: -3.24783465203474e3, sy: -6.958407078382297e3 },
  W: { m: 25, sx: -2.863319731645753e3, sy: -6.320053679109499e3 },
  A: { m: 28, sx: -4.295875165629892e3, sy: -1.580732573678431e4 },
  B: { m: 30, sx: 4.033815542441498e4, sy: -2.660669192809235e4 },
};

/** Relative: the published tolerance. */
export const EP_TOLERANCE = 1e-8;

/** Whether the sums agree with the published ones, as the benchmark asks. */
export function epVerified(c: EpClass, sx: number, sy: number): boolean {
  return Math.abs((sx - c.sx) / c.sx) <= EP_TOLERANCE && Math.abs((sy - c.sy) / c.sy) <= EP_TOLERANCE;
}
