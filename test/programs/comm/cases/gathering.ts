/** gather, scatter, alltoall with values, and all collectives into buffers. */
import { IN_PLACE, type NdArray, ndarray, sum, type TypedArray } from 'haloweave';
import { assert, type Case, constant, dtypes, inDoubling, inTree, same, sameNd } from './tools.js';

const range = (n: number): number[] => Array.from({ length: n }, (_, k) => k);

/** Uneven counts with empty ranks among them. */
const unevenCounts = (size: number): number[] => range(size).map((r) => [3, 0, 61, 1][r % 4]!);

/** What `counts[r]` elements of rank r's pattern are, one piece after the other. */
function joined(dtype: (typeof dtypes)[number], counts: readonly number[]): TypedArray {
  const out = constant(dtype, 0, 0).constructor as Float64ArrayConstructor;
  const a = new out(counts.reduce((x, y) => x + y, 0)) as TypedArray;
  let at = 0;
  counts.forEach((n, r) => {
    a.set(constant(dtype, n, r) as never, at);
    at += n;
  });
  return a;
}

const filled = (like: TypedArray, n: number): TypedArray =>
  new (like.constructor as Float64ArrayConstructor)(n).fill(
    (like instanceof BigInt64Array || like instanceof BigUint64Array ? 77n : 77) as never,
  ) as TypedArray;

const KEEP = 77;
const f64 = (a: TypedArray): number[] => Array.from(a as Float64Array);

export const gatheringCases: Case[] = [
  {
    name: 'gather gives the root every value in rank order, of different forms and sizes, and nobody else anything',
    body(comm) {
      for (let root = 0; root < comm.size; root++) {
        for (const n of [0, 1, 60, 61, 3000]) {
          const mine = constant('i32', n + comm.rank, comm.rank);
          const got = comm.gather<TypedArray>(mine, root);
          if (comm.rank !== root) assert.equal(got, undefined);
          else {
            assert.equal(got!.length, comm.size);
            assert.equal(got![root], mine);
            for (const [r, a] of got!.entries()) same(a, constant('i32', n + r, r), `of rank ${r}`);
          }
        }
        const forms = (r: number): unknown => [r, `rank ${r}`, { r, big: 1n }, -0, null][r % 5];
        const got = comm.gather(forms(comm.rank), root);
        if (comm.rank === root) assert.deepStrictEqual(got, range(comm.size).map(forms));
      }
    },
  },
  {
    name: 'scatter gives every rank its value',
    body(comm) {
      for (let root = 0; root < comm.size; root++)
        for (const n of [0, 1, 20, 3000]) {
          const values = range(comm.size).map((r) => constant('u16', n + r, r + root));
          const got = comm.scatter<TypedArray>(comm.rank === root ? values : null, root);
          same(got, constant('u16', n + comm.rank, comm.rank + root), `${n} from ${root}`);
          assert.equal(got === values[root], comm.rank === root);
          const forms = range(comm.size).map((r) => [r, { r }, 'text', -0, undefined][(r + n) % 5]);
          assert.deepStrictEqual(
            comm.scatter(comm.rank === root ? forms : undefined, root),
            forms[comm.rank],
          );
        }
      const nd = range(comm.size).map((r) => ndarray(constant('f32', 6, r), [2, 3]).transpose(1, 0));
      sameNd(comm.scatter<NdArray>(nd, 0), nd[comm.rank]!, 'a strided ndarray');
    },
  },
  {
    name: 'alltoall gives every rank what all have for it, of different forms and sizes',
    body(comm) {
      for (const n of [0, 1, 9, 2000]) {
        const values = range(comm.size).map((to) => constant('i64', (n * to) % 2003, comm.rank * 7 + to));
        const got = comm.alltoall<TypedArray>(values);
        assert.equal(got[comm.rank], values[comm.rank]);
        const length = (n * comm.rank) % 2003;
        for (const [r, a] of got.entries()) same(a, constant('i64', length, r * 7 + comm.rank), `from ${r}`);
      }
      const values = range(comm.size).map((to) => [to, { from: comm.rank, to }, `${to}`, null][to % 4]);
      const want = range(comm.size).map(
        (r) => [comm.rank, { from: r, to: comm.rank }, `${comm.rank}`, null][comm.rank % 4],
      );
      assert.deepStrictEqual(comm.alltoall<unknown>(values), want);
    },
  },
  {
    name: 'bcastInto fills buffers of every dtype, strided ones too',
    body(comm) {
      for (const [k, dtype] of dtypes.entries())
        for (const n of [0, 1, 33, 61, 5000]) {
          const root = k % comm.size;
          const buffer = constant(dtype, n, comm.rank).slice();
          comm.bcastInto(buffer, root);
          same(buffer, constant(dtype, n, root), `${n} × ${dtype}`);
        }
      const backing = new Float64Array(24).fill(KEEP);
      const view = ndarray(backing, [2, 3, 4]).pick(null, null, 1);
      if (comm.rank === 0) for (let i = 0; i < 2; i++) for (let j = 0; j < 3; j++) view.set(i, j, 10 * i + j);
      comm.bcastInto(view, 0);
      for (let k = 0; k < 24; k++)
        assert.equal(backing[k], k % 4 === 1 ? 10 * Math.floor(k / 12) + (Math.floor(k / 4) % 3) : KEEP);
    },
  },
  {
    name: 'reductions in place, of every dtype, strided ones too, by built-in operations and functions',
    body(comm) {
      const { rank, size } = comm;
      for (const [k, dtype] of dtypes.entries())
        for (const n of [0, 7, 1500]) {
          const root = k % size;
          const fresh = (): TypedArray => constant(dtype, n, rank).slice();
          const [a, b, c, d] = [fresh(), fresh(), fresh(), fresh()];
          comm.allreduceInto(a, sum);
          same(a, comm.allreduce<TypedArray>(fresh(), sum), 'allreduceInto');
          comm.reduceInto(b, sum, root);
          same(b, rank === root ? a : fresh(), 'reduceInto');
          comm.scanInto(c, sum);
          same(c, comm.scan<TypedArray>(fresh(), sum), 'scanInto');
          comm.exscanInto(d, sum);
          const before = comm.exscan<TypedArray>(fresh(), sum);
          same(d, rank === 0 ? fresh() : before!, 'exscanInto');
        }
      const backing = new Float64Array(2000).fill(KEEP);
      const view = ndarray(backing, [1000], [2], 1);
      for (let i = 0; i < 1000; i++) view.set(i, i + rank);
      comm.allreduceInto(view, sum);
      for (let i = 0; i < 1000; i++) {
        assert.equal(view.get(i), size * i + (size * (size - 1)) / 2);
        assert.equal(backing[2 * i], KEEP);
      }
      const minus = (x: Float64Array, y: Float64Array): Float64Array => x.map((v, i) => v - y[i]!);
      const values = range(size).map((r) => 2 ** r);
      const one = Float64Array.of(2 ** rank);
      comm.allreduceInto(one, minus);
      assert.equal(
        one[0],
        inTree(values, (x, y) => x - y),
      );
      one[0] = 2 ** rank;
      comm.scanInto(one, minus);
      assert.equal(
        one[0],
        inDoubling(values.slice(0, rank + 1), (x, y) => x - y),
      );
    },
  },
  {
    name: 'reduceScatterInto cuts by counts, empty ranks among them',
    body(comm) {
      const counts = unevenCounts(comm.size);
      for (const dtype of dtypes) {
        const n = counts.reduce((x, y) => x + y, 0);
        const send = constant(dtype, n, comm.rank);
        const recv = filled(send, counts[comm.rank]!);
        comm.reduceScatterInto(send, counts, recv, sum);
        const start = counts.slice(0, comm.rank).reduce((x, y) => x + y, 0);
        same(recv, comm.allreduce<TypedArray>(send, sum).subarray(start, start + recv.length), dtype);
      }
    },
  },
  {
    name: 'gatherInto, allgatherInto, scatterInto: equal pieces, also in place',
    body(comm) {
      const { rank, size } = comm;
      for (const [k, dtype] of dtypes.entries())
        for (const n of [0, 1, 62, 700]) {
          const root = k % size;
          const all = joined(dtype, new Array<number>(size).fill(n));
          const mine = constant(dtype, n, rank);
          const recv = filled(all, n * size);
          comm.gatherInto(mine, rank === root ? recv : null, root);
          same(recv, rank === root ? all : filled(all, n * size), 'gatherInto');
          const every = filled(all, n * size);
          comm.allgatherInto(mine, every);
          same(every, all, 'allgatherInto');
          const piece = filled(all, n);
          comm.scatterInto(rank === root ? all : null, piece, root);
          same(piece, mine, 'scatterInto');

          const own = filled(all, n * size);
          own.set(mine as never, n * rank);
          const copy = own.slice();
          comm.gatherInto(rank === root ? IN_PLACE : mine, own, root);
          same(own, rank === root ? all : copy, 'gatherInto in place');
          comm.allgatherInto(IN_PLACE, copy);
          same(copy, all, 'allgatherInto in place');
          const left = filled(all, n);
          comm.scatterInto(rank === root ? all : null, rank === root ? IN_PLACE : left, root);
          same(left, rank === root ? filled(all, n) : mine, 'scatterInto in place');
        }
    },
  },
  {
    name: 'gatherv, allgatherv, scatterv: uneven counts, empty ranks, gaps and any order of pieces',
    body(comm) {
      const { rank, size } = comm;
      const counts = unevenCounts(size);
      const total = counts.reduce((x, y) => x + y, 0);
      // From the back, with a gap of two elements after each piece.
      const places = range(size).map((r) => counts.slice(r + 1).reduce((x, y) => x + y + 2, 0));
      const gapped = (dtype: (typeof dtypes)[number]): TypedArray => {
        const a = filled(constant(dtype, 0, 0), total + 2 * size);
        counts.forEach((n, r) => {
          a.set(constant(dtype, n, r) as never, places[r]!);
        });
        return a;
      };
      for (const [k, dtype] of dtypes.entries()) {
        const root = k % size;
        const mine = constant(dtype, counts[rank]!, rank);
        const recv = filled(mine, total);
        comm.gatherv(mine, rank === root ? recv : null, rank === root ? counts : null, null, root);
        same(recv, rank === root ? joined(dtype, counts) : filled(mine, total), 'gatherv');
        const spread = filled(mine, total + 2 * size);
        comm.gatherv(mine, spread, counts, places, root);
        same(spread, rank === root ? gapped(dtype) : filled(mine, total + 2 * size), 'gatherv with gaps');
        const every = filled(mine, total);
        comm.allgatherv(mine, every, counts);
        same(every, joined(dtype, counts), 'allgatherv');
        const place = filled(mine, total + 2 * size);
        place.set(mine as never, places[rank]!);
        comm.allgatherv(IN_PLACE, place, counts, places);
        same(place, gapped(dtype), 'allgatherv with gaps in place');
        const piece = filled(mine, counts[rank]!);
        comm.scatterv(rank === root ? joined(dtype, counts) : null, counts, piece, null, root);
        same(piece, mine, 'scatterv');
        const again = filled(mine, counts[rank]!);
        comm.scatterv(
          rank === root ? gapped(dtype) : null,
          rank === root ? counts : null,
          again,
          places,
          root,
        );
        same(again, mine, 'scatterv with gaps');
      }
    },
  },
  {
    name: 'alltoallInto and alltoallv: equal and uneven pieces, empty ones, also in place',
    body(comm) {
      const { rank, size } = comm;
      for (const n of [0, 1, 5, 300]) {
        const send = Float64Array.from({ length: n * size }, (_, k) => rank * 1e6 + k);
        const want = range(size).flatMap((r) => range(n).map((i) => r * 1e6 + rank * n + i));
        const recv = new Float64Array(n * size);
        comm.alltoallInto(send, recv);
        assert.deepEqual(f64(recv), want);
        comm.alltoallInto(IN_PLACE, send);
        assert.deepEqual(f64(send), want);
      }
      // Rank s sends (s + 2t) mod 4 elements to rank t.
      const count = (s: number, t: number): number => (s + 2 * t) % 4;
      const value = (s: number, t: number, i: number): number => s * 1e4 + t * 10 + i;
      const sendCounts = range(size).map((t) => count(rank, t));
      const recvCounts = range(size).map((s) => count(s, rank));
      const send = Float64Array.from(
        range(size).flatMap((t) => range(sendCounts[t]!).map((i) => value(rank, t, i))),
      );
      const want = range(size).map((s) => range(recvCounts[s]!).map((i) => value(s, rank, i)));
      const recv = new Float64Array(want.flat().length);
      comm.alltoallv(send, sendCounts, recv, recvCounts);
      assert.deepEqual(f64(recv), want.flat());
      const wide = new Float64Array(4 * size).fill(KEEP);
      comm.alltoallv(
        send,
        sendCounts,
        wide,
        recvCounts,
        null,
        range(size).map((r) => 4 * (size - 1 - r)),
      );
      assert.deepEqual(
        f64(wide),
        range(size)
          .reverse()
          .flatMap((s) => [...want[s]!, ...new Array<number>(4 - want[s]!.length).fill(KEEP)]),
      );
      // One element that goes to everybody: pieces to send may overlap.
      const ones = new Float64Array(size);
      const one = new Array<number>(size).fill(1);
      comm.alltoallv(Float64Array.of(rank), one, ones, one, new Array<number>(size).fill(0));
      assert.deepEqual(f64(ones), range(size));
      // In place the counts are symmetric.
      const symmetric = range(size).map((r) => (r + rank) % 3);
      const both = Float64Array.from(symmetric.flatMap((n, t) => range(n).map((i) => value(rank, t, i))));
      comm.alltoallv(IN_PLACE, null, both, symmetric);
      assert.deepEqual(
        f64(both),
        symmetric.flatMap((n, s) => range(n).map((i) => value(s, rank, i))),
      );
    },
  },
  {
    name: 'strided ndarrays are gathered and scattered in C order',
    body(comm) {
      const { rank, size } = comm;
      const view = (data: Float64Array, n: number): NdArray => ndarray(data, [2, n]).transpose(1, 0);
      const send = view(Float64Array.of(rank, rank + 0.25, rank + 0.5, rank + 0.75), 2);
      const data = new Float64Array(4 * size);
      const recv = view(data, 2 * size);
      comm.allgatherInto(send, recv);
      const flat = range(size).flatMap((r) => [r, r + 0.5, r + 0.25, r + 0.75]);
      for (let k = 0; k < flat.length; k++) assert.equal(recv.get(Math.floor(k / 2), k % 2), flat[k]);
      const back = view(new Float64Array(4), 2);
      comm.scatterInto(recv, back, size - 1);
      sameNd(back, send, 'scatterInto');
      comm.alltoallInto(IN_PLACE, recv);
      for (let k = 0; k < 2 * size; k++)
        assert.equal(recv.get(k, 0), flat[4 * rank + 2 * (k % 2)], `alltoallInto, row ${k}`);
    },
  },
];
