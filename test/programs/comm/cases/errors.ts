/** Wrong calls, and messages that a receive cannot take. */
import { empty, free, ndarray, type Request } from 'haloweave';
import { assert, type Case, constant, EAGER, left, right, same, says, thrown } from './tools.js';

export const errorCases: Case[] = [
  {
    name: 'ranks that do not exist are refused by every call',
    body(comm) {
      const buffer = new Float64Array(1);
      for (const r of [-2, comm.size, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
        const calls: (() => unknown)[] = [
          () => comm.send(buffer, r),
          () => comm.send('x', r),
          () => comm.isend(1, r),
          () => comm.recv(r),
          () => comm.recvInto(buffer, r),
          () => comm.irecv(r),
          () => comm.irecvInto(buffer, r),
          () => comm.probe(r),
          () => comm.bcast(1, r),
          () => comm.sendrecv(1, r, 0, 0, 0),
        ];
        for (const call of calls.slice(0, 9))
          says(thrown(call), 'argument', `rank ${r} does not exist`, `0 to ${comm.size - 1}`);
      }
      for (const call of [() => comm.send(buffer, -1), () => comm.isend(1, -1), () => comm.bcast(1, -1)])
        says(thrown(call), 'argument', 'rank -1 does not exist');
    },
  },
  {
    name: 'tags that are none are refused by every call',
    body(comm) {
      const buffer = new Float64Array(1);
      for (const tag of [-2, 2 ** 31, 0.5, Number.NaN]) {
        const calls: (() => unknown)[] = [
          () => comm.send(buffer, 0, tag),
          () => comm.send('x', 0, tag),
          () => comm.isend(1, 0, tag),
          () => comm.recv(0, tag),
          () => comm.recvInto(buffer, 0, tag),
          () => comm.irecv(0, tag),
          () => comm.irecvInto(buffer, 0, tag),
          () => comm.probe(0, tag),
        ];
        for (const call of calls) says(thrown(call), 'argument', `tag ${tag} is not a whole number`);
      }
      says(
        thrown(() => comm.send(1, 0, -1)),
        'argument',
        'tag -1',
      );
    },
  },
  {
    name: 'a message larger than the buffer is an error that names both sides; the sender and later messages go on',
    body(comm) {
      for (const n of [2, 12, 13, 1000, EAGER / 8 + 1, EAGER])
        for (const heap of [false, true]) {
          const source = empty(comm.heap, n);
          source.data.set(constant('f64', n, comm.rank) as Float64Array);
          const send = comm.isend(heap ? source.data : constant('f64', n, comm.rank), right(comm), 7);
          const error = thrown(() => comm.recvInto(new Float64Array(n - 1), left(comm), 7));
          says(
            error,
            'truncated',
            `rank ${left(comm)} sent ${n} elements of f64 with tag 7`,
            `room for ${n - 1}`,
          );
          send.wait();
          assert.equal(comm.sendrecv('after', right(comm), 7, left(comm), 7), 'after');
          comm.barrier();
          free(comm.heap, source);
        }
    },
  },
  {
    name: 'another dtype than the buffer’s is an error that names both',
    body(comm) {
      for (const n of [3, 500, EAGER]) {
        const send = comm.isend(constant('i32', n, 0), right(comm), 2);
        const error = thrown(() => comm.recvInto(new Float32Array(n), left(comm), 2));
        says(error, 'truncated', `rank ${left(comm)} sent ${n} × i32 with tag 2`, 'holds f32');
        send.wait();
      }
      const send = comm.isend({ text: 'x'.repeat(2 * EAGER) }, right(comm), 2);
      says(
        thrown(() => comm.recvInto(new Uint8Array(4 * EAGER), left(comm), 2)),
        'truncated',
        'a structured value',
        'use recv',
      );
      send.wait();
    },
  },
  {
    name: 'a strided buffer takes its own size only',
    body(comm) {
      for (const n of [4, EAGER]) {
        const send = comm.isend(constant('f64', n, 0), right(comm), 2);
        const strided = ndarray(new Float64Array(2 * n + 2), [n + 1, 2]).pick(null, 0);
        says(
          thrown(() => comm.recvInto(strided, left(comm), 2)),
          'truncated',
          `${n} elements`,
          `${n + 1}`,
        );
        send.wait();
      }
    },
  },
  {
    name: 'requests give such errors by wait and by await, every time',
    async body(comm) {
      for (const n of [3, 500, EAGER]) {
        const sends: Request<void>[] = [];
        const make = (): Request<Float64Array> => {
          const receive = comm.irecvInto(new Float64Array(n - 1), left(comm), 2);
          sends.push(comm.isend(constant('f64', n, 0), right(comm), 2));
          return receive;
        };
        const waited = make();
        says(
          thrown(() => waited.wait()),
          'truncated',
          `room for ${n - 1}`,
        );
        says(
          thrown(() => waited.wait()),
          'truncated',
          `room for ${n - 1}`,
        );
        comm.barrier();
        const awaited = make();
        await assert.rejects(
          () => Promise.resolve(awaited),
          (e: Error & { code?: string }) => e.code === 'truncated',
        );
        const tested = make();
        while (!tested.test());
        assert.ok(tested.complete);
        says(
          thrown(() => tested.wait()),
          'truncated',
          `room for ${n - 1}`,
        );
        for (const s of sends) s.wait();
        comm.barrier();
      }
    },
  },
  {
    name: 'an ndarray of too many dimensions is refused',
    body(comm) {
      const a = ndarray(new Float64Array(1), new Array<number>(16).fill(1));
      says(
        thrown(() => comm.send(a, 0)),
        'argument',
        '16 dimensions',
        'at most 15',
      );
      same(comm.sendrecv(new Int8Array(2), right(comm), 0, left(comm), 0), new Int8Array(2), 'after');
    },
  },
];
