import { formatBytes } from '../../base/format.js';
import { cpuLimit, memoryLimit } from './cgroup.js';
import type { Finding } from './finding.js';
import type { System } from './system.js';

/** Ranks that have a core each. */
export function usableCores(system: System): number {
  const { usable } = system.processors();
  const limit = cpuLimit(system);
  return Math.max(1, Math.min(usable, limit === null ? usable : Math.floor(limit)));
}

/** Processors of the machine, those this process may use, and the control group's limit. */
export function processors(system: System): Finding {
  const { usable, models } = system.processors();
  const limit = cpuLimit(system);
  const details = { usable, machine: models.length, cgroupLimit: limit, model: models[0] ?? null };
  const of = models.length > usable ? ` of the machine's ${models.length}, by affinity` : '';
  const value = `${usable}${of}${models[0] ? `, ${models[0]}` : ''}${limit === null ? '' : `, control group limit ${Number(limit.toFixed(2))}`}`;
  const name = 'cores';
  if (limit !== null && Math.ceil(limit) < usable) {
    const ranks = usableCores(system);
    const advice = `the control group allows less than the cores show: use -n ${ranks} (or HALOWEAVE_RANKS=${ranks}), more ranks only wait for each other`;
    return { name, status: 'optional', value, advice, details };
  }
  if (usable === 1)
    return {
      name,
      status: 'optional',
      value,
      advice: 'one core: ranks take turns; results are the same, no run gets faster with -n',
      details,
    };
  return { name, status: 'fine', value, details };
}

/** Less than this free, and even the examples and their ranks' threads may not fit. */
const LITTLE = 512 * 1024 ** 2;
/** Pages of 64 KiB of a heap arena: 4 GiB. */
const ARENA_PAGES = 65536;

/** Memory of the machine, what of it is free, and every limit on it. */
export function memory(system: System): Finding[] {
  const { total, free } = system.memory();
  const limit = memoryLimit(system);
  const available = Math.min(free, limit ?? free);
  const name = 'memory';
  const value = `${formatBytes(total)}, ${formatBytes(free)} free${limit === null ? '' : `, control group limit ${formatBytes(limit)}`}`;
  const details = { total, free, cgroupLimit: limit };
  const amount: Finding =
    available < LITTLE
      ? {
          name,
          status: 'failed',
          value,
          advice: `under ${formatBytes(LITTLE)} is left: end other programs, or raise the limit of the container`,
          details,
        }
      : { name, status: 'fine', value, details };
  return [amount, addressSpace(system)];
}

/** Addresses: an arena of the heap reserves 4 GiB of them, and takes memory only where it is used. */
function addressSpace(system: System): Finding {
  const name = 'address space';
  const line = /^Max address space\s+(\S+)/m.exec(system.read('/proc/self/limits') ?? '');
  const soft = line?.[1] === undefined || line[1] === 'unlimited' ? null : Number(line[1]);
  const arena = system.reserve(ARENA_PAGES);
  const details = { limit: soft, arena4GiB: arena };
  const value = `${soft === null ? 'no limit' : `limit ${formatBytes(soft)}`}, arenas of ${arena ? '4 GiB' : 'less than 4 GiB'}`;
  if (arena) return { name, status: 'fine', value, details };
  if (!system.reserve(1))
    return {
      name,
      status: 'failed',
      value: `${soft === null ? 'no limit' : `limit ${formatBytes(soft)}`}, no shared memory can be had`,
      advice: 'raise or remove the limit (ulimit -v unlimited): the heap of a run is shared memory',
      details,
    };
  const advice =
    soft === null
      ? 'the heap uses smaller arenas; a single array is then smaller than 4 GiB'
      : 'the heap uses smaller arenas: for arrays of gigabytes, ulimit -v unlimited';
  return { name, status: 'optional', value, advice, details };
}
