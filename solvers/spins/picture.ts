import { encode } from 'fast-png';
import { HaloweaveError } from 'haloweave';
import { spinColour } from './colour.js';

/** How a picture of spins looks. */
export interface SpinPictureOptions {
  /** Side of the square of pixels that one spin fills: an integer from 1 to 64. Default 1. */
  scale?: number;
  /** Draws a small colour wheel in the lower right corner. Default false. */
  legend?: boolean;
}

/** Past this an RGB image takes 200 MB before it is compressed; a viewer that opens it is rare too. */
const MAX_PIXELS = 2 ** 26;
const MAX_SCALE = 64;
/** Pictures narrower than this have no room for a wheel that would still show its colours. */
const MIN_LEGEND_SIDE = 64;
/** What a cell without a spin (length 0, or not finite) looks like: no spin has this grey. */
const NO_SPIN = 0x80;

/**
 * A picture of a lattice of spins as a PNG file (RGB, 8 bits a channel).
 *
 * Colour: the angle atan2(S_y, S_x) as hue (+x red, counter-clockwise through yellow, green, cyan, blue,
 * magenta), S_z as lightness (+1 white, −1 black, 0 saturated colour), both in OKLab, so that equal steps
 * look equal (`spinColour`). Spins are normalised first, so that fields in A/m serve as well; cells without a
 * spin are grey.
 *
 * - `sx`, `sy`, `sz`: `rows · cols` numbers each, row-major: spin (row, col) at `row · cols + col`.
 * - Orientation as in physics: column = x to the right, row = y **upward**: row 0 is at the bottom.
 * - `scale` repeats each spin `scale × scale` times, for small lattices. With `legend`, a disc shows the
 *   code: angle in the plane around it, +z at its centre, in-plane halfway, −z at its rim; left out below 64
 *   pixels a side.
 *
 * Pictures are for the eye and enter no hash. The same engine gives the same bytes; another engine's
 * trigonometry may move a channel by one.
 * Cost: one pass, about 0.5 µs a spin with its compression; 3 bytes a pixel of memory.
 * Throws `HaloweaveError('argument')` for lengths that disagree, a wrong scale, or more than 2^26 pixels.
 */
export function spinPicture(
  sx: ArrayLike<number>,
  sy: ArrayLike<number>,
  sz: ArrayLike<number>,
  rows: number,
  cols: number,
  options: SpinPictureOptions = {},
): Uint8Array {
  const scale = options.scale ?? 1;
  check(sx, sy, sz, rows, cols, scale);
  const [width, height] = [cols * scale, rows * scale];
  const data = new Uint8Array(width * height * 3);
  const pitch = width * 3;
  for (let row = 0; row < rows; row++) {
    const top = (rows - 1 - row) * scale * pitch;
    for (let col = 0; col < cols; col++) {
      const i = row * cols + col;
      const at = top + col * scale * 3;
      writeSpin(sx[i]!, sy[i]!, sz[i]!, data, at);
      for (let k = 1; k < scale; k++) data.copyWithin(at + 3 * k, at, at + 3);
    }
    for (let k = 1; k < scale; k++) data.copyWithin(top + k * pitch, top, top + pitch);
  }
  if (options.legend && Math.min(width, height) >= MIN_LEGEND_SIDE) drawWheel(data, width, height);
  return encode({ width, height, data, channels: 3, depth: 8 });
}

function writeSpin(x: number, y: number, z: number, out: Uint8Array, at: number): void {
  const length = Math.hypot(x, y, z);
  if (length > 0 && Number.isFinite(length)) spinColour(Math.atan2(y, x), z / length, out, at);
  else out.fill(NO_SPIN, at, at + 3);
}

/** The disc of all directions, with a thin white ring inside a dark one, readable on any ground. */
function drawWheel(data: Uint8Array, width: number, height: number): void {
  const side = Math.min(width, height);
  // An eighth of the picture is seen but covers 1.2 % of it; above 96 pixels it gains nothing.
  const radius = Math.round(Math.max(20, Math.min(96, side / 8)) / 2);
  const margin = Math.round(radius * 0.35) + 3;
  const [cx, cy] = [width - margin - radius, height - margin - radius];
  const ring = Math.max(1.5, radius / 16);
  const outer = radius + 2 * ring;
  const colour = new Uint8Array(3);
  for (let py = Math.floor(cy - outer - 1); py <= cy + outer + 1; py++) {
    for (let px = Math.floor(cx - outer - 1); px <= cx + outer + 1; px++) {
      if (px < 0 || py < 0 || px >= width || py >= height) continue;
      const [dx, dy] = [px + 0.5 - cx, cy - py - 0.5];
      const r = Math.hypot(dx, dy);
      const at = (py * width + px) * 3;
      // From the outside in; each edge is blended over one pixel.
      blend(data, at, [40, 40, 40], 0.55 * coverage(outer, r));
      blend(data, at, [255, 255, 255], coverage(radius + ring, r));
      spinColour(Math.atan2(dy, dx), Math.cos(Math.PI * Math.min(1, r / radius)), colour, 0);
      blend(data, at, colour, coverage(radius, r));
    }
  }
}

function coverage(edge: number, r: number): number {
  return Math.max(0, Math.min(1, edge - r + 0.5));
}

function blend(data: Uint8Array, at: number, colour: ArrayLike<number>, alpha: number): void {
  for (let k = 0; k < 3; k++) {
    data[at + k] = Math.round(data[at + k]! * (1 - alpha) + colour[k]! * alpha);
  }
}

function check(
  sx: ArrayLike<number>,
  sy: ArrayLike<number>,
  sz: ArrayLike<number>,
  rows: number,
  cols: number,
  scale: number,
): void {
  for (const [what, n] of Object.entries({ rows, cols })) {
    if (!Number.isSafeInteger(n) || n < 1) fail(`${what} is ${n}; expected an integer of at least 1`);
  }
  if (!Number.isSafeInteger(scale) || scale < 1 || scale > MAX_SCALE) {
    fail(`scale is ${scale}; expected an integer from 1 to ${MAX_SCALE}`);
  }
  for (const [what, values] of Object.entries({ sx, sy, sz })) {
    if (values.length !== rows * cols) {
      fail(`${what} holds ${values.length} numbers; ${rows} rows of ${cols} are ${rows * cols}`);
    }
  }
  const pixels = rows * cols * scale * scale;
  if (pixels > MAX_PIXELS) fail(`${pixels} pixels; at most ${MAX_PIXELS} (draw every n-th spin)`);
}

function fail(message: string): never {
  throw new HaloweaveError('argument', `spinPicture: ${message}`);
}
