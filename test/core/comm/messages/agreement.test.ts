import { afterAll, describe, expect, it } from 'vitest';
import type { HaloweaveError } from '../../../../core/base/errors.js';
import { Group } from '../../../../core/comm/group.js';
import { agree, type Statement, stated } from '../../../../core/comm/messages/agreement.js';
import { Call } from '../../../../core/comm/messages/call.js';
import { markFor } from '../../../../core/comm/messages/signature.js';
import { Heap } from '../../../../core/memory/heap.js';
import { concat, fastSum, operationName } from '../../../support/operations.js';
import { SimulatedNetwork, simulatedRanks } from '../../../support/simulated-network.js';

const heap = Heap.create({ arenaBytes: 16 << 20 });
afterAll(() => heap.close());

const says = (call: string, ...operands: string[]): Statement => ({
  name: call.split(' ')[0]!,
  call,
  operands,
});

/** Every rank makes its statement, in one thread: what each is to throw, and the messages and bytes that each sent. */
function agreement(statements: readonly Statement[], lastFirst = false) {
  const net = new SimulatedNetwork({ ranks: statements.length, heap });
  const ranks = simulatedRanks(net);
  const world = ranks.map((r) => r.rank);
  const calls = ranks.map(({ endpoint, rank }) => {
    const group = new Group(world, rank, 0, null);
    const setup = { endpoint, group, name: 'agreement', mark: markFor('agreement', 0), tag: 5 };
    const call = new Call({ ...setup, deadline: Number.POSITIVE_INFINITY, operationName });
    return call.run(agree(call, statements[rank]!));
  });
  const order = lastFirst ? [...world].reverse() : world;
  const over = new Set<number>();
  // Each round of dissemination takes a pass at the most, and so does what two ranks tell the others.
  for (let pass = 0; over.size < world.length; pass++) {
    if (pass > 2 * world.length + 10) throw new Error('the ranks wait for each other');
    for (const r of order) {
      ranks[r]!.endpoint.advance();
      if (!over.has(r) && calls[r]!.step()) over.add(r);
    }
  }
  return {
    errors: calls.map((c) => c.value as HaloweaveError | null),
    sent: ranks.map((r) => r.endpoint.sent),
    bytes: ranks.map((r) => r.endpoint.sentBytes),
    idle: ranks.every((r) => r.endpoint.idle),
  };
}

const sizes = [1, 2, 3, 4, 7, 8, 13];

describe('ranks that make the same call', () => {
  it.each(sizes)('%i: none throws, after ⌈log₂ P⌉ messages of 48 bytes each', (p) => {
    for (const lastFirst of [false, true]) {
      const same = Array.from({ length: p }, () => says('reduce (sum, root 0)', 'a number'));
      const { errors, sent, bytes, idle } = agreement(same, lastFirst);
      const rounds = Math.ceil(Math.log2(p));
      expect(errors).toEqual(same.map(() => null));
      expect(sent).toEqual(same.map(() => rounds));
      expect(bytes).toEqual(same.map(() => 48 * rounds));
      expect(idle).toBe(true);
    }
  });
});

describe('ranks of which some make another call', () => {
  const message = (rank: number, mine: string, other: number, theirs: string): string =>
    `ranks are in different collectives: rank ${rank} calls ${mine}, rank ${other} calls ${theirs}; all ranks must make the same calls in the same order`;

  it.each(sizes.slice(1))('%i, whichever it is: all learn who differs, and leave nothing behind', (p) => {
    for (let odd = 0; odd < p; odd++)
      for (const lastFirst of [false, true]) {
        const calls = Array.from({ length: p }, (_, r) => (r === odd ? 'barrier' : 'bcast (root 1)'));
        const { errors, idle } = agreement(
          calls.map((c) => says(c)),
          lastFirst,
        );
        // The lowest rank, and the lowest that differs from it, speak for all.
        const [first, other] = odd === 0 ? [0, 1] : [0, odd];
        for (let r = 0; r < p; r++) {
          const against = calls[r] === calls[first] ? other : first;
          expect(errors[r]!.message).toBe(message(r, calls[r]!, against, calls[against]!));
          expect(errors[r]).toMatchObject({
            code: 'program',
            place: { rank: r, operation: calls[r]!.split(' ')[0] },
          });
        }
        expect(idle).toBe(true);
      }
  });

  it('in three ways: each is told of one that does not make its own', () => {
    const calls = ['scan (sum)', 'scan (sum)', 'scan (max)', 'exscan (sum)', 'scan (max)'];
    const { errors } = agreement(calls.map((c) => says(c)));
    const against = [2, 2, 0, 0, 0];
    expect(errors.map((e) => e!.message)).toEqual(
      calls.map((c, r) => message(r, c, against[r]!, calls[against[r]!]!)),
    );
  });
});

describe('ranks that make the same call with operands of other forms', () => {
  it('are told both forms; of several operands, the one that differs', () => {
    const two = [says('reduceScatter (sum)', 'a for rank 0', 'b for rank 1')];
    const { errors, idle } = agreement([...two, says('reduceScatter (sum)', 'a for rank 0', 'c for rank 1')]);
    expect(errors.map((e) => e!.message)).toEqual([
      'reduceScatter: rank 0 passes b for rank 1, rank 1 passes c for rank 1; all ranks must pass values of one form',
      'reduceScatter: rank 1 passes c for rank 1, rank 0 passes b for rank 1; all ranks must pass values of one form',
    ]);
    expect(idle).toBe(true);
  });

  it('and some another call: the calls are what they are told', () => {
    const { errors } = agreement([
      says('reduce (sum, root 0)', 'a number'),
      says('reduce (sum, root 0)', 'an array'),
      says('barrier'),
    ]);
    for (const e of errors) expect(e!.message).toMatch(/^ranks are in different collectives: /);
  });
});

describe('what a rank says of its call', () => {
  it('has what must be the same on all ranks, and no more', () => {
    expect(stated({ name: 'barrier' }, operationName)).toEqual({
      name: 'barrier',
      call: 'barrier',
      operands: [],
    });
    expect(stated({ name: 'gather', values: [1], root: 2 }, operationName)).toEqual({
      name: 'gather',
      call: 'gather (root 2)',
      operands: [],
    });
    const values = [new Float64Array(3), 1];
    expect(stated({ name: 'reduceScatter', op: fastSum, values }, operationName)).toEqual({
      name: 'reduceScatter',
      call: `reduceScatter (${operationName(fastSum.code)})`,
      operands: ['an array of 3 f64 for rank 0', 'a number for rank 1'],
    });
  });

  it('with an operation of its own anything goes with anything', () => {
    expect(stated({ name: 'allreduce', op: concat, values: ['x'] }, operationName).operands).toEqual([]);
  });
});
