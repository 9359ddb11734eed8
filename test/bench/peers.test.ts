import { describe, expect, it } from 'vitest';
import { type PeerKind, type PeerName, parseResults, runPeer } from '../../bench/peers/run.js';

/** In CI every engine is there; on a user's machine a missing one skips and says why. */
const REQUIRED = process.env.HALOWEAVE_ENGINES === 'required';

const PEERS: [PeerName, PeerKind, string[], string[]][] = [
  ['latency', 'openmpi-tcp', [], ['latency 8 B', 'latency 1 KiB', 'latency 64 KiB', 'bandwidth 1 MiB']],
  ['latency', 'openmpi', [], ['latency 8 B', 'latency 1 KiB', 'latency 64 KiB', 'bandwidth 1 MiB']],
  ['latency', 'mpi4py', [], ['latency 8 B', 'bandwidth 1 MiB']],
  ['collectives', 'openmpi', [], ['barrier', 'allreduce max 8 B']],
  ['collectives', 'mpi4py', [], ['barrier', 'allreduce max 8 B']],
  ['heat', 'openmpi', ['64'], ['heat 64x64']],
  ['heat', 'mpi4py', ['64'], ['heat 64x64']],
  ['spins', 'openmpi', ['32'], ['spins 32x32']],
];

describe('the benchmarks’ peers', () => {
  for (const [name, kind, args, cases] of PEERS)
    it(`${name} under ${kind} prints its cases`, (context) => {
      const got = runPeer(name, kind, 2, args);
      if ('available' in got) {
        if (REQUIRED) throw new Error(`${kind} is required here: ${got.reason}`);
        context.skip(`${kind} cannot run: ${got.reason}`);
        return;
      }
      const byName = new Map(got.map((g) => [g.case, g]));
      for (const one of cases) {
        expect(byName.get(one)?.value, one).toBeGreaterThan(0);
        expect(byName.get(one)?.unit).toMatch(/^(µs|GB\/s|Mcell\/s|Mspin\/s)$/);
      }
    });

  it('gives a reason, not an exception, for a peer that does not exist', () => {
    const got = runPeer('spins', 'mpi4py', 2, []);
    expect(got).toMatchObject({ available: false });
    expect((got as { reason: string }).reason).not.toBe('');
  });

  it('reads result lines among others', () => {
    const text = 'a word from the launcher\n{"case":"barrier","value":0.25,"unit":"µs"}\nanother\n';
    expect(parseResults(text)).toEqual([{ case: 'barrier', value: 0.25, unit: 'µs' }]);
  });
});
