import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Bytes of frames between two collections of young objects, which take 0.1 to 0.4 ms, most of it for giving their memory back. The
 * engine counts frames twice (its own account and the addon's), and begins to mark all of its heap, for some 8 ms, once what it counts
 * has grown by 8 MiB, the least step by which it lets its heap grow.
 */
const COLLECT_EVERY = 2 * 1024 * 1024;
/** Frames up to this size are copied into the engine's heap and are no memory of their own. */
const COPIED = 128;

type Collect = (options: { type: 'minor' }) => void;

function collector(): Collect {
  // Only makes the function visible. Given on the command line, it would have to be on that of every program with a cluster.
  setFlagsFromString('--expose-gc');
  const gc: unknown = runInNewContext('typeof gc === "function" ? gc : null');
  return typeof gc === 'function' ? (gc as Collect) : () => {};
}

let collect: Collect | null = null;
let bytes = 0;

/**
 * Counts frames that have been received and were used at once. True if `freeFrames` is to be awaited before more are received: then
 * their memory is free. It lies outside of the engine's heap, which sees it grow while hardly anything is allocated
 * within: so it would collect all of its heap, every few ms when arrays stream. Frames that were let go of are young, and
 * found by far less.
 */
export function countFrames(frames: readonly Uint8Array[]): boolean {
  for (const frame of frames) if (frame.byteLength > COPIED) bytes += frame.byteLength;
  return bytes >= COLLECT_EVERY;
}

/**
 * In turns of the event loop of its own: the addon gives memory back in the turn after the engine has found it, and a socket that is
 * never empty leaves none.
 */
export function freeFrames(): Promise<void> {
  bytes = 0;
  return new Promise((resolve) =>
    setImmediate(() => {
      collect ??= collector();
      collect({ type: 'minor' });
      setImmediate(resolve);
    }),
  );
}
