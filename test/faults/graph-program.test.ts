import { readFileSync } from 'node:fs';
import { RunError, type RunOptions, run } from 'haloweave';
import { describe, expect, it } from 'vitest';
import { kernelProgramFile } from '../support/kernel-programs.js';

const FILE = kernelProgramFile('graph/faults');

async function failure(fault: string, options: RunOptions = {}): Promise<RunError> {
  const error = await run(FILE, { cycles: 6, transport: 'inline', args: { fault }, ...options }).then(
    () => null,
    (e: unknown) => e,
  );
  expect(error, `'${fault}' was accepted`).toBeInstanceOf(RunError);
  return error as RunError;
}

it('the program itself is sound', async () => {
  expect((await run(FILE, { cycles: 6, ranks: 2, args: { fault: 'none' } })).cycles).toBe(6);
});

describe('a wrong graph or definition is refused by name', () => {
  it.each<[string, string, string]>([
    [
      'asymmetric',
      'partition',
      "partition 'a' names 'b' as neighbour, but 'b' does not name 'a': list it on both sides",
    ],
    [
      'asymmetric numbers',
      'partition',
      'partition 1 names 2 as neighbour, but 2 does not name 1: list it on both sides',
    ],
    ['unknown id', 'partition', "partition 'a' names 'z' as neighbour, but there is no partition 'z'"],
    [
      'id of another type',
      'partition',
      "partition 3 names '3' as neighbour, but there is no partition '3'; there is 3, a number",
    ],
    [
      'id twice',
      'partition',
      "partition 'a' is given twice, as entries 0 and 2 of graph's parts: every id has one owner",
    ],
    [
      'neighbour twice',
      'partition',
      "partition 'a' names 'b' twice as neighbour: name it once, and share everything for it at once",
    ],
    ['no id', 'argument', "entry 0 of graph's parts has the id undefined: use a string or a whole number"],
    [
      'no neighbours',
      'argument',
      "partition 'a' has no list of neighbours: give neighbours: [ids …], empty if it has none",
    ],
    [
      'no parts',
      'argument',
      "graph needs at least one partition: graph({ parts: [{ id: 'a', neighbours: [] }, …] })",
    ],
    ['negative weight', 'argument', "partition 'a' has the weight -1: use a finite number of 0 or more"],
    ['cells fraction', 'argument', "partition 'a' has 1.5 cells: use a whole number of 0 or more"],
    ['one position', 'argument', "partition 'b' has no position, but 'a' has: give one to all or to none"],
    ['position NaN', 'argument', "partition 'a' has the position [0, NaN]: use finite numbers, one an axis"],
    ['position axes', 'argument', "partition 'b' has a position of 1 axes, but that of 'a' has 2"],
    [
      'no domain',
      'argument',
      'partition must give a domain: return grid({ shape, parts, fields }), or graph({ parts })',
    ],
    [
      'no setup',
      'argument',
      'partitions of a graph need a setup that gives their state: setup: (part) => ({ … })',
    ],
    [
      'no hash',
      'argument',
      "partitions of a graph need a hash that names the values of their state: hash: (part, emit) => emit('u', index, part.state.u)",
    ],
    ['no workunit', 'argument', 'a partitionKernel needs a workunit (or phases)'],
    [
      'no share',
      'argument',
      'the definition has an accept but no share: what one partition shares another accepts',
    ],
    [
      'no accept',
      'argument',
      'the definition has a share but no accept: what one partition shares another accepts',
    ],
    [
      'neither share nor accept',
      'argument',
      'the partitions have neighbours, but share nothing with them: give share(part, to) and accept(part, from, data)',
    ],
    ['share no function', 'argument', 'share of the definition is no function'],
    [
      'phases too',
      'argument',
      'a partitionKernel has either phases, or a workunit with share and accept, not both',
    ],
    ['no phases', 'argument', 'phases is empty: a cycle has at least one phase'],
    [
      'phase without accept',
      'argument',
      'phase 1 has a share but no accept: what one partition shares another accepts',
    ],
    ['phase without workunit', 'argument', 'phase 0 needs a workunit, a function'],
    [
      'state names',
      'argument',
      'state is for grids, whose fields it names: partitions of a graph have hash and collect instead',
    ],
    [
      'output',
      'argument',
      'output is for grids, whose fields it names: partitions of a graph have hash and collect instead',
    ],
    [
      'measure by name',
      'argument',
      "measure 'heat' does not say how: the partitions of a graph have no fields to name, write sum((part, add) => …)",
    ],
    ['lag negative', 'argument', 'lag is -1: use a whole number of 0 or more'],
    [
      'report gathers',
      'argument',
      "gather: there is no field 'u': partitions of a graph have none, use collect",
    ],
  ])('%s', async (fault, code, message) => {
    const error = await failure(fault);
    expect(error.message).toBe(message);
    expect(error.code).toBe(code);
  });

  it('the same on ranks, where all refuse at once', async () => {
    const error = await failure('asymmetric', { transport: 'threads', ranks: 3 });
    expect(error).toMatchObject({ code: 'partition', place: { partition: 'a' } });
  });
});

describe('what user code throws names the partition, and ends the run on all ranks', () => {
  const cases: [string, string][] = [
    ['setup throws', 'setup of partition 7, cycle 0, phase 0: no such state'],
    [
      'no state',
      "setup of partition 'a', cycle 0, phase 0: it gave no state: return it, as in setup: (part) => ({ … })",
    ],
    ['setup promises', "setup of partition 'a' returned a promise: it must be synchronous"],
    ['workunit throws', "workunit of partition 'b', cycle 3, phase 0: too hot"],
    ['share throws', "share of partition 'b', cycle 3, phase 0: nothing for a"],
    [
      'share promises',
      "share of partition 'b', cycle 3, phase 0 returned a promise: shares are synchronous; do asynchronous work in report, or before the run",
    ],
    [
      'share function',
      "share of partition 'b', cycle 3, phase 0: a function cannot be sent: send data, and call functions on the rank that has them",
    ],
    ['first share throws', 'share of partition 7, cycle -1, phase 0: not yet'],
    ['accept throws', "accept of partition 'b', cycle 3, phase 0: not from a"],
    [
      'accept promises',
      "accept of partition 'b', cycle 3, phase 0 returned a promise: accepts are synchronous; do asynchronous work in report, or before the run",
    ],
    ['hash throws', 'hash of partition 7, cycle 6, phase 0: no value'],
    [
      'hash emits text',
      "hash of partition 'a', cycle 6, phase 0: emit: 'u' at index 0 is a string: emit numbers, bigints and typed arrays",
    ],
    [
      'hash emits a wide bigint',
      "hash of partition 'a', cycle 6, phase 0: emit: 'u' is 18446744073709551616, which has more than 64 bits: split it",
    ],
    ['measure throws', "measure of partition 'a', cycle 0, phase 0: no heat"],
    ['collect throws', 'collect of partition 7, cycle 6, phase 0: nothing there'],
    [
      'collect function',
      "collect of partition 'a', cycle 6, phase 0: a function cannot be sent: send data, and call functions on the rank that has them",
    ],
  ];

  it.each(cases)('%s', async (fault, message) => {
    const error = await failure(fault);
    expect([error.message, error.code]).toEqual([message, 'program']);
  });

  it('a hash at no whole index', async () => {
    expect((await failure('hash emits at a fraction')).message).toMatch(
      /^hash of partition 'a', cycle 6, phase 0: .*0\.5/,
    );
  });

  it.each(['share throws', 'accept throws', 'hash throws', 'collect throws'])(
    '%s, on ranks',
    async (fault) => {
      const error = await failure(fault, { transport: 'threads', ranks: 3 });
      expect(error.message).toBe(cases.find(([name]) => name === fault)![1]);
      expect(error.rank).toBeGreaterThanOrEqual(0);
      const lines = readFileSync(FILE, 'utf8').split('\n');
      const line = lines.findIndex((text) => text.includes('new RangeError')) + 1;
      expect(error.stack).toContain(`faults.ts:${line}:`);
    },
  );
});
