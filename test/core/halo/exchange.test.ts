import fc from 'fast-check';
import { type RunOptions, run } from 'haloweave';
import { describe, expect, it } from 'vitest';
import { boxVolume } from '../../../core/decomposition/box.js';
import { HaloPlan, SlotLayout } from '../../../core/halo/exchange.js';
import { fieldLayout } from '../../../core/halo/layout.js';
import { type GridGeometry, haloEdges, partBox } from '../../../core/halo/plan.js';
import { dtypeInfo } from '../../../core/memory/dtype.js';
import { Heap, offsetOf } from '../../../core/memory/heap.js';
import { copyBoxOn } from '../../../core/wasm/box-copy.js';
import type { Rules } from '../../programs/kernel/coordinates.js';
import { kernelProgramFile } from '../../support/kernel-programs.js';

interface Halos {
  shape: number[];
  dims: number[];
  halo: number;
  boundary: Rules;
}

const CYCLES = 3;
const STEP = 2 ** 22;
/** The fields of the program: vertex-centred or not, and components. */
const FIELDS: Record<string, [boolean, number]> = {
  c: [false, 1],
  i: [false, 1],
  still: [false, 1],
  v: [true, 1],
  m: [false, 3],
  w: [true, 2],
};

/** Runs the program that looks at every halo value, and asks that it has looked at all of them. */
async function check({ shape, dims, halo, boundary }: Halos, options: RunOptions): Promise<void> {
  const checked = new SharedArrayBuffer(4);
  const result = await run(kernelProgramFile('coordinates'), {
    cycles: CYCLES,
    parts: dims,
    args: { shape, halo, boundary, checked },
    ...options,
  });
  const periodic = shape.map((_, k) => {
    const entry = Array.isArray(boundary) ? boundary[k] : boundary;
    return entry === 'periodic';
  });
  let halos = 0;
  const base = shape.length === 3 ? 64 : 512;
  for (const [name, [vertex, components]] of Object.entries(FIELDS)) {
    const extent = shape.map((n, k) => (vertex && !periodic[k] ? n + 1 : n));
    // Halo values of all parts: padded minus owned, each a product over axes of a sum over blocks.
    const product = (pad: number): number =>
      extent.reduce((n, cells, k) => n * (cells + 2 * pad * dims[k]), 1);
    halos += (product(halo) - product(0)) * components;
    if (name === 'still') continue;
    const whole = result.gather(name);
    expect(whole.shape).toEqual(components > 1 ? [...extent, components] : extent);
    whole.data.forEach((value: number | bigint, k: number) => {
      let rest = Math.floor(k / components);
      const x = extent.map(() => 0);
      for (let axis = extent.length - 1; axis >= 0; axis--) {
        x[axis] = rest % extent[axis];
        rest = Math.floor(rest / extent[axis]);
      }
      // Vertices on the edge may have a value of their own; the program has looked at those.
      if (vertex && x.some((at, axis) => !periodic[axis] && (at === 0 || at === shape[axis]))) return;
      const code = 4 * x.reduce((n, at) => n * base + at + 1, 0) + (k % components);
      if (value !== code + CYCLES * STEP) expect.fail(`${name} at (${x.join(', ')}) is gathered as ${value}`);
    });
  }
  expect(new Int32Array(checked)[0]).toBe(halos * CYCLES);
}

const mixed: Rules = [{ lower: { dirichlet: 1.5 }, upper: { constant: -4 } }, { dirichlet: -2 }];
const boundaries: [string, Rules][] = [
  ['periodic', 'periodic'],
  ['constant', { constant: 5 }],
  ['Dirichlet', { dirichlet: 0.5 }],
  ['Neumann', { lower: { neumann: 3 }, upper: { neumann: -2 } }],
  ['a function', { lower: { call: 2 }, upper: { call: 3 } }],
  ['mixed', mixed],
  ['periodic along axis 0 only', ['periodic', { lower: { constant: 9 }, upper: { dirichlet: 3 } }]],
  ['periodic along axis 1 only', [{ lower: { call: 1 }, upper: { neumann: 1 } }, 'periodic']],
];
const spaces: [string, Rules][] = [
  ['periodic', 'periodic'],
  ['Dirichlet', { dirichlet: -1.5 }],
  ['mixed', ['periodic', { lower: { neumann: 2 }, upper: { call: 2 } }, { dirichlet: 2.5 }]],
  [
    'mixed the other way',
    [{ call: 1 }, { lower: { dirichlet: 1 }, upper: { constant: 7 } }, { neumann: -1 }],
  ],
];

describe('every halo value, faces, edges and corners, is what lies there', () => {
  describe.each(boundaries)('%s', (_, boundary) => {
    it.each([1, 2, 3])('halo of %i cells', async (halo) => {
      for (const dims of [
        [1, 1],
        [2, 3],
        [4, 1],
      ])
        await check({ shape: [13, 11], dims, halo, boundary }, { transport: 'inline' });
    });
  });

  describe.each(spaces)('in space, %s', (_, boundary) => {
    it.each([1, 2])('halo of %i cells', async (halo) => {
      for (const dims of [
        [1, 1, 1],
        [2, 1, 3],
        [3, 2, 2],
      ])
        await check({ shape: [7, 5, 6], dims, halo, boundary }, { transport: 'inline' });
    });
  });

  it.each<[string, Halos, number]>([
    ['a part that is its own neighbour', { shape: [3, 4], dims: [1, 1], halo: 3, boundary: 'periodic' }, 2],
    ['the same part on both sides', { shape: [5, 3], dims: [2, 1], halo: 2, boundary: 'periodic' }, 2],
    ['more ranks than parts', { shape: [7, 9], dims: [1, 3], halo: 3, boundary: mixed }, 4],
    ['halos as wide as parts', { shape: [9, 12], dims: [3, 4], halo: 3, boundary: boundaries[6][1] }, 3],
    ['a line', { shape: [29], dims: [7], halo: 2, boundary: { dirichlet: 1 } }, 3],
    ['long rows', { shape: [6, 500], dims: [3, 1], halo: 1, boundary: boundaries[7][1] }, 2],
    ['parts of one cell', { shape: [3, 2, 3], dims: [3, 2, 3], halo: 1, boundary: spaces[2][1] }, 3],
    ['a box', { shape: [9, 7, 8], dims: [4, 2, 3], halo: 2, boundary: spaces[3][1] }, 4],
  ])('on ranks: %s', async (_, halos, ranks) => {
    await check(halos, { ranks });
  });

  const value = fc.integer({ min: -8, max: 8 }).map((n) => n / 2);
  const whole = fc.integer({ min: -9, max: 9 });
  const rule = fc.oneof(
    value.map((dirichlet) => ({ dirichlet })),
    // Integer fields would truncate a half.
    whole.map((constant) => ({ constant })),
    whole.map((neumann) => ({ neumann })),
    whole.map((call) => ({ call })),
  );
  const side = fc.oneof(fc.constant('periodic' as const), rule, fc.record({ lower: rule, upper: rule }));
  const halos: fc.Arbitrary<Halos> = fc
    .record({ axes: fc.integer({ min: 1, max: 3 }), halo: fc.integer({ min: 0, max: 3 }) })
    .chain(({ axes, halo }) =>
      fc
        .array(
          fc
            .integer({ min: 1, max: [4, 4, 2][axes - 1] })
            .chain((p) =>
              fc.tuple(
                fc.constant(p),
                fc.integer({ min: p * Math.max(1, halo), max: p * Math.max(1, halo) + [9, 9, 3][axes - 1] }),
                side,
              ),
            ),
          { minLength: axes, maxLength: axes },
        )
        .map((list) => ({
          shape: list.map(([, n]) => n),
          dims: list.map(([p]) => p),
          halo,
          boundary: list.map(([, , s]) => s),
        })),
    );

  it('on any shape, cut, width and boundary', async () => {
    await fc.assert(
      fc.asyncProperty(halos, (h) => check(h, { transport: 'inline' })),
      { numRuns: 60 },
    );
  });

  it('the same on ranks', async () => {
    await fc.assert(
      fc.asyncProperty(halos, fc.integer({ min: 2, max: 3 }), (h, ranks) => check(h, { ranks })),
      { numRuns: 6 },
    );
  });
});

describe('SlotLayout and HaloPlan', () => {
  const g: GridGeometry = { shape: [400, 500], dims: [2, 2], halo: 2, periodic: [true, false] };
  const edges = haloEdges(g, 1);

  it('lays the pieces of all fields one after the other without overlap, fields on 8 bytes', () => {
    const shared = (
      [
        ['u8', 1],
        ['f64', 3],
        ['i16', 2],
      ] as const
    ).map(([name, components]) => ({
      dtype: dtypeInfo(name),
      components,
      edges,
    }));
    const slot = new SlotLayout(shared);
    const elements = edges.reduce(
      (n, e) => n + (e.send.hi[0] - e.send.lo[0]) * (e.send.hi[1] - e.send.lo[1]),
      0,
    );
    let end = 0;
    shared.forEach(({ dtype, components }, position) => {
      expect(slot.start(position) % 8).toBe(0);
      expect(slot.start(position)).toBeGreaterThanOrEqual(end);
      expect(slot.start(position)).toBeLessThan(end + 8);
      expect(slot.piece(position, edges[0].index)).toBe(slot.start(position));
      end = slot.start(position) + elements * components * dtype.bytes;
      const { index } = edges.at(-1)!;
      const last = boxVolume(edges.at(-1)!.send) * components * dtype.bytes;
      expect(slot.piece(position, index)).toBe(end - last);
    });
    expect(slot.bytes).toBe(Math.ceil(end / 8) * 8);
  });

  it('takes no room for a share of nothing', () => {
    expect(new SlotLayout([]).bytes).toBe(0);
    expect(new SlotLayout([{ dtype: dtypeInfo('f32'), components: 1, edges: [] }]).bytes).toBe(0);
  });

  it.each([
    [[2, 2], false],
    [[2, 2], true],
    [[50, 1], true],
    [[1, 100], true],
    [[5, 4], true],
  ] as [number[], boolean][])(
    'packs and unpacks the same cells, parts %j, boxes in WebAssembly: %s',
    (dims, boxes) => {
      const heap = Heap.create({ arenaBytes: 16 << 20 });
      try {
        const cut: GridGeometry = { ...g, dims };
        const box = partBox(cut, 0);
        const layout = fieldLayout(
          box.hi.map((h, k) => h - box.lo[k]),
          cut.halo,
        );
        const list = haloEdges(cut, 0);
        const plan = new HaloPlan(layout, list, 8);
        const address = heap.allocate(8 * (layout.length + plan.total));
        const arena = heap.arenaOf(address);
        // The plan's memory is the whole arena, and the field lies somewhere in it.
        const all = arena.views[0] as Float64Array;
        const base = offsetOf(address) / 8;
        const copyBox = boxes ? copyBoxOn(arena.buffer) : null;
        const memory = all.subarray(base, base + layout.length + plan.total);
        for (let k = 0; k < memory.length; k++) memory[k] = k;
        plan.pack(all, base, base + layout.length, copyBox);
        const packed = memory.slice(layout.length);
        let at = 0;
        list.forEach((e, k) => {
          for (let i = e.send.lo[0]; i < e.send.hi[0]; i++)
            for (let j = e.send.lo[1]; j < e.send.hi[1]; j++)
              expect(packed[at++]).toBe(layout.origin + i * layout.strides[0] + j);
          // Out of another memory and out of the same one.
          for (const from of [packed, all]) {
            const start = at - plan.counts[k] + (from === all ? base + layout.length : 0);
            memory.fill(-1, 0, layout.length);
            plan.unpack(k, from, start, all, base, copyBox);
            let next = at - plan.counts[k];
            for (let i = e.receive.lo[0]; i < e.receive.hi[0]; i++)
              for (let j = e.receive.lo[1]; j < e.receive.hi[1]; j++) {
                const flat = layout.origin + i * layout.strides[0] + j;
                if (memory[flat] !== packed[next++]) expect.fail(`cell (${i}, ${j}) of edge ${k}`);
                memory[flat] = -1;
              }
            expect(memory.subarray(0, layout.length).every((x) => x === -1)).toBe(true);
          }
        });
        expect(at).toBe(plan.total);
      } finally {
        heap.close();
      }
    },
  );
});
