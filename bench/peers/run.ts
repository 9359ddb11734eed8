// Runs a peer program under mpirun and reads its lines.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { buildPeer, sourceFolder } from './build.js';
import { findMpirun, findPython, type Unavailable, unavailable } from './tools.js';

export type PeerName = 'latency' | 'collectives' | 'heat' | 'spins';
/** `openmpi-tcp` is the same program, its ranks speaking TCP over loopback as those of two machines would. */
export type PeerKind = 'openmpi' | 'openmpi-tcp' | 'mpi4py';

/** One line of a peer: a case of its benchmark, in µs, GB/s, Mcell/s or Mspin/s; unit '1' is a check value. */
export interface PeerResult {
  readonly case: string;
  readonly value: number;
  readonly unit: string;
}

/** A peer measures for three seconds at most; forty times that is a hang. */
const LIMIT_SECONDS = 120;
/** What mpirun gets to end its ranks by itself before it is killed. */
const GRACE_SECONDS = 10;

function isResult(value: unknown): value is PeerResult {
  return (
    typeof value === 'object' &&
    value !== null &&
    'case' in value &&
    typeof value.case === 'string' &&
    'value' in value &&
    typeof value.value === 'number' &&
    'unit' in value &&
    typeof value.unit === 'string'
  );
}

/** The results among the lines of `text`; mpirun may print lines of its own between them. */
export function parseResults(text: string): PeerResult[] {
  const lines = text.split('\n').filter((line) => line.startsWith('{'));
  return lines.map((line) => {
    const value: unknown = JSON.parse(line);
    if (!isResult(value)) throw new SyntaxError(`not a result of a peer: ${line}`);
    return value;
  });
}

/** Cores that ranks can have each to itself: two hardware threads of one core count once, as mpirun counts. */
function coreCount(): number {
  const siblings = new Set<string>();
  for (let cpu = 0; cpu < cpus().length; cpu++) {
    const file = `/sys/devices/system/cpu/cpu${cpu}/topology/thread_siblings_list`;
    siblings.add(existsSync(file) ? readFileSync(file, 'utf8').trim() : String(cpu));
  }
  return Math.min(siblings.size, availableParallelism());
}

/**
 * mpirun's options. One core a rank while there are enough; beyond, mpirun refuses to bind and the system
 * places the ranks. Up to the core count `--oversubscribe` changes nothing: ranks still spin, not yield.
 */
function mpirunOptions(ranks: number, kind: PeerKind): string[] {
  const binding = ranks <= coreCount() ? 'core' : 'none';
  const tcp = kind === 'openmpi-tcp' ? ['--mca', 'pml', 'ob1', '--mca', 'btl', 'tcp,self'] : [];
  const limit = ['--timeout', String(LIMIT_SECONDS)];
  return ['--oversubscribe', '--bind-to', binding, ...limit, ...tcp, '-n', String(ranks)];
}

/** Open MPI refuses to run as root unless told twice. */
function environment(): NodeJS.ProcessEnv {
  if (process.getuid?.() !== 0) return process.env;
  return { ...process.env, OMPI_ALLOW_RUN_AS_ROOT: '1', OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1' };
}

/** The program and first arguments of a peer. */
function command(name: PeerName, kind: PeerKind): string[] | Unavailable {
  if (kind !== 'mpi4py') {
    const program = buildPeer(name);
    return program.available ? [program.path] : program;
  }
  const script = join(sourceFolder() ?? '', `${name}.py`);
  if (!existsSync(script)) return unavailable(`there is no ${name}.py`);
  const python = findPython();
  return python.available ? [python.path, '-B', script] : python; // -B: no __pycache__ among the sources
}

/** The first line with a word in it: mpirun frames its messages, and repeats each for every rank. */
function firstSentence(text: string): string {
  return text.split('\n').find((line) => /[a-z]{2}/i.test(line)) ?? 'no message';
}

/** Ends whatever is left of a process group; that nothing is left is the usual case. */
function endGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/**
 * Runs the peer `name` on `ranks` ranks and returns its results, or why there are none: a tool is missing, the
 * program failed, or it took longer than two minutes (then it is ended, with its ranks). Blocks the calling
 * thread, so that nothing of ours runs beside the peer. `args` are grid sizes, for heat and spins.
 */
export function runPeer(
  name: PeerName,
  kind: PeerKind,
  ranks: number,
  args: readonly string[] = [],
): PeerResult[] | Unavailable {
  const program = command(name, kind);
  if ('available' in program) return program;
  const mpirun = findMpirun();
  if (!mpirun.available) return mpirun;

  // Detached: the leader of its own group, which can be ended whole. Ranks are in groups of mpirun's making;
  // they end with it, by its own time limit or because they lose it.
  const options = {
    encoding: 'utf8' as const,
    env: environment(),
    stdio: ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'],
    timeout: (LIMIT_SECONDS + GRACE_SECONDS) * 1000,
    killSignal: 'SIGKILL' as const,
    detached: true,
  };
  const ended = spawnSync(mpirun.path, [...mpirunOptions(ranks, kind), ...program, ...args], options);
  if (ended.pid > 0) endGroup(ended.pid);
  if (ended.error !== undefined) return unavailable(`mpirun: ${ended.error.message}`);
  if (ended.status !== 0) {
    const how = ended.status === null ? `signal ${ended.signal}` : `code ${ended.status}`;
    return unavailable(`${name} on ${ranks} ranks ended with ${how}: ${firstSentence(ended.stderr)}`);
  }
  const results = parseResults(ended.stdout);
  return results.length > 0 ? results : unavailable(`${name} on ${ranks} ranks printed no result`);
}

/** The sentence for a peer that is not there, to print beside our own figures. */
export function describeUnavailable(kind: PeerKind, peer: Unavailable): string {
  return `peer ${kind}: ${peer.reason}`;
}
