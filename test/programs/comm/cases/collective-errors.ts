/** Collectives that do not fit together, and arguments that mean nothing, with the texts of the errors. */
import { type Communicator, ExactSum, IN_PLACE, max, minLocation, ndarray, sum } from 'haloweave';
import { assert, type Case, thrown } from './tools.js';

/** Rank 0 does one thing, all others another: everybody gets an error, and the communicator goes on. */
function mismatch(
  comm: Communicator,
  one: () => unknown,
  other: () => unknown,
): { code?: string; message: string } {
  const error = thrown(comm.rank === 0 ? one : other);
  assert.equal(comm.allreduce(1, sum), comm.size);
  return error;
}

/** The other side that this rank's error names. */
const otherOf = (comm: Communicator): number => (comm.rank === 0 ? 1 : 0);

function is(error: { code?: string; message: string }, code: string, message: string): void {
  assert.equal(error.message, message);
  assert.equal(error.code, code);
}

export const collectiveErrorCases: Case[] = [
  {
    name: 'different calls, operations and roots are told on every rank, with both sides',
    least: 2,
    body(comm) {
      const f = (a: number, b: number): number => a + b;
      const cases: [() => unknown, () => unknown, string, string][] = [
        [
          () => comm.reduce(1, sum, 0),
          () => comm.reduce(1, max, 0),
          'reduce (sum, root 0)',
          'reduce (max, root 0)',
        ],
        [
          () => comm.reduce(1, sum, 0),
          () => comm.reduce(1, sum, 1),
          'reduce (sum, root 0)',
          'reduce (sum, root 1)',
        ],
        [
          () => comm.allreduce(1, sum.fast),
          () => comm.allreduce(1, f),
          'allreduce (sum.fast)',
          'allreduce (a function)',
        ],
        [() => comm.scan(1, sum), () => comm.exscan(1, sum), 'scan (sum)', 'exscan (sum)'],
        [() => comm.gather(1, 1), () => comm.allgather(1), 'gather (root 1)', 'allgather'],
        [
          () => comm.scatter(new Array(comm.size).fill(0), 0),
          () => comm.bcast(0, 0),
          'scatter (root 0)',
          'bcast (root 0)',
        ],
        [() => comm.alltoall(new Array(comm.size).fill(0)), () => comm.barrier(), 'alltoall', 'barrier'],
        [
          () => comm.reduceScatter(new Array(comm.size).fill(0), sum),
          () => comm.allreduce({ value: 1, location: 1 }, minLocation),
          'reduceScatter (sum)',
          'allreduce (minLocation)',
        ],
      ];
      for (const [one, other, first, second] of cases) {
        const [mine, theirs] = comm.rank === 0 ? [first, second] : [second, first];
        is(
          mismatch(comm, one, other),
          'program',
          `ranks are in different collectives: rank ${comm.rank} calls ${mine}, rank ${otherOf(comm)} calls ${theirs}; all ranks must make the same calls in the same order`,
        );
      }
    },
  },
  {
    name: 'operands of different form, dtype, count or shape are told on every rank, with both sides',
    least: 2,
    body(comm) {
      const pairs: [unknown, unknown, string, string][] = [
        [new Float64Array(4), new Float64Array(5), 'an array of 4 f64', 'an array of 5 f64'],
        [new Float64Array(4), new BigInt64Array(4), 'an array of 4 f64', 'an array of 4 i64'],
        [new Float64Array(400), new Float32Array(800), 'an array of 400 f64', 'an array of 800 f32'],
        [new ExactSum(), new ExactSum(), '', ''],
        [7, new ExactSum(), 'a number', 'an ExactSum'],
        [7, new Float64Array(1), 'a number', 'an array of 1 f64'],
        [
          new Float64Array(6),
          ndarray(new Float64Array(6), [2, 3]),
          'an array of 6 f64',
          'an ndarray of shape [2, 3] of f64',
        ],
        [
          ndarray(new Int16Array(6), [2, 3]),
          ndarray(new Int16Array(6), [3, 2]),
          'an ndarray of shape [2, 3] of i16',
          'an ndarray of shape [3, 2] of i16',
        ],
        [
          ndarray(new Int16Array(6000), [6000]),
          ndarray(new Int16Array(6000), [3, 2000]),
          'an ndarray of shape [6000] of i16',
          'an ndarray of shape [3, 2000] of i16',
        ],
      ];
      const each = (v: unknown): unknown[] => new Array(comm.size).fill(v);
      for (const [one, other, first, second] of pairs) {
        const [mine, theirs] = comm.rank === 0 ? [first, second] : [second, first];
        const calls: [string, (v: unknown) => unknown, string][] = [
          ['allreduce', (v) => comm.allreduce(v, sum), ''],
          ['reduce', (v) => comm.reduce(v, sum, 1), ''],
          ['scan', (v) => comm.scan(v, sum), ''],
          ['exscan', (v) => comm.exscan(v, sum), ''],
          ['reduceScatter', (v) => comm.reduceScatter(each(v), sum), ' for rank 0'],
        ];
        if (first === '') {
          // No mismatch: leaves slots behind that say what they held.
          for (const [, call] of calls) call(one);
          continue;
        }
        for (const [name, call, to] of calls)
          is(
            mismatch(
              comm,
              () => call(one),
              () => call(other),
            ),
            'program',
            `${name}: rank ${comm.rank} passes ${mine}${to}, rank ${otherOf(comm)} passes ${theirs}${to}; all ranks must pass values of one form`,
          );
      }
    },
  },
  {
    name: 'buffers that do not take what arrives: the rank that has them says so, and the others go on',
    least: 2,
    body(comm) {
      const last = comm.size - 1;
      const wrong = comm.rank === last;
      const cases: [() => unknown, string, string, string][] = [
        [() => comm.bcastInto(new Float64Array(wrong ? 5 : 4), 0), 'bcast', 'an array of 4 f64', '5 f64'],
        [
          () => comm.bcastInto(wrong ? new Float32Array(4) : new Float64Array(4), 0),
          'bcast',
          'an array of 4 f64',
          '4 f32',
        ],
        [
          () =>
            comm.allgatherInto(
              new Int32Array(wrong ? 2 : 1),
              new Int32Array(wrong ? 2 * comm.size : comm.size),
            ),
          'allgather',
          'an array of 1 i32',
          '2 i32',
        ],
        [
          () =>
            comm.scatterv(
              new Float64Array(comm.size),
              new Array(comm.size).fill(1),
              new Float64Array(wrong ? 2 : 1),
              null,
              0,
            ),
          'scatter',
          'an array of 1 f64',
          '2 f64',
        ],
      ];
      for (const [call, name, sent, room] of cases) {
        if (wrong)
          is(
            thrown(call),
            'truncated',
            `${name}: rank 0 passes ${sent} where rank ${last} has room for ${room}: dtype and count must be the same on both sides`,
          );
        else if (name === 'allgather') {
          // Nobody has room for what the last rank passes.
          is(
            thrown(call),
            'truncated',
            `allgather: rank ${last} passes an array of 2 i32 where rank ${comm.rank} has room for 1 i32: dtype and count must be the same on both sides`,
          );
        } else call();
        assert.equal(comm.allreduce(1, sum), comm.size);
      }
    },
  },
  {
    name: 'counts, displacements and buffers that mean nothing are refused before anybody waits',
    body(comm) {
      const { rank, size } = comm;
      const ones = new Array<number>(size).fill(1);
      const f = (n: number): Float64Array => new Float64Array(n);
      const cases: [() => unknown, string][] = [
        [
          () => comm.gatherv(f(1), f(size), [...ones, 1], null, rank),
          `gatherv: rank ${rank}: receive counts has ${size + 1} entries: pass ${size}, one for each rank`,
        ],
        [
          () => comm.gatherv(f(1), f(size), null, null, rank),
          `gatherv: rank ${rank}: receive counts has no entries: pass ${size}, one for each rank`,
        ],
        [
          () =>
            comm.allgatherv(
              f(1),
              f(size),
              ones.map(() => -1),
            ),
          `allgatherv: rank ${rank}: receive counts[0] is -1: use a whole number of 0 or more`,
        ],
        [
          () =>
            comm.allgatherv(
              f(1),
              f(size),
              ones,
              ones.map(() => 0.5),
            ),
          `allgatherv: rank ${rank}: receive displacements[0] is 0.5: use a whole number of 0 or more`,
        ],
        [
          () =>
            comm.allgatherv(
              f(1),
              f(size),
              ones,
              ones.map((_, r) => r + 1),
            ),
          `allgatherv: rank ${rank}: the piece of rank ${size - 1} is elements ${size} to ${size} of the receive buffer, which holds ${size}`,
        ],
        [
          () => comm.scatterv(f(size - 1), ones, f(1), null, rank),
          `scatterv: rank ${rank}: the piece of rank ${size - 1} is elements ${size - 1} to ${size - 1} of the send buffer, which holds ${size - 1}`,
        ],
        [
          () => comm.scatterv(f(size), ones, f(2), null, rank),
          `scatterv: rank ${rank}: the receive buffer holds 2 elements, but 1 are for this rank`,
        ],
        [
          () => comm.allgatherInto(f(2), f(size)),
          `allgatherInto: rank ${rank}: the send buffer holds 2 elements, and the receive buffer has a piece of 1 for this rank`,
        ],
        [
          () => comm.allgatherInto(new Int8Array(1), f(size)),
          `allgatherInto: rank ${rank}: the send buffer is of i8, the receive buffer of f64: use one dtype`,
        ],
        [
          () => comm.alltoallInto(f(size), f(2 * size)),
          `alltoallInto: rank ${rank}: the send buffer holds ${size} elements, the receive buffer ${2 * size}: use the variable-count form, or equal lengths`,
        ],
        [
          () => comm.gatherInto(f(1), null, rank),
          `gatherInto: rank ${rank}: the root passes no receive buffer`,
        ],
        [
          () => comm.scatterInto(null, f(1), rank),
          `scatterInto: rank ${rank}: the root passes no send buffer`,
        ],
        [
          () => comm.reduceScatterInto(f(size), ones, f(3), sum),
          `reduceScatterInto: rank ${rank}: the receive buffer holds 3 elements, but 1 are for this rank`,
        ],
        [
          () => comm.scatter([1, 2, 3].slice(0, size - 1), rank),
          `scatter: rank ${rank} passes ${Math.min(3, size - 1)} values: pass an array of ${size}, one for each rank`,
        ],
        [
          () => comm.alltoall(null as never),
          `alltoall: rank ${rank} passes no array of values: pass an array of ${size}, one for each rank`,
        ],
      ];
      if (size > 1) {
        const other = (rank + 1) % size;
        cases.push(
          [
            () =>
              comm.allgatherv(
                f(1),
                f(size),
                ones,
                ones.map(() => 0),
              ),
            `allgatherv: rank ${rank}: the pieces of ranks 0 and 1 overlap in the receive buffer at element 0`,
          ],
          [
            () => comm.allgatherInto(f(1), f(size + 1)),
            `allgatherInto: rank ${rank}: the receive buffer holds ${size + 1} elements, which do not part into ${size} equal pieces: use the variable-count form, or another length`,
          ],
          [
            () => comm.gatherInto(IN_PLACE, f(size), other),
            `gatherInto: rank ${rank}: IN_PLACE means something on the root only, rank ${other}`,
          ],
          [
            () => comm.scatterInto(null, IN_PLACE, other),
            `scatterInto: rank ${rank}: IN_PLACE means something on the root only, rank ${other}`,
          ],
        );
      }
      for (const [call, message] of cases) {
        is(thrown(call), 'argument', message);
      }
      for (const r of [-1, size, 0.5])
        for (const [name, call] of Object.entries({
          reduce: () => comm.reduce(1, sum, r),
          gather: () => comm.gather(1, r),
          scatter: () => comm.scatter(ones, r),
          bcastInto: () => comm.bcastInto(f(1), r),
          reduceInto: () => comm.reduceInto(f(1), sum, r),
          gatherInto: () => comm.gatherInto(f(1), f(size), r),
          gatherv: () => comm.gatherv(f(1), f(size), ones, null, r),
          scatterInto: () => comm.scatterInto(f(size), f(1), r),
          scatterv: () => comm.scatterv(f(size), ones, f(1), null, r),
        }))
          is(thrown(call), 'argument', `${name}: rank ${r} does not exist; ranks are 0 to ${size - 1}`);
      assert.equal(comm.allreduce(1, sum), size);
    },
  },
];
