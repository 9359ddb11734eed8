import { describe, expect, it } from 'vitest';
import { thisEngine } from '../../../../core/runtime/doctor/engine.js';
import { inspect } from '../../../../core/runtime/doctor/inspect.js';
import { thisSystem } from '../../../../core/runtime/doctor/system.js';

describe('inspect', () => {
  it('of this machine: every line has a value, and advice unless it is fine', async () => {
    const found = await inspect(thisSystem(), thisEngine(), '>=20.19');
    expect(found.map((f) => f.name)).toEqual([
      ...['cores', 'memory', 'address space', 'Node.js', 'WebAssembly SIMD', 'WebAssembly threads'],
      ...[
        'SharedArrayBuffer',
        'Atomics.waitAsync',
        'temporary folder',
        'host names',
        'BLAS',
        'MPI',
        'ZeroMQ',
        'sockets',
        'addresses',
      ],
    ]);
    for (const f of found) {
      expect(f.value.length).toBeGreaterThan(0);
      expect(f.advice === undefined, f.name).toBe(f.status === 'fine');
    }
  });
});
