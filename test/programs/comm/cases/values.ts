/** Structured values. */
import { assert, type Case, left, right, says, thrown } from './tools.js';

interface Node {
  name: string;
  next: Node | null;
  all: Node[];
}

const samples: unknown[] = [
  0,
  1,
  -1,
  0.1,
  -0,
  5e-324,
  2 ** 53,
  -(2 ** 31),
  2 ** 32,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  '',
  'text',
  'ünïcödé 😀',
  'long '.repeat(5000),
  true,
  false,
  null,
  undefined,
  0n,
  -1n,
  2n ** 63n,
  -(2n ** 64n) - 1n,
  10n ** 60n,
  [],
  {},
  [1, 'a', null, undefined, [2n]],
  { a: { b: { c: [{ d: 1 }] } }, e: undefined, 'strange key': 2, '-1': 3 },
  new Map<unknown, unknown>([
    [1, 'number'],
    ['1', 'text'],
    [{ k: 1 }, new Map([['inner', [1]]])],
    [undefined, null],
  ]),
  new Map(),
  new Set([1, 'a', 2n]),
  new Set(),
  { map: new Map([['a', new Set([1])]]), list: [new Map(), new Set()] },
  new Date(86_400_000),
  /a+b/gi,
  {
    f64: new Float64Array([1.5, -0, Number.NaN]),
    i64: new BigInt64Array([-1n]),
    u8: new Uint8Array(300).fill(7),
  },
  Array.from({ length: 5000 }, (_, k) => ({ k, half: k / 2 })),
  Object.fromEntries(Array.from({ length: 300 }, (_, k) => [`key${k}`, k])),
];

export const valueCases: Case[] = [
  {
    name: 'structured values arrive as they were',
    body(comm) {
      samples.forEach((value, k) => {
        const got = comm.sendrecv(value, right(comm), k, left(comm), k);
        assert.deepStrictEqual(got, value);
      });
    },
  },
  {
    name: 'structured values are told apart by what else was sent before only by order',
    body(comm) {
      for (let round = 0; round < 3; round++) for (const value of samples) comm.send(value, right(comm), 1);
      for (let round = 0; round < 3; round++)
        for (const value of samples) assert.deepStrictEqual(comm.recv(left(comm), 1), value);
    },
  },
  {
    name: 'shared and cyclic references keep their identity',
    body(comm) {
      const a: Node = { name: 'a', next: null, all: [] };
      const b: Node = { name: 'b', next: a, all: [] };
      a.next = b;
      a.all.push(a, b);
      b.all = a.all;
      const got = comm.sendrecv<Node>(a, right(comm), 0, left(comm), 0);
      assert.equal(got.next!.next, got);
      assert.equal(got.all[0], got);
      assert.equal(got.all[1], got.next);
      assert.equal(got.next!.all, got.all);
      const map = new Map<string, unknown>();
      map.set('self', map).set('list', [map]);
      const m = comm.sendrecv<Map<string, unknown>>(map, right(comm), 1, left(comm), 1);
      assert.equal(m.get('self'), m);
      assert.equal((m.get('list') as unknown[])[0], m);
      const array: unknown[] = [1];
      array.push(array);
      const l = comm.sendrecv<unknown[]>(array, right(comm), 2, left(comm), 2);
      assert.equal(l[1], l);
    },
  },
  {
    name: 'decoded keys reach no prototype',
    body(comm) {
      const value = JSON.parse(
        '{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 2}}}',
      );
      const got = comm.sendrecv<Record<string, unknown>>(value, right(comm), 0, left(comm), 0);
      assert.equal(({} as Record<string, unknown>).polluted, undefined);
      assert.equal(got.polluted, undefined);
      assert.equal(Object.getPrototypeOf(got), Object.prototype);
    },
  },
  {
    name: 'functions and symbols are refused, and the rank goes on',
    body(comm) {
      says(
        thrown(() => comm.send(() => 1, right(comm))),
        'argument',
        'a function cannot be sent',
      );
      says(
        thrown(() => comm.isend(Symbol('s'), right(comm))),
        'argument',
        'a symbol cannot be sent',
      );
      assert.equal(comm.sendrecv('after', right(comm), 0, left(comm), 0), 'after');
    },
  },
];
