import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';

const BOOT_ID = '/proc/sys/kernel/random/boot_id';
/** Paths of sockets of the system's are at most this long; behind a longer temporary folder there is no `ipc://`. */
const MAX_IPC_PATH = 100;

/** A text that hosts on one machine have in common: its name, and on Linux which of its starts it is. */
export function machineName(): string {
  return existsSync(BOOT_ID) ? `${hostname()} ${readFileSync(BOOT_ID, 'utf8').trim()}` : hostname();
}

/**
 * The endpoint to connect to: of an `ipc://` one only if it is on this machine and its path is seen from here, which may not
 * be so in a container; else the first that is not `ipc://`. Null if there is none.
 */
export function chooseEndpoint(
  endpoints: readonly string[],
  sameMachine: boolean,
  tcpOnly: boolean,
): string | null {
  const isIpc = (e: string): boolean => e.startsWith('ipc://');
  if (sameMachine && !tcpOnly) {
    const near = endpoints.find((e) => isIpc(e) && existsSync(e.slice('ipc://'.length)));
    if (near !== undefined) return near;
  }
  return endpoints.find((e) => !isIpc(e)) ?? null;
}

/** A new folder for an `ipc://` socket called 'data', for its maker to remove; null behind a temporary folder with too long a name. */
export function ipcFolder(): string | null {
  const base = tmpdir();
  // The folder is made with mode 0700: others on this machine cannot reach the socket in it.
  return base.length > MAX_IPC_PATH - '/haloweave-XXXXXX/data'.length
    ? null
    : mkdtempSync(join(base, 'haloweave-'));
}
