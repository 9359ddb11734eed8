import { z } from 'zod';
import { HaloweaveError } from '../../base/errors.js';
import { MAX_RANKS } from '../../transport/threads/layout.js';
import { RankState } from '../../wire/wait.js';

/**
 * What a coordinator and its workers say to each other. Any change that an older side would misread makes it the next version:
 * sides of different versions refuse each other by name (see identity.ts).
 */
export const PROTOCOL = 1;

/** Bytes of a bundle or an outcome that one message carries: small beside the limit of a message, large beside its header. */
export const PIECE_BYTES = 1 << 20;
/** Most pieces: a bundle or an outcome of 256 MiB. */
const MOST_PIECES = 256;
/** Most hosts of a cluster: one rank each, of as many ranks as a run may have. */
const MOST_HOSTS = MAX_RANKS;
/** Longest message and stack of an error that is passed on; longer ones are cut by the sender. */
export const LONGEST_TEXT = 1 << 16;

const count = z.int().min(0);
const host = z.int().min(0);
const epoch = z.int().min(1).max(0x7fff_ffff);
const rank = z
  .int()
  .min(0)
  .max(MAX_RANKS - 1);
const int32 = z.int().min(-0x8000_0000).max(0x7fff_ffff);
const name = z.string().max(256);
const text = z.string().max(LONGEST_TEXT);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const value = z.custom<Uint8Array>((v) => v instanceof Uint8Array, 'no bytes');
const bytes = value.refine((b) => b.length <= PIECE_BYTES, 'more than a piece');

/** Where a host's data socket is reached: `HostAddress` of core/transport/zeromq/mesh. */
const address = z.strictObject({
  host,
  endpoints: z.array(z.string().max(512)).max(16),
  publicKey: z.string().length(40).nullable(),
  instance: z.string().regex(/^[0-9a-f]{16}$/),
  machine: name,
});

/** Who speaks. */
const identity = z.strictObject({
  /** Of haloweave. */
  version: name,
  node: name,
  v8: name,
  /** The machine's name, for people. */
  name,
  /** Which start of which machine: hosts with the same one share memory and files in /tmp. */
  boot: name,
  pid: count,
  /** Random; another process never has it. */
  instance: z.string().regex(/^[0-9a-f]{32}$/),
});

const error = z.strictObject({
  name,
  message: text,
  stack: text,
  code: name.nullable(),
  place: z.record(name, z.union([name, z.number()])),
  aborted: z.boolean(),
});

const hello = z.strictObject({
  type: z.literal('hello'),
  protocol: z.int(),
  role: z.enum(['coordinator', 'worker']),
  identity,
  /** Ranks that a worker offers; 0 for a coordinator. */
  ranks: z.int().min(0).max(MAX_RANKS),
});

const parts = z.union([
  z.strictObject({ kind: z.enum(['default', 'count']), count: z.int().min(1) }),
  z.strictObject({ kind: z.literal('cells'), cells: z.int().min(1) }),
  z.strictObject({ kind: z.literal('dims'), dims: z.array(z.int().min(1)).max(16) }),
]);

const options = z.strictObject({
  parts,
  cycles: count.nullable(),
  hash: z.boolean(),
  check: z.boolean(),
  silent: z.boolean(),
  save: z.boolean(),
  keep: z.boolean(),
});

/** Numbers of parts, −1 for the run as a whole: little-endian 32-bit words, for there may be very many. */
const parts32 = value.refine((b) => b.length % 4 === 0, 'no whole numbers of parts');

/** The state that the ranks of an epoch go on from. */
const base = z.strictObject({
  /** The epoch that saved it; 0 for a file, whose pieces host 0 has. */
  epoch: count,
  cycles: z.int().min(1),
  /** Who has which pieces in memory. */
  sets: z.array(z.strictObject({ parts: parts32, holders: z.array(host).max(MOST_HOSTS) })).max(MOST_HOSTS),
});

const reading = z.strictObject({
  rank,
  state: z.union(Object.values(RankState).map((s) => z.literal(s))),
  sequence: int32,
  turns: int32,
  operation: name,
  peer: int32,
  tag: int32,
  context: int32,
  held: z.strictObject({ messages: int32, source: int32, tag: int32 }),
  parked: z.boolean(),
  queued: int32,
});

const message = z.discriminatedUnion('type', [
  hello,
  // The coordinator takes a worker in, under a number that no other process will ever have.
  z.strictObject({ type: z.literal('welcome'), host: host.min(1), identity, address }),
  // Either side says why it will not work with the other; `wait` if that may change.
  z.strictObject({ type: z.literal('refuse'), reason: text, wait: z.boolean() }),
  // The worker's data socket is bound.
  z.strictObject({ type: z.literal('joined'), address }),
  z.strictObject({ type: z.literal('warning'), text }),
  // The other hosts that the worker cannot reach now; none if it reaches them all again.
  z.strictObject({ type: z.literal('unreachable'), hosts: z.array(host).max(MOST_HOSTS) }),
  // All hosts that have joined, and the coordinator: these may connect to the worker, and nobody else.
  z.strictObject({ type: z.literal('hosts'), addresses: z.array(address).max(MOST_HOSTS) }),
  // All of these have that list: links to them may begin.
  z.strictObject({ type: z.literal('meet'), addresses: z.array(address).max(MOST_HOSTS) }),
  // A host has left or was given up: links to it are dropped.
  z.strictObject({ type: z.literal('gone'), host: host.min(1) }),

  z.strictObject({
    type: z.literal('bundle'),
    sha256,
    pieces: z.int().min(1).max(MOST_PIECES),
    file: z.string().max(4096),
  }),
  z.strictObject({ type: z.literal('bundle-wanted'), sha256 }),
  z.strictObject({ type: z.literal('bundle-piece'), sha256, piece: count, bytes }),
  z.strictObject({ type: z.literal('bundle-kept'), sha256 }),

  // An epoch: made ready on every host, then begun on all, ended on all.
  z.strictObject({
    type: z.literal('epoch'),
    epoch,
    sha256,
    file: z.string().max(4096),
    args: value,
    options,
    /** By rank. */
    hostOf: z.array(host).min(1).max(MAX_RANKS),
    addresses: z.array(address).max(MOST_HOSTS),
    output: z.union([z.literal(1), z.literal(2)]),
    tagOutput: z.boolean(),
    /** Cycles from one saved state to the next, in hosts' memory and on disk; null for none. */
    memoryEvery: count.min(1).nullable(),
    diskEvery: count.min(1).nullable(),
    /** Null for the beginning. */
    base: base.nullable(),
    /** Output of the states below this one has been given to the program. */
    delivered: count,
  }),
  // A host without ranks in the epoch may have pieces that the others go on from.
  z.strictObject({ type: z.literal('hold'), epoch, base: base.nullable() }),
  z.strictObject({ type: z.literal('ready'), epoch }),
  z.strictObject({ type: z.literal('begin'), epoch }),
  z.strictObject({ type: z.literal('begun'), epoch, rank, recovers: z.boolean() }),
  z.strictObject({ type: z.literal('names'), epoch, names: z.array(name).max(1024) }),
  z.strictObject({
    type: z.literal('printed'),
    epoch,
    rank,
    descriptor: z.union([z.literal(1), z.literal(2)]),
    bytes,
  }),
  // The coordinator has written that many printed bytes: as many may follow.
  z.strictObject({ type: z.literal('printed-taken'), epoch, bytes: count }),
  z.strictObject({ type: z.literal('failed'), epoch, rank, error }),
  z.strictObject({
    type: z.literal('outcome'),
    epoch,
    rank,
    piece: count,
    pieces: z.int().min(1).max(MOST_PIECES),
    bytes,
  }),
  // The coordinator wants a field of the final state; it comes over the data mesh (`Freight.field`).
  z.strictObject({ type: z.literal('gather'), epoch, field: count }),
  // The host cannot take part in the epoch any more, because of what another one sent (−1: by itself).
  z.strictObject({ type: z.literal('unable'), epoch, host: int32, error }),
  z.strictObject({ type: z.literal('abort'), epoch, culprit: int32 }),
  z.strictObject({ type: z.literal('end'), epoch }),
  z.strictObject({ type: z.literal('ended'), epoch }),

  z.strictObject({ type: z.literal('look'), epoch, round: count }),
  z.strictObject({
    type: z.literal('reading'),
    epoch,
    round: count,
    /** Null if a rank of the host is doing something. */
    ranks: z.array(reading).max(MAX_RANKS).nullable(),
    /** Records that the host has sent to others and received from them, in this epoch. */
    sent: count,
    received: count,
    /** Records for other hosts and bytes that lie here, not yet sent or not yet acknowledged. */
    waiting: count,
  }),

  // A run is closed in two rounds: all say how far they are, and hear the highest.
  z.strictObject({ type: z.literal('close'), epoch }),
  z.strictObject({ type: z.literal('closing'), epoch, cycles: count }),
  // `moves`: it goes on from there, on other hosts.
  z.strictObject({ type: z.literal('closed'), epoch, cycles: count, moves: z.boolean() }),

  z.strictObject({ type: z.literal('progress'), epoch, board: value }),

  // The host's ranks have all saved that state; its pieces are on their way to the disk.
  z.strictObject({ type: z.literal('saving'), epoch, cycles: count }),
  // A host, this one or another, has all pieces of this host's ranks.
  z.strictObject({ type: z.literal('kept'), epoch, cycles: count, holder: host, parts: parts32 }),
  // A rank of the host has not saved that state: earlier ones are still under way.
  z.strictObject({ type: z.literal('left-out'), epoch, cycles: count }),
  // The host's ranks have no parts: it has nothing to save.
  z.strictObject({ type: z.literal('partless'), epoch }),
  // The program is about to be given a frame, or asked for its report: what rank 0 prints from here on belongs to that.
  z.strictObject({ type: z.literal('writing'), epoch }),
  // The program has been given the output of all states below this one.
  z.strictObject({ type: z.literal('delivered'), epoch, state: count }),
  // Everybody has that state: older ones are of no use. Nobody will have the whole of it: nor is it.
  z.strictObject({ type: z.literal('commit'), epoch, cycles: count }),
  z.strictObject({ type: z.literal('forget'), epoch, cycles: count }),

  // A worker asks to go; it goes once the coordinator has said bye.
  z.strictObject({ type: z.literal('leave') }),
  z.strictObject({ type: z.literal('bye'), reason: text }),
]);

export type ControlMessage = z.infer<typeof message>;
export type ControlOf<T extends ControlMessage['type']> = Extract<ControlMessage, { type: T }>;
export type WireBase = z.infer<typeof base>;
export type Identity = z.infer<typeof identity>;
export type WireReading = z.infer<typeof reading>;
export type Hello = z.infer<typeof hello>;

/** Any version's hello: enough to say which one it is. */
const anyHello = z.looseObject({
  type: z.literal('hello'),
  protocol: z.int(),
  identity: z.looseObject({ version: name, name }),
});

/** A hello of another version of the protocol, with which nothing more can be said. */
export interface ForeignHello {
  type: 'foreign-hello';
  protocol: number;
  version: string;
  name: string;
}

/** Checks a decoded value. @throws HaloweaveError 'format' that names what is wrong with it. */
export function checkMessage(decoded: unknown): ControlMessage | ForeignHello {
  const early = anyHello.safeParse(decoded);
  if (early.success && early.data.protocol !== PROTOCOL) {
    const { protocol, identity: who } = early.data;
    return { type: 'foreign-hello', protocol, version: who.version, name: who.name };
  }
  const checked = message.safeParse(decoded);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  const at = issue && issue.path.length > 0 ? `${issue.path.join('.')}: ` : '';
  throw new HaloweaveError('format', `no control message: ${at}${issue?.message ?? 'wrong'}`);
}
