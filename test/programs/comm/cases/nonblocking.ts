/** Collectives that are started and waited for later: same values as those that wait. */
import { IN_PLACE, max, type NdArray, ndarray, Request, sum, type TypedArray } from 'haloweave';
import { assert, type Case, constant, dtypes, inTree, same, says, thrown } from './tools.js';

const range = (n: number): number[] => Array.from({ length: n }, (_, k) => k);

export const nonblockingCases: Case[] = [
  {
    name: 'nonblocking collectives give what those that wait give, several under way at once, in any order of waiting',
    body(comm) {
      const { rank, size } = comm;
      for (const [k, dtype] of dtypes.entries())
        for (const n of [0, 3, 2000]) {
          const root = k % size;
          const mine = constant(dtype, n, rank);
          const requests = [
            comm.ibcast<TypedArray>(mine, root),
            comm.iallreduce<TypedArray>(mine, sum),
            comm.iallreduce<TypedArray>(mine, sum.fast),
          ] as const;
          const gathered = comm.iallgather<TypedArray>(mine);
          const barrier = comm.ibarrier();
          // One that waits may come in between.
          const total = comm.allreduce<TypedArray>(mine, sum);
          const fast = comm.allreduce<TypedArray>(mine, sum.fast);
          barrier.wait();
          for (const [r, a] of gathered.wait().entries()) same(a, constant(dtype, n, r), 'iallgather');
          same(requests[2].wait(), fast, 'iallreduce sum.fast');
          same(requests[1].wait(), total, 'iallreduce sum');
          same(requests[0].wait(), constant(dtype, n, root), 'ibcast');
        }
      const nested = (a: string, b: string): string => `(${a}${b})`;
      const letters = [...'abcdefghijklmnop'].slice(0, size);
      assert.equal(comm.iallreduce(letters[rank]!, nested).wait(), inTree(letters, nested));
      assert.deepEqual(Request.all([comm.iallreduce(rank, max), comm.ibcast({ rank }, size - 1)]), [
        size - 1,
        { rank: size - 1 },
      ]);
    },
  },
  {
    name: 'ibarrier is complete when all have started it, and no sooner',
    body(comm) {
      const { rank, size } = comm;
      const barrier = comm.ibarrier();
      if (rank === 0) {
        // Nobody else starts theirs before this rank's message, so the first one cannot be over.
        const second = comm.ibarrier();
        if (size > 1) assert.equal(second.complete, false);
        for (let r = 1; r < size; r++) comm.send('go', r, 9);
        second.wait();
      } else {
        assert.equal(comm.recv(0, 9), 'go');
        comm.ibarrier().wait();
      }
      barrier.wait();
    },
  },
  {
    name: 'ialltoallv lands uneven pieces when it is complete',
    body(comm) {
      const { rank, size } = comm;
      const count = (s: number, t: number): number => ((s + 2 * t) % 4) * 300;
      const sendCounts = range(size).map((t) => count(rank, t));
      const recvCounts = range(size).map((s) => count(s, rank));
      const send = Float64Array.from(
        range(size).flatMap((t) => range(sendCounts[t]!).map((i) => rank * 1e6 + t * 1e4 + i)),
      );
      const want = range(size).flatMap((s) => range(recvCounts[s]!).map((i) => s * 1e6 + rank * 1e4 + i));
      const recv = new Float64Array(want.length);
      const request = comm.ialltoallv(send, sendCounts, recv, recvCounts);
      assert.equal(comm.allreduce(1, sum), size);
      request.wait();
      assert.deepEqual(Array.from(recv), want);
      const symmetric = range(size).map((r) => (r + rank) % 3);
      const both = Float64Array.from(
        symmetric.flatMap((n, t) => range(n).map((i) => rank * 100 + t * 10 + i)),
      );
      comm.ialltoallv(IN_PLACE, null, both, symmetric).wait();
      assert.deepEqual(
        Array.from(both),
        symmetric.flatMap((n, s) => range(n).map((i) => s * 100 + rank * 10 + i)),
      );
      const strided: NdArray = ndarray(new Float64Array(2 * size + 2), [size + 1], [2]);
      const error = thrown(() =>
        comm.ialltoallv(
          new Float64Array(size),
          range(size).map(() => 1),
          strided,
          range(size).map(() => 1),
        ),
      );
      says(error, 'argument', `ialltoallv: rank ${rank}: the receive buffer is a strided ndarray`);
    },
  },
  {
    name: 'requests of collectives can be awaited',
    async body(comm) {
      const [total, all] = [comm.iallreduce(comm.rank, sum), comm.iallgather(comm.rank)];
      assert.equal(await total, (comm.size * (comm.size - 1)) / 2);
      assert.deepEqual(await all, range(comm.size));
    },
  },
];
