import { writeSync } from 'node:fs';

/** Pause before a full pipe is tried again, in ms: the reader decides how fast it empties. */
const FULL_PIPE = 1;

/**
 * Makes what this thread prints appear at once. Node hands a worker's output to the main thread's event
 * loop piece by piece, so a rank that prints and then blocks would show nothing until it wakes.
 */
export function printAtOnce(stream: NodeJS.WriteStream, descriptor: number): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  const write = (chunk: string | Uint8Array, encoding?: unknown, done?: unknown): boolean => {
    const bytes =
      typeof chunk === 'string'
        ? Buffer.from(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8')
        : chunk;
    let at = 0;
    while (at < bytes.length) {
      try {
        at += writeSync(descriptor, bytes, at);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EPIPE') break;
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
        Atomics.wait(pause, 0, 0, FULL_PIPE);
      }
    }
    const callback = typeof encoding === 'function' ? encoding : done;
    if (typeof callback === 'function') queueMicrotask(() => callback());
    return true;
  };
  stream.write = write as typeof stream.write;
}
