import type { System } from './system.js';

/** Where a controller's files of this process lie: the nearest folder first, then those that contain it. */
function folders(system: System, controller: 'cpu' | 'memory'): { path: string; version: 1 | 2 }[] {
  const found: { path: string; version: 1 | 2 }[] = [];
  for (const line of (system.read('/proc/self/cgroup') ?? '').split('\n')) {
    // hierarchy:controllers:path, with hierarchy 0 and no controllers for version 2 (cgroups(7)).
    const [hierarchy, controllers = '', path = ''] = line.split(':');
    const version = hierarchy === '0' && controllers === '' ? 2 : 1;
    if (version === 1 && !controllers.split(',').includes(controller)) continue;
    const root = version === 2 ? '/sys/fs/cgroup' : `/sys/fs/cgroup/${controllers}`;
    const parts = path.split('/').filter(Boolean);
    for (let n = parts.length; n >= 0; n--)
      found.push({ path: [root, ...parts.slice(0, n)].join('/'), version });
  }
  return found;
}

/** The least of the limits that apply; a limit holds for all groups inside the one that has it. */
function least(limits: (number | null)[]): number | null {
  const set = limits.filter((x): x is number => x !== null && x > 0);
  return set.length === 0 ? null : Math.min(...set);
}

/** Processors' worth of time that the control group allows, such as 1.5; null if it sets no limit. */
export function cpuLimit(system: System): number | null {
  return least(
    folders(system, 'cpu').map(({ path, version }) => {
      const [quota, period] =
        version === 2
          ? (system.read(`${path}/cpu.max`) ?? '').trim().split(/\s+/)
          : [system.read(`${path}/cpu.cfs_quota_us`), system.read(`${path}/cpu.cfs_period_us`)];
      const ratio = Number(quota || Number.NaN) / Number(period || Number.NaN);
      return Number.isFinite(ratio) ? ratio : null; // 'max', −1 and absent files are no limit
    }),
  );
}

/** Bytes of memory that the control group allows; null if it sets no limit. */
export function memoryLimit(system: System): number | null {
  const { total } = system.memory();
  return least(
    folders(system, 'memory').map(({ path, version }) => {
      const text = system.read(`${path}/${version === 2 ? 'memory.max' : 'memory.limit_in_bytes'}`);
      const bytes = Number(text?.trim() || Number.NaN);
      // Version 1 writes "none" as a number near 2^63.
      return Number.isFinite(bytes) && bytes < total ? bytes : null;
    }),
  );
}
