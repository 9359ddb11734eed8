import { writeSync } from 'node:fs';
import { ABORT_AT, OPEN_LINE_AT, PRINT_AT } from '../transport/threads/layout.js';
import { tagLines } from './tag-lines.js';

/** Pause before a full pipe is tried again, in ms: the reader decides how fast it empties. */
const FULL_PIPE = 1;
const NEWLINE = 10;

/**
 * Makes what this thread prints appear at once. Node hands a worker's output to the main thread's event
 * loop piece by piece, so a rank that prints and then blocks would show nothing until it wakes.
 *
 * A pipe takes up to 4 KiB whole or not at all; of more it may take a part, and another rank's line would
 * get into the middle. So ranks write one at a time, by a word of the control memory.
 *
 * With a `tag` every line begins with it. A line that a rank has begun and not ended is ended before another rank
 * writes, so that each line on the screen is one rank's.
 */
export function printAtOnce(
  stream: NodeJS.WriteStream,
  descriptor: number,
  control: Int32Array,
  tag: { rank: number; text: string } | null,
): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  const write = (chunk: string | Uint8Array, encoding?: unknown, done?: unknown): boolean => {
    const given =
      typeof chunk === 'string'
        ? Buffer.from(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8')
        : chunk;
    let at = 0;
    const entered = enter(control);
    let bytes = given;
    if (tag && given.length > 0) {
      const writer = 2 * tag.rank + (descriptor === 1 ? 1 : 2);
      const open = Atomics.load(control, OPEN_LINE_AT);
      bytes = tagLines(given, tag.text, open === 0 ? 'begin' : open === writer ? 'go on' : 'end another');
      Atomics.store(control, OPEN_LINE_AT, given[given.length - 1] === NEWLINE ? 0 : writer);
    }
    while (at < bytes.length) {
      try {
        at += writeSync(descriptor, bytes, at);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EPIPE') break;
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') {
          if (entered) leave(control);
          throw error;
        }
        Atomics.wait(pause, 0, 0, FULL_PIPE);
      }
    }
    if (entered) leave(control);
    const callback = typeof encoding === 'function' ? encoding : done;
    if (typeof callback === 'function') queueMicrotask(() => callback());
    return true;
  };
  stream.write = write as typeof stream.write;
}

/** Waits for the turn to write. A thread that dies in its turn takes the run along, and then nobody waits. */
function enter(control: Int32Array): boolean {
  while (Atomics.compareExchange(control, PRINT_AT, 0, 1) !== 0) {
    if (Atomics.load(control, ABORT_AT) !== 0) return false;
    Atomics.wait(control, PRINT_AT, 1, FULL_PIPE);
  }
  return true;
}

function leave(control: Int32Array): void {
  Atomics.store(control, PRINT_AT, 0);
  Atomics.notify(control, PRINT_AT, 1);
}
