/**
 * Lightness (OKLab, 0 to 1) that in-plane spins share. The fully saturated colours of the screen run from
 * 0.45 (blue) to 0.97 (yellow), so that a wheel made of them alone would read as a pattern in m_z; 0.7 is
 * near their middle.
 */
const EQUATOR = 0.7;
/** How far hues move from their own most saturated lightness to the shared one: 0 vivid, 1 even but pale. */
const EVENNESS = 0.45;
/** Entries of the wheel: a step of 0.5°, finer than 8-bit colours tell apart. */
const STEPS = 720;
/**
 * Half-width of the smoothing along the wheel, in entries (20°). The six corners of the screen's colours show
 * as rays in a smooth vortex; averaging over two thirds of the 60° between them removes the rays and keeps
 * the hues apart.
 */
const SMOOTH = 40;

/** A colour in OKLab: lightness 0 to 1, and the two axes of hue and chroma. */
type Lab = [number, number, number];

/** A constant table, built at first use: it takes some milliseconds that programs without pictures save. */
let wheel: Float64Array | null = null;

/**
 * The colour of a unit spin: hue from the angle in the plane (0 = +x is red, then yellow, green, cyan, blue
 * and magenta counter-clockwise, in even steps as the eye sees them); from there to white at m_z = +1 and to
 * black at m_z = −1, in proportion to the angle out of the plane. Writes three numbers 0 to 255 at `out[at]`.
 *
 * `angle` in radians, any; `mz` from −1 to 1. For pictures only: it uses cbrt, powers and trigonometry, whose
 * last bits may change with the engine; nothing of it belongs in a state.
 * Source: B. Ottosson, "A perceptual color space for image processing" (2020), for OKLab.
 */
export function spinColour(angle: number, mz: number, out: Uint8Array, at: number): void {
  wheel ??= buildWheel();
  const turn = angle / (2 * Math.PI);
  const i = 3 * (Math.round((turn - Math.floor(turn)) * STEPS) % STEPS);
  // Domain walls turn evenly in angle, not in m_z: so they get as much colour as they have width.
  const t = Math.asin(Math.max(-1, Math.min(1, mz))) / (Math.PI / 2);
  const rest = 1 - Math.abs(t);
  const lightness = wheel[i]! * rest + Math.max(0, t);
  writeOklab(lightness, wheel[i + 1]! * rest, wheel[i + 2]! * rest, out, at);
}

/** The wheel at m_z = 0 in OKLab, three numbers an entry. */
function buildWheel(): Float64Array {
  const saturated = saturatedColours();
  const [, redA, redB] = saturated[0]!;
  const raw: Lab[] = [];
  for (let i = 0; i < STEPS; i++) {
    const hue = Math.atan2(redB, redA) + (2 * Math.PI * i) / STEPS;
    const [lightness, a, b] = ofHue(saturated, hue);
    const even = lightness + EVENNESS * (EQUATOR - lightness);
    // The colours of one hue fill nearly a triangle black, white, most saturated: stay on its edge.
    const room = even < lightness ? even / lightness : (1 - even) / (1 - lightness);
    raw.push([even, a * room, b * room]);
  }
  return smoothed(raw);
}

function smoothed(raw: readonly Lab[]): Float64Array {
  const result = new Float64Array(3 * STEPS);
  let total = 0;
  for (let d = -SMOOTH; d <= SMOOTH; d++) total += weight(d);
  for (let i = 0; i < STEPS; i++) {
    for (let d = -SMOOTH; d <= SMOOTH; d++) {
      const from = raw[(i + d + STEPS) % STEPS]!;
      for (let k = 0; k < 3; k++) result[3 * i + k]! += (from[k]! * weight(d)) / total;
    }
  }
  return result;
}

/** Raised cosine: no corner of its own. */
function weight(d: number): number {
  return 1 + Math.cos((Math.PI * d) / (SMOOTH + 1));
}

/** The edge of the screen's colours in 8-bit steps: red, yellow, green, cyan, blue, magenta, red. */
function saturatedColours(): Lab[] {
  const corners: Lab[] = [
    [1, 0, 0],
    [1, 1, 0],
    [0, 1, 0],
    [0, 1, 1],
    [0, 0, 1],
    [1, 0, 1],
  ];
  return corners.flatMap((from, c) => {
    const to = corners[(c + 1) % 6]!;
    return Array.from({ length: 255 }, (_, i): Lab => {
      const mix = (k: 0 | 1 | 2): number => linear(from[k] + (i / 255) * (to[k] - from[k]));
      return oklab(mix(0), mix(1), mix(2));
    });
  });
}

/** The one of these colours whose hue comes nearest; built once, so a plain search will do. */
function ofHue(colours: readonly Lab[], hue: number): Lab {
  const [x, y] = [Math.cos(hue), Math.sin(hue)];
  let best = colours[0]!;
  let most = -1;
  for (const colour of colours) {
    const along = (colour[1] * x + colour[2] * y) / Math.hypot(colour[1], colour[2]);
    if (along > most) {
      best = colour;
      most = along;
    }
  }
  return best;
}

/** sRGB transfer function, IEC 61966-2-1. */
function linear(v: number): number {
  return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
}

function encoded(v: number): number {
  const clipped = Math.max(0, Math.min(1, v));
  return clipped <= 0.0031308 ? clipped * 12.92 : 1.055 * clipped ** (1 / 2.4) - 0.055;
}

function oklab(r: number, g: number, b: number): Lab {
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function writeOklab(lightness: number, a: number, b: number, out: Uint8Array, at: number): void {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  out[at] = Math.round(255 * encoded(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s));
  out[at + 1] = Math.round(255 * encoded(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s));
  out[at + 2] = Math.round(255 * encoded(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s));
}
