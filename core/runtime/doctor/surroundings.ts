import { formatBytes } from '../../base/format.js';
import type { Finding } from './finding.js';
import type { System } from './system.js';

/** Bundles take megabytes at most; a full disk shows as a failed write sooner or later. */
const LITTLE = 64 * 1024 ** 2;

/** The folder for bundled programs. */
export function temporaryFolder(system: System): Finding {
  const name = 'temporary folder';
  const found = system.temporary();
  if ('problem' in found)
    return {
      name,
      status: 'failed',
      value: found.problem,
      advice: 'programs are bundled there: set TMPDIR to a folder that you may write',
      details: { folder: found.folder, free: null },
    };
  const value = `${found.folder}, ${formatBytes(found.free)} free`;
  const { folder, free } = found;
  if (free < LITTLE)
    return {
      name,
      status: 'failed',
      value,
      advice: 'make room, or set TMPDIR to another folder',
      details: { folder, free },
    };
  return { name, status: 'fine', value, details: { folder, free } };
}

const isLoopback = (address: string): boolean => address === '::1' || address.startsWith('127.');

/** Whether localhost is this machine, and this machine's name has an address. */
export async function names(system: System): Promise<Finding> {
  const name = 'host names';
  const local = await system.addresses('localhost');
  const own = await system.addresses(system.hostname);
  const details = { localhost: local, hostname: system.hostname, addresses: own };
  const threads = 'ranks on threads do not need it; MPI launchers and networked workers do';
  if (!local.some(isLoopback))
    return {
      name,
      status: 'optional',
      value: local.length === 0 ? 'localhost has no address' : `localhost is ${local.join(', ')}`,
      advice: `add "127.0.0.1 localhost" to /etc/hosts: ${threads}`,
      details,
    };
  if (own.length === 0)
    return {
      name,
      status: 'optional',
      value: `localhost is ${local.join(', ')}; ${system.hostname} has no address`,
      advice: `add "127.0.1.1 ${system.hostname}" to /etc/hosts: ${threads}`,
      details,
    };
  return {
    name,
    status: 'fine',
    value: `localhost is ${local.join(', ')}; ${system.hostname} is ${own.join(', ')}`,
    details,
  };
}
