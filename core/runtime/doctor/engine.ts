import type { Finding } from './finding.js';
import type { System } from './system.js';

/** A module's bytes: header, then sections (WebAssembly core specification, 5.5). */
const MODULE = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
/** Type 0: () → (); function 0 of type 0. */
const ONE_FUNCTION = [0x01, 0x04, 0x01, 0x60, 0x00, 0x00, 0x03, 0x02, 0x01, 0x00];

/** i32.const 0, i8x16.splat, drop. */
export const SIMD_MODULE = Uint8Array.from([
  ...MODULE,
  ...ONE_FUNCTION,
  ...[0x0a, 0x09, 0x01, 0x07, 0x00, 0x41, 0x00, 0xfd, 0x0f, 0x1a, 0x0b],
]);

/** A shared memory of one page; i32.const 0, i32.atomic.load align=4 offset=0, drop. */
export const THREADS_MODULE = Uint8Array.from([
  ...MODULE,
  ...ONE_FUNCTION,
  ...[0x05, 0x04, 0x01, 0x03, 0x01, 0x01],
  ...[0x0a, 0x0b, 0x01, 0x09, 0x00, 0x41, 0x00, 0xfe, 0x10, 0x02, 0x00, 0x1a, 0x0b],
]);

/** The parts of the engine that are asked for; a test takes some away. */
export interface Engine {
  validate(bytes: Uint8Array): boolean;
  readonly sharedArrayBuffer: boolean;
  readonly waitAsync: boolean;
}

export function thisEngine(): Engine {
  // Typed here because only the browser's type library declares it; --jitless leaves none.
  const { WebAssembly } = globalThis as unknown as {
    WebAssembly?: { validate(bytes: Uint8Array): boolean };
  };
  return {
    validate: (bytes) => WebAssembly?.validate(bytes) === true,
    sharedArrayBuffer: typeof SharedArrayBuffer === 'function',
    waitAsync: typeof Atomics.waitAsync === 'function',
  };
}

/** Node's version against the least that package.json names, '>=20.19'. */
export function node(system: System, engines: string): Finding {
  const least = engines.replace(/^>=/, '');
  const flags = system.nodeFlags.length > 0 ? `, with ${system.nodeFlags.join(' ')}` : '';
  const value = `${system.nodeVersion} on ${system.platform} ${system.arch}${flags}`;
  const details = {
    version: system.nodeVersion,
    platform: system.platform,
    arch: system.arch,
    flags: system.nodeFlags,
  };
  const [major = 0, minor = 0] = system.nodeVersion.split('.').map(Number);
  const [leastMajor = 0, leastMinor = 0] = least.split('.').map(Number);
  if (major < leastMajor || (major === leastMajor && minor < leastMinor))
    return { name: 'Node.js', status: 'failed', value, advice: `install Node.js ${least} or newer`, details };
  if (system.nodeFlags.includes('--jitless'))
    return {
      name: 'Node.js',
      status: 'failed',
      value,
      advice: 'leave out --jitless: without the compiler there is no WebAssembly memory, and no speed',
      details,
    };
  return { name: 'Node.js', status: 'fine', value, details };
}

/** What the engine must and should have. */
export function engine(e: Engine): Finding[] {
  const one = (name: string, there: boolean, missing: 'failed' | 'optional', advice: string): Finding =>
    there ? { name, status: 'fine', value: 'there' } : { name, status: missing, value: 'missing', advice };
  const update = 'use the Node.js of nodejs.org, 20.19 or newer, without --jitless and --no-… flags';
  return [
    one(
      'WebAssembly SIMD',
      e.validate(SIMD_MODULE),
      'optional',
      `nothing needs it yet; compiled kernels will: ${update}`,
    ),
    one(
      'WebAssembly threads',
      e.validate(THREADS_MODULE),
      'failed',
      `the heap is shared WebAssembly memory: ${update}`,
    ),
    one('SharedArrayBuffer', e.sharedArrayBuffer, 'failed', `ranks exchange messages through it: ${update}`),
    one('Atomics.waitAsync', e.waitAsync, 'failed', `asynchronous receives wait with it: ${update}`),
  ];
}
