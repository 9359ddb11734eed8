// `haloweave bench network`: messages and halos between two hosts on loopback, plain and with CURVE, against a bare zeromq.js pair and Open MPI over TCP.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Cluster } from 'haloweave';
import { programFile } from './interleave.js';
import { describeUnavailable, runPeer } from './peers/run.js';
import { zeromqPair } from './peers/zeromq-pair.js';
import { median, type Report } from './report.js';
import { Workers } from './workers.js';

/** Turns: an odd number, so that the median is a measurement. */
const TURNS = 5;
/** What is aimed at: 8 B within 1.3 times the bare pair and this, in µs. */
const LATENCY_FACTOR = 1.3;
const LATENCY_MORE = 40;
/** And of the bare pair's bandwidth. */
const BANDWIDTH = 0.65;
const BANDWIDTH_CURVE = 0.8;
/** Two cubes of 64³, one a host: every face of each is exchanged every cycle. */
const HALO = { shape: '128x64x64', parts: [2, 1, 1], cycles: 300 };

interface Ours {
  latency: number;
  bandwidth: number;
  large: number;
  /** Milliseconds a cycle. */
  halo: number;
}

export async function network(peers: boolean, report: Report): Promise<void> {
  for (const curve of [false, true]) await links(curve, peers, report);
  if (peers) tcp(report);
}

async function links(curve: boolean, peers: boolean, report: Report): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'haloweave-bench-keys-'));
  const keys = join(folder, 'cluster.keys');
  if (curve) {
    const main = fileURLToPath(new URL('../core/cli/main.js', import.meta.url));
    execFileSync(process.execPath, [main, 'keygen', keys], { stdio: 'ignore' });
  }
  const ours: Ours[] = [];
  const pairs: { latency: number; bandwidth: number }[] = [];
  try {
    await using workers = await Workers.start([1, 1], curve ? ['--keys', keys] : []);
    await using cluster = await Cluster.start({
      hosts: workers.addresses,
      ...(curve ? { keys } : {}),
      onNotice: () => {},
    });
    for (let turn = 0; turn < TURNS; turn++) {
      ours.push(await measure(cluster));
      if (peers) pairs.push(await zeromqPair(curve));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const name = curve ? ', CURVE' : '';
  const of = (k: keyof Ours): number => median(ours.map((o) => o[k]));
  const pair = (k: 'latency' | 'bandwidth'): number => median(pairs.map((p) => p[k]));
  const latency = of('latency');
  report.add({
    bench: 'network',
    case: `latency 8 B${name}`,
    value: latency,
    unit: 'µs',
    ...(peers
      ? {
          peer: 'zeromq pair',
          peerValue: pair('latency'),
          // The bound in the peer's time that the sum of factor and constant makes.
          target: pair('latency') / (LATENCY_FACTOR * pair('latency') + LATENCY_MORE),
        }
      : {}),
  });
  report.add({
    bench: 'network',
    case: `bandwidth 1 MiB heap${name}`,
    value: of('bandwidth'),
    unit: 'GB/s',
    ...(peers
      ? {
          peer: 'zeromq pair',
          peerValue: pair('bandwidth'),
          target: curve ? BANDWIDTH_CURVE : BANDWIDTH,
        }
      : {}),
  });
  report.add({ bench: 'network', case: `latency 64 KiB${name}`, value: of('large'), unit: 'µs' });
  report.add({
    bench: 'network',
    case: `halos of two 64³ cubes${name}`,
    value: of('halo'),
    unit: 'ms/cycle',
  });
}

async function measure(cluster: Cluster): Promise<Ours> {
  const { results } = await cluster.run(programFile('network'), { ranks: 2, output: 2 });
  const figures = results as Record<string, number>;
  const { seconds } = await cluster.run(programFile('exchange'), {
    ranks: 2,
    parts: HALO.parts,
    cycles: HALO.cycles,
    args: { shape: HALO.shape, share: 1 },
    hash: false,
    keep: false,
  });
  return {
    latency: figures['latency 8 B']!,
    large: figures['latency 64 KiB']!,
    bandwidth: figures['bandwidth 1 MiB']!,
    halo: (seconds * 1000) / HALO.cycles,
  };
}

/** Open MPI between two ranks over TCP, for orientation: its ranks spin on a core each. */
function tcp(report: Report): void {
  const got = runPeer('latency', 'openmpi-tcp', 2);
  if ('available' in got) {
    report.note(describeUnavailable('openmpi-tcp', got));
    return;
  }
  for (const { case: name, value, unit } of got)
    report.add({ bench: 'network', case: `Open MPI over TCP: ${name}`, value, unit });
}
