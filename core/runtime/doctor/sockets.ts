import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { zeromq } from '../../transport/zeromq/library.js';
import { ipcFolder } from '../../transport/zeromq/machine.js';
import { openRouter, plain } from '../../transport/zeromq/sockets.js';

/** The sockets of networked workers on one machine: TCP on 127.0.0.1, and the system's own in a temporary folder. */
export type SocketKind = 'tcp' | 'ipc';

/** Which libzmq this installation has, or why it cannot be loaded. */
export function libraryFound(): { version: string; curve: boolean } | { problem: string } {
  try {
    const { version, capability } = zeromq();
    return { version, curve: capability.curve === true };
  } catch (error) {
    return { problem: ((error as Error).cause as Error).message };
  }
}

/** Binds a socket as a host does, and closes it: null, or why it cannot be. */
export async function bindOnce(kind: SocketKind): Promise<string | null> {
  let folder: string | null = null;
  try {
    if (kind === 'ipc') folder = ipcFolder();
    if (kind === 'ipc' && folder === null) return 'the name of the folder for temporary files is too long';
    const router = openRouter(plain, { message: () => {} });
    try {
      await router.bind(folder === null ? 'tcp://127.0.0.1:*' : `ipc://${join(folder, 'data')}`);
      return null;
    } finally {
      router.close();
    }
  } catch (error) {
    return (error as Error).message;
  } finally {
    if (folder !== null) rmSync(folder, { recursive: true, force: true });
  }
}
