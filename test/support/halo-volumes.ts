import { RandomStream } from '../../core/base/random.js';
import { boxVolume } from '../../core/decomposition/box.js';
import { type GridGeometry, haloEdges } from '../../core/halo/plan.js';

/** Halo bytes of one exchange of an f64 field: of all parts, between ranks, and between hosts. */
export function haloVolumes(
  geometry: GridGeometry,
  owner: ArrayLike<number>,
  hostOf: ArrayLike<number>,
): { all: number; ranks: number; hosts: number } {
  const parts = geometry.dims.reduce((a, b) => a * b, 1);
  const bytes = { all: 0, ranks: 0, hosts: 0 };
  for (let p = 0; p < parts; p++)
    for (const e of haloEdges(geometry, p)) {
      const volume = 8 * boxVolume(e.receive);
      const [mine, theirs] = [owner[p]!, owner[e.neighbour]!];
      bytes.all += volume;
      if (mine !== theirs) bytes.ranks += volume;
      if (hostOf[mine] !== hostOf[theirs]) bytes.hosts += volume;
    }
  return bytes;
}

/** As many parts for each rank, dealt out at random. */
export function dealtAtRandom(parts: number, ranks: number, seed: number): Int32Array {
  const random = new RandomStream(seed);
  const owner = Int32Array.from({ length: parts }, (_, k) => k % ranks);
  for (let k = parts - 1; k > 0; k--) {
    const j = Math.floor(random.uniform(k, 0) * (k + 1));
    [owner[k], owner[j]] = [owner[j]!, owner[k]!];
  }
  return owner;
}
