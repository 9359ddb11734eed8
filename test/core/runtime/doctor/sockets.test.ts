import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { bindOnce, libraryFound } from '../../../../core/runtime/doctor/sockets.js';
import { ScratchFolder } from '../../../support/paths.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('sockets of this machine', () => {
  it('the library that is installed has CURVE', () => {
    expect(libraryFound()).toMatchObject({ version: expect.stringMatching(/^4\.\d+\.\d+$/), curve: true });
  });

  it('both kinds can be bound, and nothing of them is left', async () => {
    using folder = new ScratchFolder();
    vi.stubEnv('TMPDIR', folder.path);
    expect(await bindOnce('tcp')).toBeNull();
    expect(await bindOnce('ipc')).toBeNull();
    expect(readdirSync(folder.path)).toEqual([]);
  });

  it('a folder that is not there, and one with too long a name', async () => {
    using folder = new ScratchFolder();
    vi.stubEnv('TMPDIR', join(folder.path, 'gone'));
    expect(await bindOnce('ipc')).toMatch(/ENOENT/);
    const long = join(folder.path, 'x'.repeat(120));
    mkdirSync(long);
    vi.stubEnv('TMPDIR', long);
    expect(await bindOnce('ipc')).toContain('too long');
  });
});
