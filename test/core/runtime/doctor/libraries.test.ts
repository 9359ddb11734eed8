import { describe, expect, it } from 'vitest';
import { blas, findLibrary, libraryFolders, mpi } from '../../../../core/runtime/doctor/libraries.js';
import { fakeSystem } from './fake-system.js';

describe('libraries', () => {
  it('are looked for where a loader looks, its variable first', () => {
    const folders = libraryFolders(
      fakeSystem({
        env: { LD_LIBRARY_PATH: '/mine:/yours' },
        files: { '/etc/ld.so.conf.d/a.conf': '# comment\n/opt/x/lib\ninclude more\n' },
      }),
    );
    expect(folders.slice(0, 4)).toEqual(['/mine', '/yours', '/opt/x/lib', '/usr/lib/x86_64-linux-gnu']);
  });

  it('are found in folders of alternatives', () => {
    const path = '/usr/lib/x86_64-linux-gnu/openblas-pthread/libopenblas.so.0';
    const system = fakeSystem({ files: { [path]: '' } });
    expect(findLibrary(system, /^libopenblas\.so/)).toBe(path);
    expect(blas(system)).toMatchObject({ status: 'fine', details: { path } });
    expect(blas(fakeSystem())).toMatchObject({ status: 'optional', details: { path: null } });
  });

  const LIBRARY = '/usr/lib/libmpi.so.40';
  const LAUNCHER = '/opt/mpi/bin/mpirun';
  const env = { PATH: '/bin:/opt/mpi/bin' };
  const execute = () => ({ status: 0, output: 'mpirun (Some MPI) 9.8\nand more\n' });

  it('MPI is complete with a launcher that answers and a library', () => {
    const found = mpi(fakeSystem({ env, execute, files: { [LIBRARY]: '', [LAUNCHER]: '' } }));
    expect(found).toMatchObject({ status: 'fine', value: `mpirun (Some MPI) 9.8, ${LIBRARY}` });
  });

  it.each([
    ['not found', {}, 'apt install'],
    ['no mpirun on the PATH', { env, files: { [LIBRARY]: '' } }, 'PATH'],
    ['no libmpi', { env, execute, files: { [LAUNCHER]: '' } }, 'LD_LIBRARY_PATH'],
    ['does not answer', { env, files: { [LIBRARY]: '', [LAUNCHER]: '' } }, 'by hand'],
    [
      'does not answer',
      { env, execute: () => ({ status: 1, output: 'no' }), files: { [LAUNCHER]: '' } },
      'by hand',
    ],
  ])('MPI: %s', (value, machine, advice) => {
    const found = mpi(fakeSystem(machine));
    expect(found.status).toBe('optional');
    expect(found.value).toContain(value);
    expect(found.advice).toContain(advice);
  });
});
