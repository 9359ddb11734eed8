import { describe, expect, it } from 'vitest';
import {
  engine,
  node,
  SIMD_MODULE,
  THREADS_MODULE,
  thisEngine,
} from '../../../../core/runtime/doctor/engine.js';
import { fakeSystem } from './fake-system.js';

describe('the engine', () => {
  it('of this process has all; the modules are valid as they stand and not when cut', () => {
    const here = thisEngine();
    expect(engine(here).map((f) => f.status)).toEqual(['fine', 'fine', 'fine', 'fine']);
    for (const bytes of [SIMD_MODULE, THREADS_MODULE]) {
      expect(here.validate(bytes)).toBe(true);
      expect(here.validate(bytes.slice(0, -1))).toBe(false);
    }
  });

  it('without threads fails, without SIMD does not', () => {
    const found = engine({
      validate: () => false,
      sharedArrayBuffer: false,
      waitAsync: false,
    });
    expect(found.map((f) => [f.name, f.status])).toEqual([
      ['WebAssembly SIMD', 'optional'],
      ['WebAssembly threads', 'failed'],
      ['SharedArrayBuffer', 'failed'],
      ['Atomics.waitAsync', 'failed'],
    ]);
    for (const f of found) expect(f.advice).toContain('Node.js');
  });

  it('Node.js is compared by numbers with what package.json asks for', () => {
    const status = (nodeVersion: string, nodeFlags: string[] = []) =>
      node(fakeSystem({ nodeVersion, nodeFlags }), '>=20.19').status;
    expect(status('20.19.0')).toBe('fine');
    expect(status('20.9.1')).toBe('failed');
    expect(status('18.20.1')).toBe('failed');
    expect(status('100.0.0')).toBe('fine');
    expect(status('22.1.0', ['--jitless'])).toBe('failed');
    expect(node(fakeSystem({ nodeFlags: ['--max-old-space-size=100'] }), '>=20.19').value).toContain(
      'with --max-old-space-size=100',
    );
  });
});
