import { isatty } from 'node:tty';
import pino, { type Logger } from 'pino';

/**
 * The log of a host. `log.child({ peer: 3, epoch: 2 })` adds fields to every line; `log.warn({ address }, 'text')` writes one.
 * Every line is written before the call returns, so that a crash loses none; a reader that does not read holds the host up.
 */
export type Log = Logger;

export interface LogOptions {
  /** File descriptor; 2 if left out. */
  fd?: number;
  /** JSON objects, a line each, or lines for people; what suits the descriptor if left out: a terminal gets lines for people. */
  json?: boolean;
  /** The least that is written; 'info' if left out. */
  level?: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** In every line: the host's number, once it is known. */
  fields?: Readonly<Record<string, unknown>>;
}

export function openLog(options: LogOptions = {}): Log {
  const fd = options.fd ?? 2;
  const json = options.json ?? !isatty(fd);
  const destination = pino.destination({ dest: fd, sync: true });
  const format = {
    level: options.level ?? 'info',
    base: { ...options.fields },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const lines = {
    write: (line: string): void => {
      destination.write(readableLine(JSON.parse(line) as Record<string, unknown>));
    },
  };
  return pino(format, json ? destination : lines);
}

/** Fields that say whose line it is, in this order; others follow the text. */
const WHOSE = ['host', 'peer', 'epoch', 'rank'];

/**
 * A line for people: time (UTC), level, whose, text, and what else there is as name=value. What came over the network may have
 * characters that a terminal obeys: they are written as escapes.
 */
export function readableLine(entry: Record<string, unknown>): string {
  const { time, level, msg, err, ...fields } = entry;
  const whose = WHOSE.flatMap((name) => (name in fields ? [`${name} ${word(fields[name])}`] : []));
  const rest = Object.entries(fields)
    .filter(([name]) => !WHOSE.includes(name))
    .map(([name, value]) => ` ${plain(name)}=${word(value)}`);
  const error = err as { message?: unknown } | undefined;
  const said = [msg, error?.message].filter((text) => text !== undefined && text !== '');
  // An error without a text of its own is logged with its message as the text.
  const text = [...new Set(said.map(String))].map(plain).join(': ');
  const head = `${String(time)} ${String(level).padEnd(5)} `;
  return `${head}${whose.length > 0 ? `${whose.join(' ')}: ` : ''}${text}${rest.join('')}\n`;
}

/** A value as one word. */
function word(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return plain(/^[^\s"=]+$/.test(text) ? text : JSON.stringify(text));
}

/** Control characters of ASCII and Latin-1, line separators, and those that turn the direction of writing. */
const OBEYED = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

function plain(text: string): string {
  return text.replace(OBEYED, (c) => `\\u${c.codePointAt(0)!.toString(16).padStart(4, '0')}`);
}
