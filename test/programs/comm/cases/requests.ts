/** Nonblocking operations. */
import { ANY_SOURCE, ANY_TAG, free, type Status } from 'haloweave';
import { assert, type Case, constant, EAGER, heapLike, left, others, right, same } from './tools.js';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export const requestCases: Case[] = [
  {
    name: 'requests complete by wait, and give their value every time',
    body(comm) {
      for (const n of [1, 100, EAGER]) {
        const status: Status = { source: -1, tag: -1, count: -1 };
        const receive = comm.irecv<Float64Array>(left(comm), 5, status);
        const send = comm.isend(constant('f64', n, comm.rank), right(comm), 5);
        same(receive.wait(), constant('f64', n, left(comm)), `${n} numbers`);
        assert.equal(receive.wait(), receive.wait());
        assert.equal(send.wait(), undefined);
        assert.ok(receive.complete && send.complete);
        assert.deepEqual(status, { source: left(comm), tag: 5, count: n });
      }
    },
  },
  {
    name: 'requests complete by test alone',
    body(comm) {
      for (const n of [1, 100, EAGER]) {
        const target = heapLike(comm, 'f64', n);
        const receive = comm.irecvInto(target, left(comm), 5);
        const send = comm.isend(constant('f64', n, comm.rank), right(comm), 5);
        while (!receive.test() || !send.test());
        assert.equal(receive.wait(), target);
        same(target.data, constant('f64', n, left(comm)), `${n} numbers`);
        comm.barrier();
        free(comm.heap, target);
      }
    },
  },
  {
    name: 'irecvInto gives the buffer itself',
    body(comm) {
      const buffer = new Int32Array(10);
      const receive = comm.irecvInto(buffer, left(comm), 1);
      comm.send(new Int32Array(7).fill(3), right(comm), 1);
      assert.equal(receive.wait(), buffer);
      assert.deepEqual([...buffer], [3, 3, 3, 3, 3, 3, 3, 0, 0, 0]);
    },
  },
  {
    name: 'receives match in the order in which they were posted, blocking ones after them',
    body(comm) {
      const posted = [
        comm.irecv(left(comm), 1),
        comm.irecv(ANY_SOURCE, 1),
        comm.irecv(left(comm), ANY_TAG),
        comm.irecv(left(comm), 1),
      ];
      for (let k = 0; k < 5; k++) comm.send(k, right(comm), 1);
      assert.equal(comm.recv(left(comm), 1), 4);
      assert.deepEqual(
        posted.map((r) => r.wait()),
        [0, 1, 2, 3],
      );
    },
  },
  {
    name: 'a receive posted late gets the oldest message that is there',
    body(comm) {
      for (let k = 0; k < 4; k++) comm.send(k, right(comm), k % 2);
      comm.barrier();
      assert.deepEqual(
        [
          comm.irecv(left(comm), 1),
          comm.irecv(left(comm), 0),
          comm.irecv(left(comm)),
          comm.irecv(left(comm)),
        ].map((r) => r.wait()),
        [1, 0, 2, 3],
      );
    },
  },
  {
    name: 'several requests are awaited at once while timers go on',
    async body(comm) {
      let ticks = 0;
      const timer = setInterval(() => ticks++, 1);
      const sizes = [1, 300, EAGER, 2 * EAGER + 1];
      const from = comm.size === 1 ? [0] : others(comm);
      const receives = from.flatMap((r) => sizes.map((n) => comm.irecv<Float64Array>(r, n)));
      // The last receives are answered later, from a timer, so that everybody waits in its event loop.
      const sends = from.flatMap((r) =>
        sizes.slice(0, 3).map((n) => comm.isend(constant('f64', n, comm.rank), r, n)),
      );
      const later = pause(3).then(() =>
        Promise.all(from.map((r) => comm.isend(constant('f64', sizes[3]!, comm.rank), r, sizes[3]!))),
      );
      const values = await Promise.all(receives);
      await Promise.all(sends);
      await later;
      clearInterval(timer);
      let k = 0;
      for (const r of from) for (const n of sizes) same(values[k++], constant('f64', n, r), `${n} of ${r}`);
      assert.ok(ticks > 0);
    },
  },
  {
    name: 'awaiting and blocking calls of one rank do not lose each other’s messages',
    async body(comm) {
      const seen: unknown[] = [];
      const listening = (async () => {
        for (let k = 0; k < 20; k++) seen.push(await comm.irecv(left(comm), 1));
      })();
      for (let k = 0; k < 20; k++) {
        comm.send(k, right(comm), 2);
        comm.send(`${k}`, right(comm), 1);
        assert.equal(comm.recv(left(comm), 2), k);
        if (k % 4 === 0) await pause(0);
      }
      await listening;
      assert.deepEqual(
        seen,
        Array.from({ length: 20 }, (_, k) => `${k}`),
      );
    },
  },
  {
    name: 'a request that is complete is awaited without a turn of others',
    async body(comm) {
      comm.send('x', right(comm), 1);
      const r = comm.irecv(left(comm), 1);
      r.wait();
      assert.deepEqual(await Promise.all([r, r, r.then((v) => [v])]), ['x', 'x', ['x']]);
    },
  },
];
