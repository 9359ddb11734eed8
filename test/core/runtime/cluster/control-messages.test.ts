import { describe, expect, it } from 'vitest';
import {
  decodeArgs,
  encodeArgs,
  outcomePieces,
  Pieces,
  readControl,
  wireError,
} from '../../../../core/runtime/cluster/control-codec.js';
import {
  type ControlMessage,
  checkMessage,
  LONGEST_TEXT,
  PIECE_BYTES,
  PROTOCOL,
} from '../../../../core/runtime/cluster/control-messages.js';
import { checkResult } from '../../../../core/runtime/cluster/outcome-schema.js';
import type { RankResult } from '../../../../core/runtime/rank-entry.js';
import { encodeBounded } from '../../../../core/wire/bounded-decode.js';
import { decode } from '../../../../core/wire/codec.js';

const sha256 = 'ab'.repeat(32);
const identity = {
  version: '0.1.0',
  node: '20.20.2',
  v8: '11.3',
  name: 'node7',
  boot: 'x',
  pid: 7,
  instance: '0123456789abcdef0123456789abcdef',
};
const address = { host: 1, endpoints: ['tcp://a:1'], publicKey: null, instance: '0123456789abcdef', machine: 'm' };
const options = {
  parts: { kind: 'dims' as const, dims: [2, 3] },
  cycles: 5,
  hash: true,
  check: false,
  silent: false,
  save: false,
  keep: true,
};
const reading = {
  rank: 3,
  state: 1 as const,
  sequence: -5,
  turns: 0,
  operation: 'recv',
  peer: -1,
  tag: -1,
  context: 0,
  held: { messages: 0, source: -1, tag: -1 },
  parked: true,
  queued: 0,
};
const error = { name: 'E', message: 'm', stack: 's', code: null, place: { rank: 1, cycle: 2 }, aborted: false };

/** One of each. */
const MESSAGES: ControlMessage[] = [
  { type: 'hello', protocol: PROTOCOL, role: 'worker', identity, ranks: 4 },
  { type: 'welcome', host: 1, identity, address: { ...address, host: 0 } },
  { type: 'refuse', reason: 'busy', wait: true },
  { type: 'joined', address },
  { type: 'warning', text: 'w' },
  { type: 'bundle', sha256, pieces: 2, file: '/a.ts' },
  { type: 'bundle-wanted', sha256 },
  { type: 'bundle-piece', sha256, piece: 1, bytes: new Uint8Array(PIECE_BYTES) },
  { type: 'bundle-kept', sha256 },
  {
    type: 'epoch',
    epoch: 1,
    sha256,
    file: '/a.ts',
    args: new Uint8Array(3),
    options,
    hostOf: [1, 1, 2],
    addresses: [address],
    output: 1,
    tagOutput: false,
  },
  { type: 'ready', epoch: 1 },
  { type: 'begin', epoch: 1 },
  { type: 'begun', epoch: 1, rank: 0 },
  { type: 'names', epoch: 1, names: ['heat'] },
  { type: 'printed', epoch: 1, rank: 0, descriptor: 2, bytes: new Uint8Array(5) },
  { type: 'printed-taken', epoch: 1, bytes: 5 },
  { type: 'failed', epoch: 1, rank: 2, error },
  { type: 'outcome', epoch: 1, rank: 0, piece: 0, pieces: 1, bytes: new Uint8Array(1) },
  { type: 'unable', epoch: 1, host: -1, error },
  { type: 'abort', epoch: 1, culprit: -1 },
  { type: 'end', epoch: 1 },
  { type: 'ended', epoch: 1 },
  { type: 'look', epoch: 1, round: 1 },
  { type: 'reading', epoch: 1, round: 1, ranks: [reading], sent: 1, received: 2, waiting: 3 },
  { type: 'reading', epoch: 1, round: 1, ranks: null, sent: 1, received: 2, waiting: 3 },
  { type: 'close', epoch: 1 },
  { type: 'closing', epoch: 1, cycles: 3 },
  { type: 'closed', epoch: 1, cycles: 3 },
  { type: 'progress', epoch: 1, board: new Uint8Array(8) },
  { type: 'leave' },
  { type: 'bye', reason: 'done' },
];

/** Bytes as plain arrays: which class holds them does not matter. */
const plain = (message: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(message).map(([k, v]) => [k, v instanceof Uint8Array ? new Uint8Array(v) : v]),
  );

describe('control messages', () => {
  it.each(MESSAGES)('$type comes as it was', (message) => {
    const read = readControl(encodeBounded(message));
    expect(plain(read)).toEqual(plain(message));
  });

  it.each(MESSAGES)('$type with one thing more or one thing less is none', (message) => {
    expect(() => checkMessage({ ...message, more: 1 })).toThrow(/no control message/);
    for (const key of Object.keys(message)) {
      const less: Record<string, unknown> = { ...message };
      delete less[key];
      expect(() => checkMessage(less), key).toThrow(expect.objectContaining({ code: 'format' }));
    }
  });

  it.each<[string, unknown, RegExp]>([
    ['nothing', null, /no control message/],
    ['an unknown type', { type: 'run', command: 'rm' }, /no control message: type/],
    ['a number that is none', { type: 'ready', epoch: Number.NaN }, /epoch/],
    ['an epoch below 1', { type: 'ready', epoch: 0 }, /epoch/],
    ['a rank beyond all', { type: 'begun', epoch: 1, rank: 1 << 20 }, /rank/],
    ['a long text', { type: 'bye', reason: 'x'.repeat(LONGEST_TEXT + 1) }, /reason/],
    [
      'a large piece',
      { type: 'bundle-piece', sha256, piece: 0, bytes: new Uint8Array(PIECE_BYTES + 1) },
      /bytes: more than a piece/,
    ],
    ['text for bytes', { type: 'bundle-piece', sha256, piece: 0, bytes: 'x' }, /bytes: no bytes/],
    ['a hash that is none', { type: 'bundle-wanted', sha256: '../../etc/passwd' }, /sha256/],
    ['a state that there is not', { ...MESSAGES[23], ranks: [{ ...reading, state: 9 }] }, /ranks/],
  ])('%s is refused by name', (_, value, message) => {
    expect(() => checkMessage(value)).toThrow(message);
  });

  it('of another protocol are known for what they are, whatever else is in them', () => {
    const foreign = {
      type: 'hello',
      protocol: 2,
      identity: { version: '0.9.0', name: 'node8', quantum: true },
      news: [1],
    };
    expect(checkMessage(foreign)).toEqual({
      type: 'foreign-hello',
      protocol: 2,
      version: '0.9.0',
      name: 'node8',
    });
  });
});

describe('what is in them', () => {
  it('an outcome arrives in pieces, with its typed arrays, and is checked', () => {
    const result: RankResult = {
      ok: true,
      outcome: {
        rank: 1,
        kernel: null,
        value: { big: new Float64Array(PIECE_BYTES / 4).fill(1.5), list: [1, 'a', null], map: new Map([[1, 2]]) },
        registered: { hash: Uint32Array.of(1, 2), spans: [{ name: 'x', ends: Float64Array.of(0, 3) }] },
        seconds: 0.5,
        sent: 1,
        sentBytes: 8,
        unreceived: 0,
        stale: 0,
        nondeterministic: 0,
      },
    };
    const messages = outcomePieces(4, result);
    expect(messages.length).toBe(3);
    const got = new Pieces();
    const whole = messages.map((m) => got.add(m.piece, m.pieces, m.bytes));
    expect(whole.slice(0, -1)).toEqual([null, null]);
    expect(checkResult(decode(whole.at(-1)!), 1)).toEqual(result);
    expect(() => checkResult(decode(whole.at(-1)!), 0)).toThrow('the outcome of rank 0 is that of another');
    expect(() => checkResult({ ok: true, outcome: { rank: 0 } }, 0)).toThrow(/the outcome of rank 0 is none/);
    expect(() => new Pieces().add(1, 3, new Uint8Array(1))).toThrow('piece 1 of 3, after 0');
  });

  it('errors are cut to what may be sent', () => {
    const wire = wireError({
      ...error,
      message: 'm'.repeat(LONGEST_TEXT + 5),
      place: { partition: 'p'.repeat(999), cycle: 3 },
    });
    expect(wire.message.length).toBe(LONGEST_TEXT);
    expect(wire.place).toEqual({ partition: 'p'.repeat(256), cycle: 3 });
    checkMessage({ type: 'failed', epoch: 1, rank: 0, error: wire });
  });

  it('arguments are any plain data, but not shared memory', () => {
    const args = { n: 3, list: [1, 2], floats: Float32Array.of(1, 2), deep: { map: new Map([['a', 1n]]) } };
    expect(decodeArgs(encodeArgs(args))).toEqual(args);
    const shared = new SharedArrayBuffer(8);
    expect(() => encodeArgs({ a: { b: shared } })).toThrow(
      'args.a.b is shared memory, which other hosts do not have: pass a copy, or the path of a file',
    );
    expect(() => encodeArgs({ list: [new Float64Array(shared)] })).toThrow(/^args\.list\.0 is shared memory/);
    expect(() => decodeArgs(encodeArgs([1]))).toThrow('the arguments are no object');
  });
});
