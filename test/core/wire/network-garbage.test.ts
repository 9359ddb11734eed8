import { expect, it } from 'vitest';
import { BYTES, CELL_BYTES, KIND, Mode, modeOf } from '../../../core/wire/cell.js';
import {
  checkFrames,
  emptyHeader,
  Freight,
  type Refusal,
  readHeader,
  viewOf,
} from '../../../core/wire/network.js';
import { decodePiece } from '../../../core/wire/network-pieces.js';
import {
  checkCredits,
  checkRecords,
  forEachCredit,
  payloadOf,
  recordAt,
  recordCount,
} from '../../../core/wire/network-records.js';
import { memoryInUse } from '../../support/memory.js';
import { crossing, goodMessages, mutated } from '../../support/network-messages.js';
import { randomFrom } from '../../support/simulated-link.js';

const MESSAGES = 1_000_000;
/** Growth that is allowed, in bytes. */
const GROWTH = 64 * 2 ** 20;

/** What must have happened. */
const EVERY: (Refusal | 'taken')[] = [
  'taken',
  'header length',
  'magic',
  'version',
  'freight',
  'flags',
  'epoch',
  'reserved',
  'number',
  'frame count',
  'records length',
  'records count',
  'destination',
  'source',
  'kind',
  'dtype',
  'mode',
  'tag',
  'context',
  'payload length',
  'payload place',
  'shape',
  'credit',
  'piece',
  'message length',
];

const head = emptyHeader();

/** All that a host does with a message before it believes it; then reads what it believes. */
function take(parts: readonly Uint8Array[]): Refusal | 'taken' {
  const refusal =
    parts.length === 0
      ? 'header length'
      : (readHeader(parts[0]!, head) ?? checkFrames(parts, 1, head.frames));
  if (refusal) return refusal;
  const frames = parts.slice(1);
  switch (head.freight) {
    case Freight.link:
      return 'taken';
    case Freight.records:
      return checkRecords(frames, { ...crossing, epoch: head.epoch }) ?? readAll(frames);
    case Freight.credit: {
      const wrong = checkCredits(frames, crossing);
      if (wrong) return wrong;
      forEachCredit(frames[0]!, (rank, bytes) => {
        if (crossing.hostOf[rank] !== crossing.from || bytes < 1) throw new Error('a wrong credit was taken');
      });
      return 'taken';
    }
    default: {
      const piece = decodePiece(frames);
      return typeof piece === 'string' ? piece : 'taken';
    }
  }
}

/** Payloads of records that were taken lie within their frames, in their whole length. */
function readAll(frames: readonly Uint8Array[]): 'taken' {
  const v = viewOf(frames[0]!);
  for (let k = 0; k < recordCount(frames[0]!); k++) {
    const at = recordAt(k);
    if (at + CELL_BYTES > v.byteLength) throw new Error(`record ${k} does not lie in its frame`);
    if (modeOf(v.getInt32(at + KIND * 4, true)) !== Mode.block) continue;
    if (payloadOf(frames, at).byteLength !== v.getUint32(at + BYTES * 4, true))
      throw new Error(`the payload of record ${k} does not lie in its frame`);
  }
  return 'taken';
}

it('takes a million random, cut and changed messages for what they are, without growing', () => {
  const good = goodMessages();
  for (const message of good) expect(take(message)).toBe('taken');
  const seed = 20261120;
  const random = randomFrom(seed);
  const counts = new Map<string, number>();
  const next = (): void => {
    const message = mutated(good[Math.floor(random() * good.length)]!, random);
    const outcome = take(message);
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  };
  // What the engine compiles and keeps is there after the first tenth.
  for (let k = 0; k < MESSAGES / 10; k++) next();
  const before = memoryInUse().rss;
  for (let k = MESSAGES / 10; k < MESSAGES; k++) next();
  expect(memoryInUse().rss - before).toBeLessThan(GROWTH);
  expect([...counts.values()].reduce((a, b) => a + b)).toBe(MESSAGES);
  // Each check had something to refuse, and what is changed in no place that matters is taken.
  const reasons = [...counts].filter(([, n]) => n >= 10).map(([reason]) => reason);
  expect(reasons).toEqual(expect.arrayContaining(EVERY));
});
