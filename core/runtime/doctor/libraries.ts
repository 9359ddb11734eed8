import { delimiter, join } from 'node:path';
import type { Finding } from './finding.js';
import type { System } from './system.js';

/** Where a dynamic loader usually looks: its variable, its configuration, the standard folders, package managers'. */
export function libraryFolders(system: System): string[] {
  const { env, platform } = system;
  if (platform === 'win32') return (env.PATH ?? '').split(delimiter).filter(Boolean);
  const variable = platform === 'darwin' ? env.DYLD_LIBRARY_PATH : env.LD_LIBRARY_PATH;
  const configured = system
    .list('/etc/ld.so.conf.d')
    .flatMap((file) => (system.read(`/etc/ld.so.conf.d/${file}`) ?? '').split('\n'))
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line.startsWith('/'));
  const machine = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' }[system.arch];
  const standard = ['/usr/local/lib', '/lib', '/usr/lib', '/lib64', '/usr/lib64'];
  const brewed = ['/opt/homebrew/lib', '/opt/homebrew/opt/openblas/lib', '/usr/local/opt/openblas/lib'];
  return [
    ...new Set([
      ...(variable ?? '').split(':').filter(Boolean),
      ...configured,
      ...(machine ? [`/usr/lib/${machine}`, `/lib/${machine}`] : []),
      ...standard,
      ...(platform === 'darwin' ? brewed : []),
    ]),
  ];
}

/** The first file of these folders, or of the folders of alternatives in them, that `pattern` fits. */
export function findLibrary(system: System, pattern: RegExp): string | null {
  for (const folder of libraryFolders(system)) {
    const names = system.list(folder);
    const file = names.find((name) => pattern.test(name));
    if (file !== undefined) return join(folder, file);
    // Debian and Fedora keep variants of a library in folders: openblas-pthread, openmpi/lib, mpich/lib.
    for (const name of names) {
      if (!/^(openblas|blas|openmpi|mpich)/.test(name)) continue;
      for (const inner of [join(folder, name), join(folder, name, 'lib')]) {
        const hit = system.list(inner).find((n) => pattern.test(n));
        if (hit !== undefined) return join(inner, hit);
      }
    }
  }
  return null;
}

/** A BLAS library on this machine: looked for only, not loaded. */
export function blas(system: System): Finding {
  const path = findLibrary(system, /^(lib)?openblas[\w.-]*\.(so(\.\d+)*|dylib|dll)$/);
  if (path) return { name: 'BLAS', status: 'fine', value: `OpenBLAS found: ${path}`, details: { path } };
  return {
    name: 'BLAS',
    status: 'optional',
    value: 'OpenBLAS not found',
    advice:
      'this version does not use it; later: apt install libopenblas0, dnf install openblas, brew install openblas',
    details: { path: null },
  };
}

/** Long enough for a cold start over a network file system; a launcher that waits for a licence or a host does not end. */
const PATIENCE = 5000;

/** An MPI library and its launcher. */
export function mpi(system: System): Finding {
  const path = findLibrary(system, /^(libmpi|libmpich|msmpi)\.(so(\.\d+)*|dylib|dll)$/);
  const folders = (system.env.PATH ?? '').split(delimiter).filter(Boolean);
  const launcher = ['mpirun', 'mpiexec', 'mpiexec.exe']
    .flatMap((name) => folders.filter((f) => system.list(f).includes(name)).map((f) => join(f, name)))
    .at(0);
  const answer = launcher === undefined ? null : system.execute(launcher, ['--version'], PATIENCE);
  const version = answer?.status === 0 ? (answer.output.trim().split('\n')[0] ?? '') : null;
  const details = { launcher: launcher ?? null, version, library: path };
  const use = 'not needed for threads; the benchmarks compare with it (bench/peers/install.sh)';
  const install = 'apt install openmpi-bin libopenmpi-dev, dnf install openmpi, brew install open-mpi';
  if (launcher === undefined && path === null)
    return { name: 'MPI', status: 'optional', value: 'not found', advice: `${use}: ${install}`, details };
  if (launcher === undefined)
    return {
      name: 'MPI',
      status: 'optional',
      value: `${path}, but no mpirun on the PATH`,
      advice: `${use}: add its bin folder to the PATH (module load mpi?)`,
      details,
    };
  if (version === null)
    return {
      name: 'MPI',
      status: 'optional',
      value: `${launcher} does not answer to --version`,
      advice: `run it by hand to see why; ${use}`,
      details,
    };
  if (path === null)
    return {
      name: 'MPI',
      status: 'optional',
      value: `${version}, but no libmpi where the loader looks`,
      advice: `${use}: add its lib folder to LD_LIBRARY_PATH`,
      details,
    };
  return { name: 'MPI', status: 'fine', value: `${version}, ${path}`, details };
}
