import { describe, expect, it } from 'vitest';
import { network } from '../../../../core/runtime/doctor/network.js';
import type { System } from '../../../../core/runtime/doctor/system.js';
import { fakeSystem } from './fake-system.js';

const found = async (changes: Partial<System> = {}) =>
  new Map((await network(fakeSystem(changes))).map((f) => [f.name, f]));

describe('what networked workers need', () => {
  it('all is there', async () => {
    const by = await found();
    expect([...by.values()].map((f) => [f.status, f.value])).toEqual([
      ['fine', 'libzmq 4.3.5 with CURVE'],
      ['fine', '127.0.0.1 and ipc:// can be bound'],
      ['fine', '10.0.0.7 (eth0)'],
    ]);
  });

  it('without the library no socket is tried', async () => {
    const by = await found({
      zeromq: () => ({ problem: 'no build for this system' }),
      bind: () => expect.fail('a socket without the library'),
    });
    expect([...by.keys()]).toEqual(['ZeroMQ', 'addresses']);
    expect(by.get('ZeroMQ')).toMatchObject({
      status: 'optional',
      value: 'cannot be loaded: no build for this system',
      details: { version: null, curve: false },
    });
  });

  it('a library that cannot encrypt', async () => {
    const by = await found({ zeromq: () => ({ version: '4.3.4', curve: false }) });
    expect(by.get('ZeroMQ')).toMatchObject({ status: 'optional', value: 'libzmq 4.3.4 without CURVE' });
    expect(by.get('sockets')!.status).toBe('fine');
  });

  it('sockets that cannot be bound', async () => {
    const none = await found({ bind: async () => 'not permitted' });
    expect(none.get('sockets')).toMatchObject({
      status: 'optional',
      value: '127.0.0.1 cannot be bound: not permitted',
      details: { tcp: false, ipc: false },
    });
    const tcp = await found({ bind: async (kind) => (kind === 'ipc' ? 'too long' : null) });
    expect(tcp.get('sockets')!.value).toContain('ipc:// cannot: too long');
    expect(tcp.get('sockets')!.advice).toContain('TMPDIR');
  });

  it('addresses that only this machine or its cable knows are none for others', async () => {
    const interfaces = () => [
      { name: 'lo', address: '::1', internal: true },
      { name: 'eth0', address: 'fe80::1', internal: false },
      { name: 'eth0', address: '169.254.7.7', internal: false },
    ];
    const by = await found({ interfaces });
    expect(by.get('addresses')).toMatchObject({ status: 'optional', value: 'none but loopback' });
  });
});
