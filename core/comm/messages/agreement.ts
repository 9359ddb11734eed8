import { HaloweaveError } from '../../base/errors.js';
import { ahead, behind, ceilLog2 } from '../../topology/rounds.js';
import type { Operation } from '../operation.js';
import { describe, differentForms } from '../operations/forms.js';
import { outgoing } from '../payload.js';
import type { Call, Steps } from './call.js';
import { raw } from './items.js';
import type { CallName } from './signature.js';

/** What a rank says of the call that it makes. */
export interface Statement {
  /** As errors name it: 'reduce'. */
  readonly name: string;
  /** With what must be the same on all ranks: 'reduce (sum, root 0)'. */
  readonly call: string;
  /** Descriptions of the operands of a reduction, which must be the same too; of a reduceScatter for each rank. */
  readonly operands: readonly string[];
}

/** What a rank tells the others of a call that waits. */
export interface Told {
  readonly name: CallName;
  readonly op?: Operation;
  readonly values?: readonly unknown[];
  readonly root?: number;
}

/** What errors say of a call. */
export function stated(
  { name, op, values = [], root }: Told,
  operationName: (code: number) => string,
): Statement {
  const details: string[] = [];
  if (op) details.push(operationName(op.code));
  if (root !== undefined) details.push(`root ${root}`);
  // Without a built-in operation anything goes with anything.
  const operands = op && op.code !== 0 ? values.map(describe) : [];
  return {
    name,
    call: details.length > 0 ? `${name} (${details.join(', ')})` : name,
    operands: name === 'reduceScatter' ? operands.map((o, rank) => `${o} for rank ${rank}`) : operands,
  };
}

// What is known of a set of ranks, once for calls and once for operands: the lowest rank, the lowest that says
// something else, and what they say, as a hash of 64 bits.
const FIRST = 0;
const OTHER = 3;
const LEVEL_WORDS = 6;
const LEVELS = 2;
const NOBODY = -1;

/**
 * Whether all ranks make the same call with operands of the same form: the error that this rank is to throw, or null.
 * Ranks that differ all learn it, whatever their calls do, so that nobody waits for what never comes.
 *
 * Dissemination of 48 bytes: ⌈log₂ size⌉ rounds of one message, and nobody is through before all have come. If ranks
 * differ, two of them tell all the others what they say: the lowest, and the lowest that differs from it.
 */
export function* agree(call: Call, mine: Statement): Steps<HaloweaveError | null> {
  const { rank, size } = call;
  const known = new Int32Array(LEVELS * LEVEL_WORDS);
  for (let level = 0; level < LEVELS; level++) {
    const at = level * LEVEL_WORDS;
    known.set([rank, ...hash(level === 0 ? mine.call : mine.operands.join('\n'))], at + FIRST);
    known.set([NOBODY, 0, 0], at + OTHER);
  }
  const own = known.slice();
  for (let k = 0; k < ceilLog2(size); k++) {
    call.send(raw(known.slice()), ahead(rank, 1 << k, size));
    const theirs = (yield* call.take(call.expect(behind(rank, 1 << k, size)))) as Int32Array;
    for (let level = 0; level < LEVELS; level++) merge(known, theirs, level * LEVEL_WORDS);
  }
  for (let level = 0; level < LEVELS; level++) {
    const at = level * LEVEL_WORDS;
    if (known[at + OTHER] !== NOBODY) return yield* tell(call, mine, level, known, own);
  }
  return null;
}

/** The two ranks that differ say what they do; the error for this one. */
function* tell(
  call: Call,
  mine: Statement,
  level: number,
  known: Int32Array,
  own: Int32Array,
): Steps<HaloweaveError> {
  const { rank, size } = call;
  const at = level * LEVEL_WORDS;
  const speakers = [known[at + FIRST]!, known[at + OTHER]!];
  const other = same(known, at + FIRST, own, at + FIRST) ? speakers[1]! : speakers[0]!;
  const coming = speakers.filter((r) => r !== rank).map((r) => call.expect(r));
  if (speakers.includes(rank))
    for (let r = 0; r < size; r++) if (r !== rank) call.send(outgoing([mine.call, ...mine.operands]), r);
  let theirs: string[] = [];
  for (const incoming of coming) {
    const said = (yield* call.take(incoming)) as string[];
    if (incoming.from === other) theirs = said;
  }
  const [theirCall, ...operands] = theirs;
  if (level === 0)
    return new HaloweaveError(
      'program',
      `ranks are in different collectives: rank ${rank} calls ${mine.call}, rank ${other} calls ${theirCall}; all ranks must make the same calls in the same order`,
      { rank, operation: mine.name },
    );
  const k = mine.operands.findIndex((o, i) => o !== operands[i]);
  return differentForms(mine.name, rank, mine.operands[k]!, other, operands[k]!);
}

/** Adds what another rank knows. */
function merge(known: Int32Array, theirs: Int32Array, at: number): void {
  const said: Said[] = [];
  for (const from of [known, theirs])
    for (const k of [at + FIRST, at + OTHER])
      if (from[k] !== NOBODY) said.push({ rank: from[k]!, low: from[k + 1]!, high: from[k + 2]! });
  said.sort((a, b) => a.rank - b.rank);
  const first = said[0]!;
  const other = said.find((s) => s.low !== first.low || s.high !== first.high);
  known.set([first.rank, first.low, first.high], at + FIRST);
  known.set(other ? [other.rank, other.low, other.high] : [NOBODY, 0, 0], at + OTHER);
}

interface Said {
  readonly rank: number;
  readonly low: number;
  readonly high: number;
}

const same = (a: Int32Array, i: number, b: Int32Array, j: number): boolean =>
  a[i + 1] === b[j + 1] && a[i + 2] === b[j + 2];

/** Two hashes of 32 bits (FNV-1a with its usual basis, and with another). */
function hash(text: string): [number, number] {
  let low = 0x811c9dc5 | 0;
  let high = 0x2f3a91d7;
  for (let k = 0; k < text.length; k++) {
    const c = text.charCodeAt(k);
    low = Math.imul(low ^ c, 0x01000193);
    high = Math.imul(high ^ c, 0x01000193);
  }
  return [low, high];
}
