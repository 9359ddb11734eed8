/** Waiting with a limit, looking without waiting, and taking back. */
import { ANY_SOURCE, ANY_TAG, HaloweaveError, Request } from 'haloweave';
import { assert, type Case, constant, EAGER, left, right, same, Tally } from './tools.js';

/** The error that a call throws: its code and text. */
function failure(call: () => unknown): { code: string; message: string } {
  try {
    call();
  } catch (error) {
    assert.ok(error instanceof HaloweaveError, String(error));
    return { code: error.code, message: error.message };
  }
  assert.fail('nothing was thrown');
}

export const waitingCases: Case[] = [
  {
    name: 'a blocking call with a limit throws, names what it waited for, and has received nothing',
    body(comm) {
      const quick = comm.within(5);
      const from = left(comm);
      for (const [call, what] of [
        [() => quick.recv(from, 3), `recv (rank ${from}, tag 3)`],
        [() => quick.recvInto(new Float64Array(2), from, 3), `recvInto (rank ${from}, tag 3)`],
        [() => quick.probe(from, 3), `probe (rank ${from}, tag 3)`],
        [() => comm.irecv(from, 3).wait(5), `irecv (rank ${from}, tag 3)`],
        [() => Request.all([comm.irecv(from, 4)], 5), `irecv (rank ${from}, tag 4)`],
        [() => Request.any([comm.irecv(from, 4)], 5), 'Request.any'],
      ] as const) {
        const { code, message } = failure(call);
        assert.equal(code, 'timeout');
        assert.equal(
          message,
          `${what} on rank ${comm.rank} was not over within its limit: the other side is late or never came; give it more time, or look why`,
        );
      }
      comm.barrier();
      // The three posted receives are still there and take what comes first.
      comm.send('a', right(comm), 3);
      for (const text of ['b', 'c']) comm.send(text, right(comm), 4);
      comm.send('d', right(comm), 3);
      assert.equal(quick.within(1000).recv(from, 3), 'd');
      comm.barrier();
    },
  },
  {
    name: 'a limit that is long enough changes nothing',
    body(comm) {
      const c = comm.within(30_000);
      for (const n of [1, 100, EAGER]) {
        const receive = c.irecv(left(comm), 1);
        c.isend(constant('f64', n, comm.rank), right(comm), 1);
        same(receive.wait(30_000), constant('f64', n, left(comm)), `${n} numbers`);
      }
      c.barrier();
      assert.equal(c.allgather(comm.rank).length, comm.size);
      assert.equal(c.bcast(comm.rank, 0), 0);
      assert.match(failure(() => comm.within(-1)).message, /within: -1 ms: use a number of 0 or more/);
      assert.match(
        failure(() => comm.irecv(left(comm), 9).wait(Number.NaN)).message,
        /a limit of NaN ms: use a number of 0 or more/,
      );
      comm.send(0, right(comm), 9);
      comm.barrier();
    },
  },
  {
    name: 'a large send that met its limit goes on',
    least: 2,
    body(comm) {
      const values = constant('f64', EAGER, comm.rank);
      assert.equal(failure(() => comm.within(5).send(values, right(comm), 1)).code, 'timeout');
      comm.barrier();
      same(comm.recv(left(comm), 1), constant('f64', EAGER, left(comm)), 'the message');
      comm.barrier();
      // Whatever this rank calls next finds that the transfer is over, and frees what it took.
      assert.equal(comm.iprobe(left(comm), 1), null);
      comm.barrier();
    },
  },
  {
    name: 'a small send into a full mailbox meets its limit, and is as if it had not been',
    least: 2,
    body(comm) {
      // Rank 0 sleeps outside of any call, so that nobody drains its mailbox, until rank 1 says so.
      const tally = new Tally(comm);
      let sent = 0;
      if (comm.rank === 1) {
        const quick = comm.within(5);
        let code = '';
        while (code === '')
          try {
            quick.send(constant('f64', 20, sent), 0, 1);
            sent++;
          } catch (error) {
            code = (error as HaloweaveError).code;
          }
        assert.equal(code, 'timeout');
        tally.add(sent);
      } else if (comm.rank === 0) {
        const asleep = new Int32Array(new SharedArrayBuffer(4));
        while (tally.value === 0) Atomics.wait(asleep, 0, 0, 1);
        const n = tally.value;
        assert.ok(n > 200, `${n} messages fit`);
        for (let k = 0; k < n; k++) same(comm.recv(1, 1), constant('f64', 20, k), `message ${k}`);
        assert.equal(comm.iprobe(1, 1), null);
      }
      tally.end();
    },
  },
  {
    name: 'iprobe tells of a message without waiting and without taking it',
    body(comm) {
      assert.equal(comm.iprobe(left(comm), 77), null);
      comm.barrier();
      comm.send(new Float32Array(3), right(comm), 77);
      comm.barrier();
      for (let k = 0; k < 2; k++)
        assert.deepEqual(comm.iprobe(ANY_SOURCE, ANY_TAG), { source: left(comm), tag: 77, count: 3 });
      assert.equal(comm.iprobe(left(comm), 78), null);
      assert.equal(comm.recv<Float32Array>(left(comm), 77).length, 3);
      assert.equal(comm.iprobe(ANY_SOURCE, ANY_TAG), null);
      comm.barrier();
    },
  },
  {
    name: 'Request.all gives all values in order, and the first error once all are over',
    body(comm) {
      const receives = [2, 0, 1].map((tag) => comm.irecv<number>(left(comm), tag));
      for (const tag of [0, 1, 2]) comm.send(10 * tag + left(comm) * 0, right(comm), tag);
      assert.deepEqual(Request.all(receives), [20, 0, 10]);
      const bad = comm.irecvInto(new Float64Array(1), left(comm), 5);
      const good = comm.irecv(left(comm), 6);
      comm.send(new Float64Array(2), right(comm), 5);
      comm.send('late', right(comm), 6);
      assert.equal(failure(() => Request.all([bad, good])).code, 'truncated');
      assert.equal(good.wait(), 'late');
      assert.deepEqual(Request.all([]), []);
    },
  },
  {
    name: 'Request.any gives one that is over, each once over a whole list',
    body(comm) {
      const open = new Map([0, 1, 2].map((tag) => [tag, comm.irecv<number>(left(comm), tag)]));
      for (const tag of [2, 0, 1]) comm.send(tag, right(comm), tag);
      const seen: number[] = [];
      while (open.size > 0) {
        const tags = [...open.keys()];
        const { index, value } = Request.any([...open.values()]);
        assert.equal(value, tags[index]);
        open.delete(tags[index]!);
        seen.push(value);
      }
      assert.deepEqual(seen.sort(), [0, 1, 2]);
      assert.equal(
        failure(() => Request.any([])).message,
        'Request.any of no requests would wait for ever: give at least one',
      );
    },
  },
  {
    name: 'a receive is cancelled before its message, and never after',
    async body(comm) {
      const early = comm.irecv(left(comm), 1);
      assert.equal(early.cancel(), true);
      assert.equal(early.cancel(), false);
      const text = `irecv (rank ${left(comm)}, tag 1) on rank ${comm.rank} was cancelled: it has no value`;
      assert.deepEqual(
        failure(() => early.wait()),
        { code: 'cancelled', message: text },
      );
      await assert.rejects(async () => await early, { code: 'cancelled', message: text });
      comm.barrier();
      comm.send('for the next', right(comm), 1);
      assert.equal(comm.recv(left(comm), 1), 'for the next');
      const met = comm.irecv(left(comm), 2);
      comm.send('there', right(comm), 2);
      comm.barrier();
      assert.equal(met.cancel(), false);
      assert.equal(met.wait(), 'there');
      assert.equal(comm.isend(1, right(comm), 3).cancel(), false);
      comm.recv(left(comm), 3);
    },
  },
];
