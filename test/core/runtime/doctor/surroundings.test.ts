import { describe, expect, it } from 'vitest';
import { names, temporaryFolder } from '../../../../core/runtime/doctor/surroundings.js';
import { fakeSystem } from './fake-system.js';

describe('surroundings', () => {
  it('a folder for temporary files that cannot be written, or is full', () => {
    const refused = temporaryFolder(
      fakeSystem({ temporary: () => ({ folder: '/tmp', problem: 'EACCES: no' }) }),
    );
    expect(refused).toMatchObject({ status: 'failed', value: 'EACCES: no' });
    expect(refused.advice).toContain('TMPDIR');
    const full = temporaryFolder(fakeSystem({ temporary: () => ({ folder: '/tmp', free: 1000 }) }));
    expect(full).toMatchObject({ status: 'failed', details: { free: 1000 } });
  });

  it('names without addresses', async () => {
    expect(await names(fakeSystem())).toMatchObject({ status: 'fine' });
    const lost = await names(fakeSystem({ addresses: async () => [] }));
    expect(lost).toMatchObject({ status: 'optional', value: 'localhost has no address' });
    const elsewhere = await names(fakeSystem({ addresses: async () => ['10.1.1.1'] }));
    expect(elsewhere.value).toBe('localhost is 10.1.1.1');
    const nameless = await names(fakeSystem({ addresses: async (n) => (n === 'localhost' ? ['::1'] : []) }));
    expect(nameless.advice).toContain('127.0.1.1 here');
  });
});
