import { HaloweaveError } from '../base/errors.js';

/** A whole number from the command line. */
export function wholeNumber(option: string, least: number): (text: string) => number {
  return (text) => {
    const n = Number(text);
    if (text.trim() !== '' && Number.isSafeInteger(n) && n >= least) return n;
    throw new HaloweaveError('usage', `${option} ${text}: use a whole number of ${least} or more`);
  };
}

/** A time in seconds from the command line. */
export function seconds(option: string): (text: string) => number {
  return (text) => {
    const n = Number(text);
    if (text.trim() !== '' && Number.isFinite(n) && n > 0) return n;
    throw new HaloweaveError('usage', `${option} ${text}: use a number of seconds above 0`);
  };
}

/**
 * What follows `--` as the program's `args`: `--key value`, `--key=value`, `--flag` (true), `--no-flag`
 * (false). Text that is a number becomes one; a key given twice becomes a list; the rest is in `_`.
 */
export function programArguments(words: readonly string[]): Record<string, unknown> {
  const args: Record<string, unknown> = {};
  const rest: unknown[] = [];
  const put = (key: string, value: unknown): void => {
    if (!/^[A-Za-z][\w-]*$/.test(key))
      throw new HaloweaveError('usage', `--${key}: a program's option starts with a letter`);
    const before = Object.hasOwn(args, key) ? args[key] : undefined;
    args[key] = before === undefined ? value : Array.isArray(before) ? [...before, value] : [before, value];
  };
  for (let k = 0; k < words.length; k++) {
    const word = words[k]!;
    if (!word.startsWith('--')) {
      rest.push(scalar(word));
      continue;
    }
    const body = word.slice(2);
    const equals = body.indexOf('=');
    const next = words[k + 1];
    if (equals >= 0) put(body.slice(0, equals), scalar(body.slice(equals + 1)));
    else if (next !== undefined && !next.startsWith('--')) {
      put(body, scalar(next));
      k++;
    } else if (body.startsWith('no-')) put(body.slice(3), false);
    else put(body, true);
  }
  if (rest.length > 0) args._ = rest;
  return args;
}

function scalar(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  return text.trim() !== '' && /^[-+]?(\d|\.\d)/.test(text) && !Number.isNaN(Number(text))
    ? Number(text)
    : text;
}
