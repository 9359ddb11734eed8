import type { System } from '../../../../core/runtime/doctor/system.js';

export interface Machine extends Partial<System> {
  /** Text files by path; the folders above them list them. */
  files?: Record<string, string>;
}

/** A healthy machine of 4 cores and 8 GiB on a network, without any library, with what a test changes. */
export function fakeSystem({ files = {}, ...changes }: Machine = {}): System {
  return {
    platform: 'linux',
    arch: 'x64',
    env: {},
    nodeVersion: '20.19.0',
    nodeFlags: [],
    hostname: 'here',
    processors: () => ({ usable: 4, models: ['A', 'A', 'A', 'A'] }),
    memory: () => ({ total: 8 * 1024 ** 3, free: 4 * 1024 ** 3 }),
    read: (path) => files[path] ?? null,
    list: (path) => {
      const names = Object.keys(files)
        .filter((f) => f.startsWith(`${path}/`))
        .map((f) => f.slice(path.length + 1).split('/')[0]!);
      return [...new Set(names)];
    },
    execute: () => null,
    addresses: async (name) => (name === 'localhost' ? ['127.0.0.1'] : ['10.0.0.7']),
    temporary: () => ({ folder: '/tmp', free: 1024 ** 3 }),
    reserve: () => true,
    zeromq: () => ({ version: '4.3.5', curve: true }),
    bind: async () => null,
    interfaces: () => [
      { name: 'lo', address: '127.0.0.1', internal: true },
      { name: 'eth0', address: '10.0.0.7', internal: false },
    ],
    ...changes,
  };
}
