import { existsSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';

const BOOT_ID = '/proc/sys/kernel/random/boot_id';

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
