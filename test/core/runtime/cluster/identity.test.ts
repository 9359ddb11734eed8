import { describe, expect, it } from 'vitest';
import { compareVersions, foreignProtocol, thisProcess } from '../../../../core/runtime/cluster/identity.js';

const here = { version: '0.1.0', node: '20.20.2', v8: '11.3.244.8-node.33', name: 'a' };

describe('two processes compare their versions', () => {
  it('this one with itself: the same', () => {
    expect(compareVersions(thisProcess(), thisProcess())).toEqual({ kind: 'same' });
  });

  it('another haloweave is refused, both sides named', () => {
    expect(compareVersions(here, { ...here, version: '0.2.0', name: 'b' })).toEqual({
      kind: 'refuse',
      text: 'haloweave 0.2.0 on b, but 0.1.0 on a: install the same version on both',
    });
  });

  it.each<[string, Partial<typeof here>, string]>([
    ['another Node', { node: '22.1.0' }, 'warn'],
    ['another engine', { v8: '12.4.254.20-node.33' }, 'warn'],
    ['an engine with another second number', { v8: '11.4.1.1-node.1' }, 'warn'],
    ['a fix of Node', { node: '20.20.9' }, 'same'],
    ['a fix of the engine', { v8: '11.3.999.1-node.40' }, 'same'],
  ])('%s: %s', (_, other, kind) => {
    const found = compareVersions(here, { ...here, ...other, name: 'b' });
    expect(found.kind).toBe(kind);
    if (found.kind !== 'warn') return;
    const there = { ...here, ...other };
    expect(found.text).toContain(
      `Node ${there.node} (V8 ${there.v8}) on b, but Node ${here.node} (V8 ${here.v8}) on a`,
    );
  });

  it('another protocol is named with both versions', () => {
    expect(foreignProtocol(here, { protocol: 7, version: '3.0.0', name: 'b' })).toBe(
      'b speaks version 7 of the control protocol (haloweave 3.0.0), but a version 1 (haloweave 0.1.0): install the same version on both',
    );
  });
});
