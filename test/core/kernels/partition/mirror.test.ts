import { describe, expect, it } from 'vitest';
import type { Arrival } from '../../../../core/comm/channel.js';
import { BlockLayout } from '../../../../core/kernels/partition/blocks.js';
import { grid } from '../../../../core/kernels/partition/grid.js';
import { Mirror, Mirrors, publishedAt } from '../../../../core/kernels/partition/mirror.js';
import { ShareRuns } from '../../../../core/kernels/partition/share-runs.js';
import { DTYPES, type TypedArray } from '../../../../core/memory/dtype.js';
import { Heap, offsetOf } from '../../../../core/memory/heap.js';

const domain = grid({
  shape: [60, 66],
  parts: '3x3',
  halo: 1,
  fields: { a: 'u8', b: 'f64', c: { dtype: 'f32', components: 3, centring: 'vertex' }, d: 'i16' },
});
/** The first phase shares fields of several sizes, the second none. */
const SHARED = [[0, 2, 1, 3], []];
const PART = 4;
/** Parts of the rank that reads: two faces and a corner. */
const READERS = [1, 2, 5];

const layout = new BlockLayout(domain, PART, SHARED);
const runs = SHARED.map(
  (list, phase) => new ShareRuns(domain, layout, phase, list, (part) => READERS.includes(part)),
);

/** A message as it arrives: in memory of its own. */
function arrival(bytes: number, source: number): Arrival {
  const buffer = new ArrayBuffer(64 + bytes);
  return { source, tag: PART, bytes, views: DTYPES.map((d) => new d.create(buffer)), offset: 40 };
}

function filled(
  heap: Heap,
  seed: number,
): { views: readonly TypedArray[]; at: ReturnType<typeof publishedAt> } {
  const address = heap.allocate(layout.bytes);
  const { u8 } = { u8: heap.arenaOf(address).views[3] as Uint8Array };
  for (let k = 0; k < layout.bytes; k++) u8[offsetOf(address) + k] = (k * 37 + seed) % 251;
  return { views: heap.arenaOf(address).views, at: publishedAt(heap, address, layout) };
}

describe('a mirror of a part on another host', () => {
  it('has the pieces that this rank reads where the part has them, in the slot of the step, and counts', () => {
    const theirs = Heap.create({ arenaBytes: 2 ** 20 });
    const mine = Heap.create({ arenaBytes: 2 ** 20 });
    const from = filled(theirs, 5);
    const mirror = new Mirror(mine, layout, PART, 3, runs);
    const words = mirror.arena.words;
    const bytes = mirror.arena.views[3] as Uint8Array;
    bytes.fill(255, mirror.slots[0], mirror.slots[1] + (mirror.slots[1] - mirror.slots[0]));
    for (const step of [1, 3]) {
      const a = arrival(runs[0]!.bytes, 3);
      runs[0]!.gather(from.views, from.at.slots[1], a.views, a.offset, null);
      mirror.take(a);
      expect(words[mirror.counter / 4]).toBe(step);
      // The second phase shares nothing; its message still counts.
      mirror.take(arrival(0, 3));
      expect(words[mirror.counter / 4]).toBe(step + 1);
    }
    let read = 0;
    SHARED[0]!.forEach((f, position) => {
      const size = domain.fields[f]!.dtype.bytes;
      for (const e of layout.fieldEdges[f]!) {
        const piece = layout.slots[0]!.piece(position, e.index);
        const count =
          e.send.hi.reduce((n, hi, k) => n * (hi - e.send.lo[k]!), 1) * domain.fields[f]!.components;
        for (let k = 0; k < count * size; k++) {
          const there = (from.views[3] as Uint8Array)[from.at.slots[1] + piece + k];
          const here = bytes[mirror.slots[1] + piece + k];
          if (READERS.includes(e.neighbour)) {
            expect(here).toBe(there);
            read++;
          } else expect(here).toBe(255);
        }
      }
    });
    expect(read).toBe(runs[0]!.haloBytes);
    expect(bytes.subarray(mirror.slots[0], mirror.slots[1]).every((x) => x === 255)).toBe(true);
    theirs.close();
    mine.close();
  });

  it('refuses what is not its part of it', () => {
    const heap = Heap.create({ arenaBytes: 2 ** 20 });
    const mirrors = new Mirrors();
    const mirror = new Mirror(heap, layout, PART, 3, runs);
    mirrors.add(PART, mirror);
    mirrors.restart(7);
    const { bytes } = runs[0]!;
    // Step 8 is shared by the second of two phases: nothing.
    expect(() => mirrors.take(arrival(bytes, 3))).toThrow(
      `a share of partition 4 for step 8 came from rank 3 with ${bytes} bytes: it is rank 3's and has 0`,
    );
    expect(() => mirrors.take(arrival(0, 2))).toThrow(
      "a share of partition 4 for step 8 came from rank 2 with 0 bytes: it is rank 3's and has 0",
    );
    expect(() => mirrors.take({ ...arrival(0, 3), tag: 8 })).toThrow(
      'rank 3 sent a share of partition 8, which has no neighbour on this rank',
    );
    mirrors.take(arrival(0, 3));
    expect(mirror.arena.words[mirror.counter / 4]).toBe(8);
    heap.close();
  });
});
