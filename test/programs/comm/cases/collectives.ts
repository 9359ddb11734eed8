/** Barrier, bcast, allgather, and what happens when ranks disagree. */
import { type NdArray, ndarray, sum, type TypedArray } from 'haloweave';
import { assert, type Case, constant, dtypes, EAGER, same, sameNd, says, Tally, thrown } from './tools.js';

/** Elements next to the limits of a slot (480 bytes) and of a block. */
const COUNTS = [0, 1, 59, 60, 61, 1000, EAGER + 1];

export const collectiveCases: Case[] = [
  {
    name: 'nobody leaves a barrier before all have come',
    body(comm) {
      const tally = new Tally(comm);
      for (let k = 1; k <= 300; k++) {
        tally.add();
        comm.barrier();
        const n = tally.value;
        assert.ok(n >= k * comm.size && n < (k + 1) * comm.size, `${n} after ${k} barriers`);
        comm.barrier();
      }
      tally.end();
    },
  },
  {
    name: 'bcast gives the root’s value, of any form and size, to all',
    body(comm) {
      for (let root = 0; root < comm.size; root++) {
        for (const dtype of dtypes)
          for (const n of COUNTS) {
            const mine = constant(dtype, n, comm.rank);
            const got = comm.bcast<TypedArray>(mine, root);
            same(got, constant(dtype, n, root), `${n} × ${dtype} from ${root}`);
            assert.equal(got === mine, comm.rank === root);
          }
        const shape = [3, 4 + root, 5];
        const a = ndarray(constant('f32', 15 * (4 + root), root), shape).transpose(1, 2, 0);
        sameNd(comm.bcast<NdArray>(a, root), a, `a strided ndarray from ${root}`);
        assert.equal(comm.bcast<NdArray>(ndarray(Float64Array.of(7), []), root).get(), 7);
        const value = { root, text: 'y'.repeat(root * 600), map: new Map([[root, 1n]]) };
        assert.deepStrictEqual(comm.bcast(comm.rank === root ? value : null, root), value);
        assert.equal(comm.bcast(undefined, root), undefined);
        assert.ok(Object.is(comm.bcast(-0, root), -0));
      }
    },
  },
  {
    name: 'allgather gives every rank’s value in rank order, of different forms and sizes too',
    body(comm) {
      for (const n of COUNTS) {
        const mine = constant('i16', n + comm.rank, comm.rank);
        const all = comm.allgather<TypedArray>(mine);
        assert.equal(all.length, comm.size);
        assert.equal(all[comm.rank], mine);
        for (const [r, a] of all.entries()) same(a, constant('i16', n + r, r), `${n + r} of rank ${r}`);
      }
      const forms = (r: number): unknown =>
        [r, `rank ${r}`, { r, big: BigInt(r) }, new Set([r]), null][r % 5];
      assert.deepStrictEqual(
        comm.allgather(forms(comm.rank)),
        Array.from({ length: comm.size }, (_, r) => forms(r)),
      );
      const nd = comm.allgather<NdArray>(ndarray(constant('u32', 6, comm.rank), [2, 3]).transpose(1, 0));
      for (const [r, a] of nd.entries())
        sameNd(a, ndarray(constant('u32', 6, r), [2, 3]).transpose(1, 0), `ndarray ${r}`);
    },
  },
  {
    name: 'collectives follow each other at any distance between ranks, with messages in between',
    body(comm) {
      const to = (comm.rank + 1) % comm.size;
      const from = (comm.rank + comm.size - 1) % comm.size;
      let noise = comm.rank + 1;
      for (let k = 0; k < 400; k++) {
        noise = (Math.imul(noise, 1103515245) + 12345) >>> 0;
        // Uneven work, so that ranks meet in every order.
        let waste = 0;
        for (let i = 0; i < noise % 3000; i++) waste += Math.sqrt(i);
        assert.ok(waste >= 0);
        if (k % 5 === 0) comm.send(k, to, 1);
        const n = [1, 70, 20_000][k % 3]!;
        if (k % 4 === 0)
          assert.equal(comm.allreduce(k + comm.rank, sum), comm.size * k + (comm.size * (comm.size - 1)) / 2);
        else if (k % 4 === 1) assert.equal(comm.bcast(new Float64Array(n).fill(k), k % comm.size)[n - 1], k);
        else if (k % 4 === 2) assert.equal(comm.allgather(new Float64Array(n).fill(k)).at(-1)![0], k);
        else comm.barrier();
        if (k % 5 === 4) assert.equal(comm.recv(from, 1), k - 4);
      }
    },
  },
  {
    name: 'ranks that make different calls all get an error that names both',
    least: 2,
    body(comm) {
      const first = comm.rank === 0;
      const mismatches: [() => unknown, () => unknown, string, string][] = [
        [() => comm.barrier(), () => comm.bcast(1, 0), 'barrier', 'bcast'],
        [() => comm.bcast(1, 0), () => comm.bcast(1, 1), 'bcast (root 0)', 'bcast (root 1)'],
        [() => comm.allgather(1), () => comm.allreduce(1, sum), 'allgather', 'allreduce'],
        [() => comm.barrier(), () => comm.allreduce(new Float64Array(4), sum), 'barrier', 'allreduce'],
      ];
      for (const [one, other, a, b] of mismatches) {
        const error = thrown(first ? one : other);
        says(error, 'program', 'different collectives', `rank ${comm.rank} calls`, a, b, 'in the same order');
        // Everybody has left the call: the next one works.
        assert.equal(comm.allreduce(1, sum), comm.size);
      }
    },
  },
  {
    name: 'a value that cannot be sent is refused before anybody waits for it',
    body(comm) {
      says(
        thrown(() => comm.allgather(() => 1)),
        'argument',
        'function cannot be sent',
      );
      assert.equal(comm.allreduce(1, sum), comm.size);
    },
  },
];
