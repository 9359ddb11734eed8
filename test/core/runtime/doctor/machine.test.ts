import { describe, expect, it } from 'vitest';
import { cpuLimit, memoryLimit } from '../../../../core/runtime/doctor/cgroup.js';
import { memory, processors, usableCores } from '../../../../core/runtime/doctor/machine.js';
import { fakeSystem } from './fake-system.js';

const GIB = 1024 ** 3;

describe('limits of control groups', () => {
  it('are found in version 2, in this group or one that contains it: the least holds', () => {
    const system = fakeSystem({
      files: {
        '/proc/self/cgroup': '0::/user/job\n',
        '/sys/fs/cgroup/user/job/cpu.max': 'max 100000\n',
        '/sys/fs/cgroup/user/cpu.max': '150000 100000\n',
        '/sys/fs/cgroup/user/job/memory.max': `${2 * GIB}\n`,
        '/sys/fs/cgroup/user/memory.max': 'max\n',
      },
    });
    expect(cpuLimit(system)).toBe(1.5);
    expect(memoryLimit(system)).toBe(2 * GIB);
  });

  it('are found in version 1, where no limit is −1 or a number near 2^63', () => {
    const files = {
      '/proc/self/cgroup': '4:memory:/box\n3:cpu,cpuacct:/box\n',
      '/sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_quota_us': '300000\n',
      '/sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_period_us': '100000\n',
      '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '-1\n',
      '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
      '/sys/fs/cgroup/memory/box/memory.limit_in_bytes': '9223372036854771712\n',
    };
    expect(cpuLimit(fakeSystem({ files }))).toBe(3);
    expect(memoryLimit(fakeSystem({ files }))).toBeNull();
    files['/sys/fs/cgroup/memory/box/memory.limit_in_bytes'] = `${GIB}\n`;
    expect(memoryLimit(fakeSystem({ files }))).toBe(GIB);
  });

  it('are none without control groups', () => {
    expect([cpuLimit(fakeSystem()), memoryLimit(fakeSystem())]).toEqual([null, null]);
  });
});

describe('cores', () => {
  it('fine, with the affinity', () => {
    const found = processors(fakeSystem({ processors: () => ({ usable: 2, models: ['X', 'X', 'X', 'X'] }) }));
    expect(found).toMatchObject({ status: 'fine', details: { usable: 2, machine: 4, cgroupLimit: null } });
    expect(found.value).toBe("2 of the machine's 4, by affinity, X");
  });

  it('a control group with less says how many ranks to take', () => {
    const system = fakeSystem({
      files: { '/proc/self/cgroup': '0::/', '/sys/fs/cgroup/cpu.max': '250000 100000' },
    });
    expect(usableCores(system)).toBe(2);
    const found = processors(system);
    expect(found.status).toBe('optional');
    expect(found.value).toContain('control group limit 2.5');
    expect(found.advice).toContain('-n 2');
  });

  it('one core is no fault', () => {
    const found = processors(fakeSystem({ processors: () => ({ usable: 1, models: ['X'] }) }));
    expect(found.status).toBe('optional');
    expect(found.advice).toContain('ranks take turns');
  });
});

describe('memory', () => {
  it('fine', () => {
    const [amount, addresses] = memory(fakeSystem());
    expect(amount).toMatchObject({ status: 'fine', value: '8.00 GiB, 4.00 GiB free' });
    expect(addresses).toMatchObject({ status: 'fine', value: 'no limit, arenas of 4 GiB' });
  });

  it('too little, in the machine or in the control group', () => {
    const free = memory(fakeSystem({ memory: () => ({ total: GIB, free: GIB / 4 }) }))[0]!;
    expect(free).toMatchObject({ status: 'failed' });
    expect(free.advice).toContain('end other programs');
    const files = { '/proc/self/cgroup': '0::/', '/sys/fs/cgroup/memory.max': `${GIB / 8}` };
    expect(memory(fakeSystem({ files }))[0]).toMatchObject({
      status: 'failed',
      details: { cgroupLimit: GIB / 8 },
    });
  });

  it('a limit on addresses', () => {
    const files = {
      '/proc/self/limits': `Limit  Soft Limit  Hard Limit  Units\nMax address space         ${2 * GIB}           unlimited            bytes\n`,
    };
    const smaller = memory(fakeSystem({ files, reserve: (pages) => pages < 1000 }))[1]!;
    expect(smaller).toMatchObject({ status: 'optional', value: 'limit 2.00 GiB, arenas of less than 4 GiB' });
    expect(smaller.advice).toContain('ulimit -v unlimited');
    const none = memory(fakeSystem({ files, reserve: () => false }))[1]!;
    expect(none).toMatchObject({ status: 'failed' });
  });
});
