import { writeSync } from 'node:fs';
import { ABORT_AT, OPEN_LINE_AT, PRINT_AT } from '../transport/threads/layout.js';
import { tagLines } from './tag-lines.js';

/** Pause before a full pipe is tried again, in ms: the reader decides how fast it empties. */
const FULL_PIPE = 1;
const NEWLINE = 10;

/** Where a rank's printed bytes go. */
export type PrintSink = (descriptor: 1 | 2, bytes: Uint8Array) => void;

/**
 * Makes what this thread prints to standard output and error go to `sink` at once. Node hands a worker's output to the main
 * thread's event loop piece by piece, so a rank that prints and then blocks would show nothing until it wakes.
 * Standard output goes to the descriptor `output`.
 */
export function printAtOnce(sink: PrintSink, output: 1 | 2): void {
  redirect(process.stdout, output, sink);
  redirect(process.stderr, 2, sink);
}

function redirect(stream: NodeJS.WriteStream, descriptor: 1 | 2, sink: PrintSink): void {
  const write = (chunk: string | Uint8Array, encoding?: unknown, done?: unknown): boolean => {
    const bytes =
      typeof chunk === 'string'
        ? Buffer.from(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8')
        : chunk;
    sink(descriptor, bytes);
    const callback = typeof encoding === 'function' ? encoding : done;
    if (typeof callback === 'function') queueMicrotask(() => callback());
    return true;
  };
  stream.write = write as typeof stream.write;
}

/**
 * Writes to this process's own descriptors.
 *
 * A pipe takes up to 4 KiB whole or not at all; of more it may take a part, and another rank's line would
 * get into the middle. So ranks write one at a time, by a word of the control memory.
 *
 * With a `tag` every line begins with it. A line that a rank has begun and not ended is ended before another rank
 * writes, so that each line on the screen is one rank's.
 */
export function printHere(control: Int32Array, tag: { rank: number; text: string } | null): PrintSink {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  return (descriptor, given) => {
    const entered = enter(control);
    let bytes = given;
    if (tag && given.length > 0) {
      const writer = 2 * tag.rank + (descriptor === 1 ? 1 : 2);
      const open = Atomics.load(control, OPEN_LINE_AT);
      bytes = tagLines(given, tag.text, open === 0 ? 'begin' : open === writer ? 'go on' : 'end another');
      Atomics.store(control, OPEN_LINE_AT, given[given.length - 1] === NEWLINE ? 0 : writer);
    }
    let at = 0;
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
  };
}

/** Printed bytes that may be on their way to whoever shows them: a rank that prints without end is held back there. */
const PRINT_WINDOW = 1 << 20;
/** Bytes of one notice, and of one message to the coordinator. */
const PRINT_PIECE = 1 << 18;

/**
 * Hands printed bytes to the host, whatever the rank does next. `window` holds the bytes under way: whoever shows them
 * takes them off.
 */
export function printThere(
  control: Int32Array,
  window: Int32Array,
  post: (descriptor: 1 | 2, bytes: Uint8Array) => void,
): PrintSink {
  return (descriptor, given) => {
    for (let at = 0; at < given.length; at += PRINT_PIECE) {
      // A copy: a view would be posted with all the memory that it is a view of.
      const bytes = new Uint8Array(given.subarray(at, at + PRINT_PIECE));
      for (let under = Atomics.load(window, 0); under > PRINT_WINDOW; under = Atomics.load(window, 0)) {
        if (Atomics.load(control, ABORT_AT) !== 0) break;
        Atomics.wait(window, 0, under, WINDOW_LOOK);
      }
      Atomics.add(window, 0, bytes.length);
      post(descriptor, bytes);
    }
  };
}

/** How often a rank that is held back looks whether the run has ended, in ms. */
const WINDOW_LOOK = 100;

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
