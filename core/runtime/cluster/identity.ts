import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { haloweaveVersion } from '../version.js';
import { type Identity, PROTOCOL } from './control-messages.js';

/** This process, as it introduces itself to others. */
export function thisProcess(): Identity {
  return {
    version: haloweaveVersion(),
    node: process.versions.node,
    v8: process.versions.v8,
    name: hostname(),
    boot: bootId(),
    pid: process.pid,
    instance: randomBytes(16).toString('hex'),
  };
}

/** Which start of which machine: by the kernel where it says so, else by the machine's name. */
function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return hostname();
  }
}

/** What two processes find of each other's versions. */
export type Comparison = { kind: 'same' } | { kind: 'warn'; text: string } | { kind: 'refuse'; text: string };

/**
 * Compares this side (named `here`) with another (`there`). Other versions of haloweave may lay out memory and messages in
 * another way and are refused. Other engines compute `Math.sin` and its like in another way: the same bits are then not certain.
 */
export function compareVersions(
  here: Pick<Identity, 'version' | 'node' | 'v8' | 'name'>,
  there: Pick<Identity, 'version' | 'node' | 'v8' | 'name'>,
): Comparison {
  if (here.version !== there.version)
    return {
      kind: 'refuse',
      text: `haloweave ${there.version} on ${there.name}, but ${here.version} on ${here.name}: install the same version on both`,
    };
  const differs = major(here.node) !== major(there.node) || engine(here.v8) !== engine(there.v8);
  if (!differs) return { kind: 'same' };
  return {
    kind: 'warn',
    text: `Node ${there.node} (V8 ${there.v8}) on ${there.name}, but Node ${here.node} (V8 ${here.v8}) on ${here.name}: Math.sin and its like may differ in their last bits; use haloweave/math, or the same Node on both`,
  };
}

/** Another version of the protocol, with which no more can be said than this. */
export function foreignProtocol(
  here: Pick<Identity, 'version' | 'name'>,
  there: { protocol: number; version: string; name: string },
): string {
  return `${there.name} speaks version ${there.protocol} of the control protocol (haloweave ${there.version}), but ${here.name} version ${PROTOCOL} (haloweave ${here.version}): install the same version on both`;
}

const major = (version: string): string => version.split('.')[0] ?? '';
/** An engine's first two numbers: later ones are fixes. */
const engine = (version: string): string => version.split('.').slice(0, 2).join('.');
