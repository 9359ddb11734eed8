import { spawnSync } from 'node:child_process';
import { lookup } from 'node:dns/promises';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, freemem, hostname, networkInterfaces, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { sharedMemory } from '../../memory/shared-memory.js';
import { bindOnce, libraryFound, type SocketKind } from './sockets.js';

/** What probes ask of the machine: a test gives its own answers. */
export interface System {
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  readonly env: NodeJS.ProcessEnv;
  /** Without the leading v. */
  readonly nodeVersion: string;
  /** Options of node, from its command line and from NODE_OPTIONS. */
  readonly nodeFlags: readonly string[];
  readonly hostname: string;
  /** Processors that this process may use, and the model of each that the machine has. */
  processors(): { usable: number; models: readonly string[] };
  memory(): { total: number; free: number };
  /** A small text file, or null if it cannot be read. */
  read(path: string): string | null;
  /** The names in a folder; none if it cannot be read. */
  list(path: string): readonly string[];
  /** Runs a command to its end; null if it cannot be started or does not end in `timeout` ms. */
  execute(
    command: string,
    words: readonly string[],
    timeout: number,
  ): { status: number; output: string } | null;
  /** Addresses of a host name; none if it has none. */
  addresses(name: string): Promise<readonly string[]>;
  /** Writes and removes a file in the folder for temporary files: the bytes that are free there, or why it failed. */
  temporary(): { folder: string; free: number } | { folder: string; problem: string };
  /** Whether shared WebAssembly memory of that many 64 KiB pages can be had. */
  reserve(pages: number): boolean;
  /** Which libzmq the ZeroMQ package brings, and whether it has CURVE; or why it cannot be loaded. */
  zeromq(): { version: string; curve: boolean } | { problem: string };
  /** Binds a socket that only this machine can reach, and closes it: null, or why it cannot be. */
  bind(kind: SocketKind): Promise<string | null>;
  /** The network interfaces, once for each of their addresses. */
  interfaces(): readonly { name: string; address: string; internal: boolean }[];
}

/** The machine that this process runs on. */
export function thisSystem(): System {
  return {
    platform: process.platform,
    arch: process.arch,
    env: process.env,
    nodeVersion: process.versions.node,
    nodeFlags: [...process.execArgv, ...(process.env.NODE_OPTIONS ?? '').split(/\s+/).filter(Boolean)],
    hostname: hostname(),
    processors: () => ({ usable: availableParallelism(), models: cpus().map((c) => c.model.trim()) }),
    memory: () => ({ total: totalmem(), free: freemem() }),
    read: (path) => {
      try {
        return readFileSync(path, 'utf8');
      } catch {
        return null; // absent on this platform, or not for this user: the probe has another source or says so
      }
    },
    list: (path) => {
      try {
        return readdirSync(path);
      } catch {
        return [];
      }
    },
    execute: (command, words, timeout) => {
      const ended = spawnSync(command, words, { encoding: 'utf8', timeout, killSignal: 'SIGKILL' });
      return ended.error || ended.status === null
        ? null
        : { status: ended.status, output: ended.stdout + ended.stderr };
    },
    addresses: async (name) => {
      try {
        return (await lookup(name, { all: true })).map((a) => a.address);
      } catch {
        return [];
      }
    },
    temporary: () => {
      const folder = tmpdir();
      try {
        const own = mkdtempSync(join(folder, 'haloweave-doctor-'));
        try {
          writeFileSync(join(own, 'probe'), 'probe');
        } finally {
          rmSync(own, { recursive: true, force: true });
        }
        const { bavail, bsize } = statfsSync(folder);
        return { folder, free: bavail * bsize };
      } catch (error) {
        return { folder, problem: (error as Error).message };
      }
    },
    reserve: (pages) => {
      try {
        sharedMemory(pages);
        return true;
      } catch {
        return false;
      }
    },
    zeromq: libraryFound,
    bind: bindOnce,
    interfaces: () =>
      Object.entries(networkInterfaces()).flatMap(([name, list]) =>
        (list ?? []).map(({ address, internal }) => ({ name, address, internal })),
      ),
  };
}
