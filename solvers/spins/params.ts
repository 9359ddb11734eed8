import { HaloweaveError } from 'haloweave';
import { z } from 'zod';
import { findJsonFault } from './json-text.js';
import { nearest } from './nearest.js';
import type { SpinsParams } from './params-type.js';

/** Largest extent of a lattice. */
const MAX_EXTENT = 16384;
/** The most spins, those of two such extents: 6 GiB of doubles in three components. */
const MAX_SPINS = MAX_EXTENT ** 2;
/** Beyond it a spin aligns within a tenth of a radian of its turn: always a slip of the decimal point. */
const MAX_ALPHA = 10;
const MAX_SEED = 2 ** 32 - 1;

type Complaint = (issue: { input?: unknown }) => string;

function show(value: unknown): string {
  if (typeof value === 'number') return String(value);
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}

/** One sentence for every way to be wrong: what was found, and the whole range that is allowed. */
function expects(allowed: string): Complaint {
  return ({ input }) =>
    input === undefined ? `is missing; expected ${allowed}` : `is ${show(input)}; expected ${allowed}`;
}

function number(allowed: string, holds: (value: number) => boolean = () => true) {
  const error = expects(allowed);
  return z.number({ error }).refine(holds, { error });
}

function integer(low: number, high: number) {
  const range = high === Number.MAX_SAFE_INTEGER ? `of at least ${low}` : `from ${low} to ${high}`;
  return number(`an integer ${range}`, (v) => Number.isSafeInteger(v) && v >= low && v <= high);
}

function choice<const T extends readonly [string, ...string[]]>(values: T) {
  return z.enum(values, { error: expects(values.map((v) => JSON.stringify(v)).join(' or ')) });
}

function strict<T extends z.core.$ZodLooseShape>(shape: T) {
  const keys = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== 'unrecognized_keys')
        return expects(`an object with the keys ${keys.join(', ')}`)(issue);
      return issue.keys
        .map((key) => {
          const hint = nearest(key, keys);
          const help =
            hint === null ? `known are ${keys.join(', ')}` : `did you mean ${JSON.stringify(hint)}?`;
          return `has the unknown key ${JSON.stringify(key)}; ${help}`;
        })
        .join('; ');
    },
  });
}

const finite = number('a finite number');

const vector = z
  .array(finite, { error: expects('three finite numbers [x, y, z]') })
  .length(3, { error: expects('three finite numbers [x, y, z]') })
  .transform(([x, y, z]): [number, number, number] => [x!, y!, z!]);

const axis = vector
  .refine((v) => v.some((c) => c !== 0), { error: expects('a direction: three numbers, not all zero') })
  .transform(([x, y, z]): [number, number, number] => {
    // Scaled first, so that no square overflows or vanishes; sqrt rounds the same everywhere, hypot may not.
    const top = Math.max(Math.abs(x), Math.abs(y), Math.abs(z));
    const [a, b, c] = [x / top, y / top, z / top];
    const length = Math.sqrt(a * a + b * b + c * c);
    return [a / length, b / length, c / length];
  });

const shapeError = expects(
  `[n], [rows, columns] or [layers, rows, columns] with integers from 1 to ${MAX_EXTENT}`,
);
const shape = z
  .array(integer(1, MAX_EXTENT), { error: shapeError })
  .min(1, { error: shapeError })
  .max(3, { error: shapeError })
  .refine((s) => s.reduce((a, b) => a * b, 1) <= MAX_SPINS, { error: expects(`at most ${MAX_SPINS} spins`) });

const edge = choice(['periodic', 'open']);
const edges = z.union([edge, z.array(edge)], {
  error: expects('"periodic" or "open", or a list of them with one entry per axis'),
});
const lattice = strict({ shape, boundary: edges.default('periodic') }).refine(
  ({ shape, boundary }) => typeof boundary === 'string' || boundary.length === shape.length,
  { path: ['boundary'], error: 'must have as many entries as shape, or be one word for all axes' },
);

const many = Number.MAX_SAFE_INTEGER;

/** The schema of a relaxation parameter file; `SpinsParams` documents the entries. */
export const spinsParamsSchema = strict({
  lattice: lattice.optional(),
  exchange: finite,
  dmi: strict({ kind: choice(['interfacial', 'bulk']), D: finite }).optional(),
  anisotropy: strict({ K: finite, axis }).optional(),
  field: vector.optional(),
  mu: number('a finite number above 0', (v) => v > 0).default(1),
  gamma: number('a finite number above 0', (v) => v > 0).default(1),
  alpha: number(`a number from 0 to ${MAX_ALPHA}`, (v) => v >= 0 && v <= MAX_ALPHA).default(0.1),
  integrator: choice(['rk4', 'heun']).default('rk4'),
  dt: number('a finite number above 0', (v) => v > 0),
  cycles: integer(1, many),
  torque: number('a finite number of at least 0 (0: never stop early)', (v) => v >= 0).default(0),
  measureEvery: integer(1, many).default(20),
  picturesEvery: integer(1, many).optional(),
  pictureLayer: integer(0, MAX_EXTENT - 1).optional(),
  seed: integer(0, MAX_SEED).default(1),
  initial: choice(['random', 'x', 'y', 'z']).default('random'),
});

/**
 * Parses the JSON text of a parameter file. `name` is what messages call the file.
 * Throws `HaloweaveError('format')`: text that is no JSON, or repeats a key, with line and column; otherwise
 * as `parseSpinsParamsObject`. Pure and deterministic.
 */
export function parseSpinsParams(text: string, name = 'parameters'): SpinsParams {
  // Windows editors put a byte order mark in front, which JSON does not know.
  const json = text.startsWith('\uFEFF') ? text.slice(1) : text;
  const fault = findJsonFault(json);
  if (fault !== null) {
    const where = `${name}, line ${fault.line}, column ${fault.column}`;
    throw new HaloweaveError('format', `${where}: not valid JSON: ${fault.message}`);
  }
  return parseSpinsParamsObject(JSON.parse(json), name);
}

/**
 * Checks parameters that are an object already. Throws one `HaloweaveError('format')` that lists every wrong
 * value: its path, what was found and what is allowed; for an unknown key, the nearest known one.
 */
export function parseSpinsParamsObject(value: unknown, name = 'parameters'): SpinsParams {
  const result = spinsParamsSchema.safeParse(value);
  if (result.success) return result.data;
  const complaints = result.error.issues.map(({ path, message }) => `${pathText(path)} ${message}`);
  const list = complaints.length === 1 ? ` ${complaints[0]}` : complaints.map((c) => `\n  ${c}`).join('');
  throw new HaloweaveError('format', `${name}:${list}`);
}

function pathText(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'the file';
  return path.map((p, i) => (typeof p === 'number' ? `[${p}]` : `${i > 0 ? '.' : ''}${String(p)}`)).join('');
}
