/** Point-to-point messages: forms, sizes, order, wildcards. */
import { ANY_SOURCE, ANY_TAG, free, type NdArray, ndarray, type Status, type TypedArray } from 'haloweave';
import {
  assert,
  type Case,
  constant,
  dtypes,
  EAGER,
  heapLike,
  inHeap,
  KIBI,
  left,
  lengths,
  others,
  right,
  same,
  sameNd,
} from './tools.js';

export const messageCases: Case[] = [
  {
    name: 'typed arrays of every dtype and size arrive bit for bit',
    body(comm) {
      for (const dtype of dtypes)
        for (const n of lengths(dtype)) {
          const status: Status = { source: -1, tag: -1, count: -1 };
          const got = comm.sendrecv(constant(dtype, n, comm.rank), right(comm), n, left(comm), n, status);
          same(got, constant(dtype, n, left(comm)), `${n} × ${dtype}`);
          assert.deepEqual(status, { source: left(comm), tag: n, count: n });
        }
    },
  },
  {
    name: 'recvInto fills the front of a buffer and leaves the rest alone',
    body(comm) {
      for (const dtype of dtypes)
        for (const n of lengths(dtype))
          for (const more of [0, 5]) {
            const buffer = constant(dtype, n + more, 99).slice();
            const status: Status = { source: -1, tag: -1, count: -1 };
            const request = comm.isend(constant(dtype, n, comm.rank), right(comm), 3);
            assert.equal(comm.recvInto(buffer, left(comm), 3, status), n);
            request.wait();
            assert.deepEqual(status, { source: left(comm), tag: 3, count: n });
            same(buffer.slice(0, n), constant(dtype, n, left(comm)), `${n} × ${dtype}`);
            same(buffer.slice(n), constant(dtype, n + more, 99).slice(n), `the rest after ${n} × ${dtype}`);
          }
    },
  },
  {
    name: 'ndarrays keep their shape, strided ones arrive in C order',
    body(comm) {
      for (const dtype of ['f64', 'u8', 'i16', 'u64'] as const)
        for (const scale of [1, 40]) {
          const all = (seed: number): NdArray[] => {
            const a = ndarray(constant(dtype, 60 * scale * scale, seed), [3, 4 * scale, 5 * scale]);
            return [
              a,
              a.transpose(2, 0, 1),
              a.step(2, -1, 3),
              a.lo(1, 2, 3),
              a.hi(2, 3, 4),
              a.pick(1, null, null),
              a.pick(1, 2, 3),
              ndarray(constant(dtype, 1, seed), []),
              ndarray(constant(dtype, 60, seed), [60]),
              ndarray(constant(dtype, 0, seed), [3, 0, 2]),
              ndarray(constant(dtype, 4, seed), [1, 1, 2, 1, 1, 1, 1, 2, 1, 1, 1, 1, 1, 1, 1]),
            ];
          };
          const mine = all(comm.rank);
          const theirs = all(left(comm));
          mine.forEach((a, k) => {
            const got = comm.sendrecv<NdArray>(a, right(comm), k, left(comm), k);
            sameNd(got, theirs[k]!, `view ${k} of ${dtype} × ${scale}`);
          });
        }
    },
  },
  {
    name: 'ndarrays are received into strided buffers, and typed arrays into ndarrays and back',
    body(comm) {
      for (const n of [12, 30_000]) {
        const mine = constant('f64', 2 * n, comm.rank);
        const theirs = constant('f64', 2 * n, left(comm));
        const target = ndarray(new Float64Array(4 * n), [2 * n, 2])
          .pick(null, 1)
          .step(-1);
        const whole = ndarray(new Float64Array(2 * n), [n, 2]);
        const plain = new Float64Array(2 * n);
        for (const [buffer, value] of [
          [target, ndarray(mine, [n, 2])],
          [target, mine],
          [whole, mine],
          [whole.transpose(1, 0), ndarray(mine, [2, n])],
          [plain, ndarray(mine, [2, n])],
        ] as const) {
          const request = comm.isend(value, right(comm), 8);
          assert.equal(comm.recvInto(buffer, left(comm), 8), 2 * n);
          request.wait();
          const got = buffer instanceof Float64Array ? ndarray(buffer) : buffer;
          sameNd(got, ndarray(theirs, [...got.shape]), `into a buffer of shape [${got.shape.join()}]`);
        }
      }
    },
  },
  {
    name: 'arrays of the shared heap and private ones, on either side',
    body(comm) {
      for (const [dtype, bytes] of [
        ['f64', 8],
        ['i8', 1],
        ['u16', 2],
        ['i64', 8],
      ] as const)
        for (const n of [0, 13, 1000, EAGER / bytes + 1, (3 * EAGER) / bytes + 77]) {
          const want = constant(dtype, n, left(comm));
          const heapSource = inHeap(comm, constant(dtype, n, comm.rank));
          const heapTarget = heapLike(comm, dtype, n);
          for (const source of [constant(dtype, n, comm.rank), heapSource.data, heapSource])
            for (const target of [null, constant(dtype, n, 55).slice(), heapTarget.data, heapTarget]) {
              const request = comm.isend(source, right(comm), 4);
              const what = `${n} × ${dtype}`;
              if (target === null) {
                const got = comm.recv<TypedArray | NdArray>(left(comm), 4);
                same(ArrayBuffer.isView(got) ? got : got.data, want, what);
              } else {
                comm.recvInto(target as TypedArray, left(comm), 4);
                same(ArrayBuffer.isView(target) ? target : target.data, want, what);
              }
              request.wait();
            }
          free(comm.heap, heapSource);
          free(comm.heap, heapTarget);
        }
    },
  },
  {
    name: 'parts of heap arrays at any element, large and small',
    body(comm) {
      const source = heapLike(comm, 'u8', 4 * EAGER);
      const target = heapLike(comm, 'u8', 4 * EAGER);
      (source.data as Uint8Array).set(constant('u8', 4 * EAGER, comm.rank) as Uint8Array);
      for (const [from, to, n] of [
        [1, 3, 7],
        [3, 1, 1000],
        [5, 64, EAGER + 9],
        [63, 127, 3 * EAGER],
      ] as const) {
        (target.data as Uint8Array).fill(0);
        const request = comm.isend(source.data.subarray(from, from + n), right(comm), 1);
        comm.recvInto(target.data.subarray(to, to + n), left(comm), 1);
        request.wait();
        const want = new Uint8Array(4 * EAGER);
        want.set(constant('u8', 4 * EAGER, left(comm)).subarray(from, from + n) as Uint8Array, to);
        same(target.data, want, `${n} bytes from ${from} to ${to}`);
      }
      free(comm.heap, source);
      free(comm.heap, target);
    },
  },
  {
    name: 'what was sent may be changed as soon as send returns',
    body(comm) {
      for (const n of [1, 12, 100, EAGER / 8]) {
        const a = new Float64Array(n).fill(comm.rank);
        comm.send(a, right(comm), 2);
        a.fill(-5);
        same(comm.recv(left(comm), 2), new Float64Array(n).fill(left(comm)), `${n} numbers`);
      }
    },
  },
  {
    name: 'what was received is private: changing it changes nothing elsewhere',
    body(comm) {
      for (const n of [2, 500, EAGER]) {
        const source = inHeap(comm, new Float64Array(n).fill(1));
        const request = comm.isend(source.data, right(comm), 2);
        const got = comm.recv<Float64Array>(left(comm), 2);
        request.wait();
        got.fill(9);
        comm.barrier();
        assert.equal(source.data[n - 1], 1);
        free(comm.heap, source);
      }
    },
  },
  {
    name: 'messages to oneself are buffered whatever their size',
    body(comm) {
      for (const dtype of dtypes) {
        const sizes = lengths(dtype);
        for (const [k, n] of sizes.entries()) comm.send(constant(dtype, n, 1), comm.rank, k);
        for (const n of sizes) comm.send({ n, text: 'x'.repeat(n % 5000) }, comm.rank, 77);
        for (const n of sizes) assert.deepEqual(comm.recv(comm.rank, 77), { n, text: 'x'.repeat(n % 5000) });
        for (const [k, n] of sizes.entries())
          same(comm.recv(comm.rank, k), constant(dtype, n, 1), `${n} × ${dtype}`);
      }
    },
  },
  {
    name: 'messages of one source and tag do not overtake each other, whatever their form and size',
    body(comm) {
      const count = 400;
      // Large ones wait for their receive, so that a rank that sends first must not block in them.
      const requests = Array.from({ length: count }, (_, k) => {
        const n = [1, 13, 300, 20_000][(k * 7) % 4]!;
        const value = k % 5 === 0 ? { k, pad: 'p'.repeat(n) } : new Float64Array(n).fill(k);
        return comm.isend(value, right(comm), 6);
      });
      for (let k = 0; k < count; k++) {
        const got = comm.recv<Float64Array | { k: number }>(left(comm), 6);
        assert.equal('k' in got ? got.k : got[0], k);
      }
      for (const r of requests) r.wait();
    },
  },
  {
    name: 'tags are received in any order, 0 and 2^31 − 1 among them',
    body(comm) {
      const tags = [0, 2 ** 31 - 1, 1, 65_535, 65_536, 2 ** 30];
      for (const n of [1, 200]) {
        for (const tag of tags) comm.send(new Float64Array(n).fill(tag), right(comm), tag);
        for (const tag of [...tags].reverse())
          assert.equal(comm.recv<Float64Array>(left(comm), tag)[n - 1], tag);
      }
    },
  },
  {
    name: 'wildcards match every message once and say whose it was',
    body(comm) {
      const count = 50;
      for (const r of others(comm))
        for (let k = 0; k < count; k++) comm.send(Float64Array.of(comm.rank, k), r, k);
      const next = new Array<number>(comm.size).fill(0);
      const status: Status = { source: 0, tag: 0, count: 0 };
      for (let k = 0; k < count * (comm.size - 1); k++) {
        const got = comm.recv<Float64Array>(ANY_SOURCE, ANY_TAG, status);
        assert.deepEqual([got[0], got[1]], [status.source, status.tag]);
        assert.equal(status.tag, next[status.source]!++);
        assert.equal(status.count, 2);
      }
      for (const r of others(comm)) assert.equal(next[r], count);
      // Before that nobody sends what another rank's wildcard could still match.
      comm.barrier();
      // Any source with one tag, one source with any tag.
      for (const r of others(comm)) {
        comm.send('tag 5', r, 5);
        comm.send('tag 6', r, 6);
      }
      for (const _ of others(comm)) assert.equal(comm.recv(ANY_SOURCE, 6), 'tag 6');
      for (const r of others(comm)) assert.equal(comm.recv(r, ANY_TAG), 'tag 5');
    },
  },
  {
    name: 'all ranks send more than fits in a mailbox before anybody receives',
    body(comm) {
      const count = 1100;
      const to = comm.size === 1 ? [0] : others(comm);
      for (let k = 0; k < count; k++) for (const r of to) comm.send(Float64Array.of(k, comm.rank), r, k % 3);
      const into = new Float64Array(2);
      for (const tag of [2, 0, 1])
        for (let k = tag; k < count; k += 3)
          for (const r of to) {
            comm.recvInto(into, r, tag);
            assert.deepEqual([...into], [k, r]);
          }
    },
  },
  {
    name: 'all ranks start large sends to all before anybody receives',
    body(comm) {
      const n = 3 * EAGER + 1;
      const to = comm.size === 1 ? [0] : others(comm);
      const requests = to.flatMap((r) =>
        [0, 1].map((k) => comm.isend(constant('u8', n + k, comm.rank), r, k)),
      );
      for (const k of [1, 0])
        for (const r of to) same(comm.recv(r, k), constant('u8', n + k, r), `${n + k} bytes of ${r}`);
      for (const request of requests) request.wait();
    },
  },
  {
    name: 'probe says who sent how much of what, and takes nothing',
    body(comm) {
      const values: [unknown, number][] = [
        [new Int16Array(30), 30],
        [ndarray(new Float32Array(24), [2, 3, 4]), 24],
        [new Float64Array(20 * KIBI), 20 * KIBI],
        [new Uint8Array(0), 0],
      ];
      values.forEach(([value, count], k) => {
        const request = comm.isend(value, right(comm), k);
        assert.deepEqual(comm.probe(left(comm), k), { source: left(comm), tag: k, count });
        assert.deepEqual(comm.probe(left(comm), k), { source: left(comm), tag: k, count });
        comm.recv(left(comm), k);
        request.wait();
      });
      comm.send('text', right(comm), 11);
      const seen = comm.probe(ANY_SOURCE, ANY_TAG);
      assert.deepEqual([seen.source, seen.tag], [left(comm), 11]);
      assert.equal(comm.recv(seen.source, seen.tag), 'text');
    },
  },
];
