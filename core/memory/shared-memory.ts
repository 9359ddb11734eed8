/** A shared `WebAssembly.Memory`, typed here because only the browser's type library declares it. */
export interface SharedMemory {
  readonly buffer: SharedArrayBuffer;
}

interface MemoryConstructor {
  new (limits: { initial: number; maximum: number; shared: boolean }): SharedMemory;
}

/** A shared memory of exactly that many 64 KiB pages; throws a RangeError when there is no room. */
export function sharedMemory(pages: number): SharedMemory {
  const { Memory } = (globalThis as unknown as { WebAssembly: { Memory: MemoryConstructor } }).WebAssembly;
  return new Memory({ initial: pages, maximum: pages, shared: true });
}
