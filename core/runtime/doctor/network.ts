import type { Finding } from './finding.js';
import type { System } from './system.js';

const THREADS = 'ranks on threads do not need it, networked workers do';

/** What networked workers need: the library, its sockets, and addresses for other machines to connect to. */
export async function network(system: System): Promise<Finding[]> {
  const found = library(system);
  // Without the library no socket can be tried.
  return found.details?.version == null
    ? [found, addresses(system)]
    : [found, await sockets(system), addresses(system)];
}

/** The ZeroMQ package's compiled part, and whether it can encrypt. */
function library(system: System): Finding {
  const name = 'ZeroMQ';
  const found = system.zeromq();
  if ('problem' in found)
    return {
      name,
      status: 'optional',
      value: `cannot be loaded: ${found.problem}`,
      advice: `npm install zeromq again on this machine: ${THREADS}`,
      details: { version: null, curve: false },
    };
  const { version, curve } = found;
  if (!curve)
    return {
      name,
      status: 'optional',
      value: `libzmq ${version} without CURVE`,
      advice:
        'keys cannot be used, so workers run on this machine alone: npm install zeromq again without options of its own',
      details: found,
    };
  return { name, status: 'fine', value: `libzmq ${version} with CURVE`, details: found };
}

/** Whether hosts on this machine can reach each other. */
async function sockets(system: System): Promise<Finding> {
  const name = 'sockets';
  const [tcp, ipc] = [await system.bind('tcp'), await system.bind('ipc')];
  const details = { tcp: tcp === null, ipc: ipc === null };
  if (tcp !== null)
    return {
      name,
      status: 'optional',
      value: `127.0.0.1 cannot be bound: ${tcp}`,
      advice: `bring the loopback interface up, or let this sandbox use it: ${THREADS}`,
      details,
    };
  if (ipc !== null)
    return {
      name,
      status: 'optional',
      value: `127.0.0.1 can be bound, ipc:// cannot: ${ipc}`,
      advice:
        'hosts on this machine talk faster over ipc://: set TMPDIR to a folder with a short name, on a local disk',
      details,
    };
  return { name, status: 'fine', value: '127.0.0.1 and ipc:// can be bound', details };
}

/** Addresses of this machine that mean nothing, or something else, on another one. */
const isLinkLocal = (address: string): boolean => /^(fe[89ab]|169\.254\.)/i.test(address);

/** What other machines can connect to: `worker --listen` here, or `run --listen`. */
function addresses(system: System): Finding {
  const name = 'addresses';
  const usable = system.interfaces().filter((i) => !i.internal && !isLinkLocal(i.address));
  const details = { addresses: usable.map((i) => i.address) };
  if (usable.length === 0)
    return {
      name,
      status: 'optional',
      value: 'none but loopback',
      advice: 'workers on this machine need no other; for other machines, connect it to a network',
      details,
    };
  return {
    name,
    status: 'fine',
    value: usable.map((i) => `${i.address} (${i.name})`).join(', '),
    details,
  };
}
