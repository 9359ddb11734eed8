/** Grids and graphs of ranks, and what neighbours exchange. */
import { type CartesianCommunicator, type Communicator, sum, type TypedArray } from 'haloweave';
import { assert, type Case, constant, EAGER, same, says, thrown } from './tools.js';

const range = (n: number): number[] => Array.from({ length: n }, (_, r) => r);

/** All grids of up to three axes with `n` places. */
function grids(n: number): number[][] {
  const all: number[][] = [];
  for (let a = 1; a <= n; a++) {
    if (a === n) all.push([a]);
    for (let b = 1; a * b <= n; b++) {
      if (a * b === n) all.push([a, b]);
      for (let c = 1; a * b * c <= n; c++) if (a * b * c === n) all.push([a, b, c]);
    }
  }
  return all;
}

const periodsOf = (bits: number, d: number): boolean[] => range(d).map((k) => ((bits >> k) & 1) === 1);

/** Coordinates of every place in C order, by counting up. */
function places(dims: readonly number[]): number[][] {
  return dims.reduce<number[][]>((done, n) => done.flatMap((at) => range(n).map((c) => [...at, c])), [[]]);
}

/** The place at `coords` with one coordinate moved, found by looking through all; −1 beyond an open end. */
function moved(
  dims: readonly number[],
  periods: readonly boolean[],
  rank: number,
  axis: number,
  by: number,
): number {
  const all = places(dims);
  const at = [...all[rank]!];
  at[axis]! += by;
  if (periods[axis]) while (at[axis]! < 0) at[axis]! += dims[axis]!;
  if (periods[axis]) while (at[axis]! >= dims[axis]!) at[axis]! -= dims[axis]!;
  return all.findIndex((p) => p.join() === at.join());
}

/** For each of the 2d edges of a place: who is there, −1 at an open end. */
const edgesOf = (dims: readonly number[], periods: readonly boolean[], rank: number): number[] =>
  dims.flatMap((_, axis) => [-1, 1].map((by) => moved(dims, periods, rank, axis, by)));

function everyGrid(comm: Communicator, least: number, body: (grid: CartesianCommunicator) => void): void {
  for (let n = least; n <= comm.size; n += Math.max(1, comm.size - least))
    for (const dims of grids(n))
      for (let bits = 0; bits < 2 ** dims.length; bits++) {
        const grid = comm.cartesian(dims, periodsOf(bits, dims.length));
        assert.equal(grid === null, comm.rank >= n);
        if (!grid) continue;
        body(grid);
        grid.free();
      }
}

export const topologyCases: Case[] = [
  {
    name: 'grids of one to three axes number their ranks in C order, and shift to open and periodic ends',
    body(comm) {
      everyGrid(comm, 1, (grid) => {
        const { dims, periods } = grid;
        const all = places(dims);
        assert.equal(grid.size, all.length);
        assert.equal(grid.rank, comm.rank);
        assert.deepEqual(grid.coords(), all[grid.rank]);
        for (const [r, at] of all.entries()) {
          assert.deepEqual(grid.coords(r), at);
          assert.equal(grid.rankAt(at), r);
        }
        for (let axis = 0; axis < dims.length; axis++) {
          for (const by of [-3, -1, 0, 1, 2, dims[axis]!]) {
            const rank = (x: number): number | null => (x < 0 ? null : x);
            assert.deepEqual(grid.shift(axis, by), {
              source: rank(moved(dims, periods, grid.rank, axis, -by)),
              dest: rank(moved(dims, periods, grid.rank, axis, by)),
            });
          }
          const beyond = grid.coords();
          beyond[axis]! += 2 * dims[axis]!;
          if (periods[axis]) assert.equal(grid.rankAt(beyond), grid.rank);
          else
            says(
              thrown(() => grid.rankAt(beyond)),
              'argument',
              `axis ${axis} is outside 0..${dims[axis]! - 1}`,
              'not periodic',
            );
        }
      });
    },
  },
  {
    name: 'dims of 0 are filled in; ranks beyond the grid get null',
    body(comm) {
      const grid = comm.cartesian([0, 0, 0])!;
      const filled = { 1: [1, 1, 1], 2: [2, 1, 1], 3: [3, 1, 1], 4: [2, 2, 1], 7: [7, 1, 1] }[comm.size];
      assert.deepEqual(grid.dims, filled);
      assert.deepEqual(grid.periods, [false, false, false]);
      grid.free();
      const row = comm.cartesian([1, 0], { periods: [true, true] })!;
      assert.deepEqual(row.dims, [1, comm.size]);
      row.free();
      const few = comm.cartesian([Math.max(1, comm.size - 1)]);
      assert.equal(few === null, comm.size > 1 && comm.rank === comm.size - 1);
      few?.free();
    },
  },
  {
    name: 'every kind of piece goes over the right edge of a grid, the same peer on both sides and oneself too',
    body(comm) {
      everyGrid(comm, Math.max(1, comm.size - 1), (grid) => {
        const peers = edgesOf(grid.dims, grid.periods, grid.rank);
        assert.deepEqual(
          grid.neighbours,
          peers.map((p) => (p < 0 ? null : p)),
        );
        assert.deepEqual(
          grid.neighbourAllgather(`from ${grid.rank}`),
          peers.map((p) => (p < 0 ? undefined : `from ${p}`)),
        );
        // What I send over edge k carries (I, k); over my edge k comes what the peer sent over its opposite edge.
        const got = grid.neighbourAlltoall(peers.map((_, k) => [grid.rank, k]));
        assert.deepEqual(
          got,
          peers.map((p, k) => (p < 0 ? undefined : [p, k % 2 === 0 ? k + 1 : k - 1])),
        );
        assert.ok(grid.neighbourAllgather(-0).every((x) => x === undefined || Object.is(x, -0)));
      });
    },
  },
  {
    name: 'pieces of every size go over the edges of a grid, in messages, blocks and by reference',
    body(comm) {
      const opposite = (k: number): number => (k % 2 === 0 ? k + 1 : k - 1);
      for (const periods of [
        [true, true],
        [false, true],
      ]) {
        const grid = comm.cartesian([0, 0], periods)!;
        const peers = edgesOf(grid.dims, grid.periods, grid.rank);
        for (const n of [0, 1, 13, 3000, 20_000]) {
          const piece = (r: number, k: number): TypedArray => constant('i32', n + k, 10 * r + k);
          const got = grid.neighbourAlltoall<TypedArray>(peers.map((_, k) => piece(grid.rank, k)));
          for (const [k, p] of peers.entries())
            if (p < 0) assert.equal(got[k], undefined);
            else same(got[k], piece(p, opposite(k)), `${n} over edge ${k}`);
          // Counts that differ from edge to edge, nothing at open ends.
          const counts = (r: number): number[] =>
            edgesOf(grid.dims, grid.periods, r).map((p, k) => (p < 0 ? 0 : (n * (r + k + 1)) % (n + 5)));
          const send = new Float64Array(counts(grid.rank).reduce((a, b) => a + b, 0));
          let at = 0;
          for (const [k, c] of counts(grid.rank).entries())
            for (let i = 0; i < c; i++) send[at++] = grid.rank * 1e7 + k * 1e6 + i;
          const coming = peers.map((p, k) => (p < 0 ? 0 : counts(p)[opposite(k)]!));
          const want = peers.flatMap((p, k) => range(coming[k]!).map((i) => p * 1e7 + opposite(k) * 1e6 + i));
          const receive = new Float64Array(want.length).fill(-1);
          assert.equal(grid.neighbourAlltoallv(send, counts(grid.rank), receive, coming), receive);
          same(receive, Float64Array.from(want), `${n} counted`);
        }
        grid.free();
      }
    },
  },
  {
    name: 'neighbourhood calls that were started overlap with others and with messages, and keep their order',
    body: async (comm) => {
      const grid = comm.cartesian([0], [true])!;
      const low = (grid.rank + grid.size - 1) % grid.size;
      const high = (grid.rank + 1) % grid.size;
      for (let round = 0; round < 30; round++) {
        const n = [1, 100, EAGER / 2][round % 3]!;
        const mine = (c: number): TypedArray => constant('f64', n + c, grid.rank + c);
        const one = grid.ineighbourAlltoall<TypedArray>([mine(0), mine(1)]);
        const two = grid.ineighbourAllgather<TypedArray>(mine(2));
        grid.send(round, high, 0x4000_0000);
        assert.deepEqual(grid.neighbourAllgather([round, grid.rank]), [
          [round, low],
          [round, high],
        ]);
        assert.equal(grid.allreduce(1, sum), grid.size);
        assert.equal(grid.recv(low, 0x4000_0000), round);
        const [b, a] = round % 2 === 0 ? [two.wait(), one.wait()] : [await two, await one];
        same(a[0], constant('f64', n + 1, low + 1), 'one, from below');
        same(a[1], constant('f64', n, high), 'one, from above');
        same(b[0], constant('f64', n + 2, low + 2), 'two, from below');
        same(b[1], constant('f64', n + 2, high + 2), 'two, from above');
      }
      grid.free();
    },
  },
  {
    name: 'sub gives the slices of a grid',
    body(comm) {
      for (const dims of grids(comm.size)) {
        const periods = dims.map((_, k) => k % 2 === 0);
        const grid = comm.cartesian(dims, periods)!;
        for (let bits = 0; bits < 2 ** dims.length; bits++) {
          const keep = periodsOf(bits, dims.length);
          const slice = grid.sub(keep);
          const kept = <T>(list: readonly T[]): T[] => list.filter((_, k) => keep[k]);
          assert.deepEqual(slice.dims, kept(dims));
          assert.deepEqual(slice.periods, kept(periods));
          assert.deepEqual(slice.coords(), kept(grid.coords()));
          const fellows = places(dims)
            .map((at, r) => ({ at, r }))
            .filter(({ at }) => at.every((c, k) => keep[k] || c === grid.coords()[k]));
          assert.deepEqual(
            slice.allgather(grid.rank),
            fellows.map(({ r }) => r),
          );
          assert.equal(slice.neighbourAllgather(1).length, 2 * slice.dims.length);
          slice.free();
        }
        grid.free();
      }
    },
  },
  {
    name: 'a grid is a communicator: it is split, dupped, probed and given to what takes one',
    body(comm) {
      const grid = comm.cartesian([0], [true])!;
      const use = (c: Communicator): number => c.allreduce(c.rank, sum);
      assert.equal(use(grid), (comm.size * (comm.size - 1)) / 2);
      const odd = grid.split(grid.rank % 2)!;
      const twin = grid.dup();
      const inner = twin.cartesian([1]);
      assert.equal(inner === null, comm.rank > 0);
      assert.deepEqual(inner?.neighbourAllgather(8), inner ? [undefined, undefined] : undefined);
      assert.equal(use(odd), (odd.size * (odd.size - 1)) / 2);
      for (const c of [odd, twin, inner, grid]) c?.free();
    },
  },
  {
    name: 'pieces go over the edges of a graph in the order of its lists',
    body(comm) {
      const { rank, size } = comm;
      const graphs: [string, (r: number) => number[]][] = [
        ['no edges', () => []],
        ['a star', (r) => (r === 0 ? range(size).slice(1).reverse() : [0])],
        ['all with all, oneself too', (r) => range(size).map((k) => (k + r) % size)],
        ['a path', (r) => [r + 1, r - 1].filter((p) => p >= 0 && p < size)],
        ['a triple loop', (r) => [r, r, r]],
      ];
      for (const [name, list] of graphs) {
        const graph = comm.graph(list(rank));
        assert.deepEqual(graph.neighbours, list(rank), name);
        assert.deepEqual(
          graph.neighbourAllgather(rank * 10),
          list(rank).map((p) => p * 10),
          name,
        );
        const got = graph.neighbourAlltoall(list(rank).map((p, k) => `${rank} to ${p} over ${k}`));
        const want = list(rank).map((p, k) => {
          const before = list(rank)
            .slice(0, k)
            .filter((q) => q === p).length;
          const there = [...list(p).keys()].filter((j) => list(p)[j] === rank)[before];
          return `${p} to ${rank} over ${there}`;
        });
        assert.deepEqual(got, want, name);
        const started = graph.ineighbourAlltoall(list(rank).map((p) => p - rank));
        assert.deepEqual(
          started.wait(),
          list(rank).map((p) => rank - p),
          name,
        );
        graph.free();
      }
    },
  },
  {
    name: 'several edges between two ranks of a graph are told apart by their order',
    least: 2,
    body(comm) {
      const { rank } = comm;
      const list = rank === 0 ? [1, 0, 1, 1] : rank === 1 ? [0, 0, 1, 1, 0] : [];
      const graph = comm.graph(list);
      const got = graph.neighbourAlltoall(list.map((_, k) => `${rank}.${k}`));
      if (rank === 0) assert.deepEqual(got, ['1.0', '0.1', '1.1', '1.4']);
      if (rank === 1) assert.deepEqual(got, ['0.0', '0.2', '1.2', '1.3', '0.3']);
      const large = graph.neighbourAlltoall<TypedArray>(
        list.map((p, k) => constant('f32', EAGER + k + p, k)),
      );
      if (rank === 0) same(large[3], constant('f32', EAGER + 4, 4), 'the third edge');
      graph.free();
    },
  },
  {
    name: 'grids and graphs that cannot be are errors on every rank',
    body(comm) {
      const { rank, size } = comm;
      const none = (call: () => unknown, ...parts: (string | number)[]): void =>
        says(thrown(call), 'argument', ...parts);
      none(() => comm.cartesian([size + 1]), `a grid of ${size + 1} needs ${size + 1} ranks`, `has ${size}`);
      none(() => comm.cartesian([0, size + 1]), `${size + 1} does not divide ${size}`);
      none(() => comm.cartesian([]), 'dims is empty');
      none(() => comm.cartesian([-1]), 'dims[0] is -1');
      none(() => comm.cartesian([1, 1], [true]), '1 periods for a grid of 2 axes');
      none(() => comm.graph([size]), `names ${size} as its neighbour; ranks are 0 to ${size - 1}`);
      none(() => comm.graph(rank === 0 ? [0.5] : []), 'graph: rank 0 names 0.5');
      const grid = comm.cartesian([size], [false])!;
      none(() => grid.shift(1, 1), 'axis 1 by 1 in a grid of 1 axes');
      none(() => grid.rankAt([0, 0]), '[0, 0] for a grid of 1 axes');
      none(() => grid.rankAt([0.5]), 'one whole number per axis');
      none(() => grid.coords(size), `rank ${size} does not exist`);
      none(() => grid.sub([]), '0 flags for a grid of 1 axes');
      none(() => grid.neighbourAlltoall([1]), '1 values for 2 edges');
      const empty = new Float64Array(0);
      none(() => grid.neighbourAlltoallv(empty, [0], empty, [0, 0]), '1 send counts for 2 edges');
      none(
        () => grid.neighbourAlltoallv(empty, [0, 0], new Float64Array(2), [0, 0]),
        'add up to 0',
        '2 elements',
      );
      if (rank === 0)
        none(
          () => grid.neighbourAlltoallv(new Float64Array(1), [1, 0], empty, [0, 0]),
          'send count 1 for edge 0: use 0, there is no neighbour',
        );
      if (size > 1) none(() => grid.neighbourAllgather(() => 1), 'function cannot be sent');
      assert.equal(grid.allreduce(1, sum), size);
      grid.free();
    },
  },
  {
    name: 'ranks that disagree about a grid, a graph or a count are told who',
    least: 2,
    body(comm) {
      const { rank, size } = comm;
      const first = rank === 0;
      says(
        thrown(() => comm.cartesian(first ? [1, size] : [size, 1], [false, true])),
        'program',
        `1x${size}, periodic axes 1`,
        `${size}x1, periodic axes 1`,
        'all ranks must pass the same',
      );
      says(
        thrown(() => comm.graph(first ? [1] : [])),
        'program',
        'rank 0 names rank 1 as its neighbour once, but rank 1 names rank 0 never',
        'must name each other',
      );
      says(
        thrown(() => comm.graph(first ? [1, 1] : rank === 1 ? [0] : [])),
        'program',
        'rank 0 names rank 1 as its neighbour 2 times, but rank 1 names rank 0 once',
      );
      const line = comm.cartesian([2], [false]);
      if (!line) return;
      const one = new Float64Array(1);
      const two = new Float64Array(2);
      const counts = (n: number): number[] => (first ? [0, n] : [n, 0]);
      says(
        thrown(() => line.neighbourAlltoallv(one, counts(1), two, counts(2))),
        'program',
        `rank ${1 - rank} sends 1 elements over edge ${1 - rank} of rank ${rank}, which expects 2`,
      );
      says(
        thrown(() => line.neighbourAlltoallv(two, counts(2), one, counts(1))),
        'truncated',
        `rank ${1 - rank} sent 2 elements of f64`,
        'room for 1',
      );
      assert.equal(line.allreduce(1, sum), 2);
      line.free();
    },
  },
];
