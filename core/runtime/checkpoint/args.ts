import { isDeepStrictEqual } from 'node:util';
import type { Args } from '../../kernels/program.js';

/** A program's arguments as JSON can hold them, and whether JSON holds all of them. */
export interface WrittenArgs {
  args: Record<string, unknown>;
  complete: boolean;
}

/**
 * Arguments as a checkpoint keeps them, to compare and, if `complete`, to run with. What JSON has no word for is replaced
 * by a text that tells it apart: memory that is shared has no value of its own and is only named.
 */
export function writtenArgs(args: Args): WrittenArgs {
  let complete = true;
  const written = (value: unknown): unknown => {
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
    if (typeof value === 'number' && Number.isFinite(value) && !Object.is(value, -0)) return value;
    if (Array.isArray(value)) return value.map(written);
    if (typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype)
      return Object.fromEntries(Object.entries(value).map(([key, x]) => [key, written(x)]));
    complete = false;
    if (ArrayBuffer.isView(value) && !(value.buffer instanceof SharedArrayBuffer)) {
      const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
      return `<${value.constructor.name} ${bytes.toString('base64')}>`;
    }
    if (typeof value === 'object') return `<${value.constructor.name}>`;
    return `<${typeof value} ${Object.is(value, -0) ? '-0' : String(value)}>`;
  };
  return { args: written({ ...args }) as Record<string, unknown>, complete };
}

/** The first argument in which two sets differ, as text with both values; null if they are the same. */
export function differingArgument(
  saved: Readonly<Record<string, unknown>>,
  now: Readonly<Record<string, unknown>>,
): string | null {
  for (const key of new Set([...Object.keys(saved), ...Object.keys(now)]))
    if (!isDeepStrictEqual(saved[key], now[key]))
      return `'${key}' was ${JSON.stringify(saved[key]) ?? 'not given'} and is ${JSON.stringify(now[key]) ?? 'not given'}`;
  return null;
}
