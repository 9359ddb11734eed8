import { RAW_BYTES } from '../../comm/channel.js';
import { boxVolume } from '../../decomposition/box.js';
import type { CopyBox } from '../../memory/copy-box.js';
import type { TypedArray } from '../../memory/dtype.js';
import type { BlockLayout } from './blocks.js';
import type { GridDomain } from './grid.js';

/** Runs of at least so many elements are copied in one call: it costs as much as some thirty turns of the plain loop. */
const WORTH = 40;

/** Consecutive elements that lie in a slot and travel in a message, in elements of their dtype from the begin of each. */
export interface Run {
  code: number;
  bytes: number;
  slot: number;
  message: number;
  count: number;
}

/**
 * What of a part's share in one phase the parts of one rank read, as messages: pure arithmetic of the domain and of who
 * owns what, so that both sides compute it alike. Fields one after the other as in the slot, 8-byte aligned; one message,
 * or as many as `limit` asks for. `layout`: that of the part that shares; `reader`: true for a part whose rank reads.
 */
export function shareRuns(
  domain: GridDomain,
  layout: BlockLayout,
  phase: number,
  shared: readonly number[],
  reader: (part: number) => boolean,
  limit = RAW_BYTES,
): ShareRuns[] {
  const messages: ShareRuns[] = [];
  let runs: Run[] = [];
  let at = 0;
  const end = (): void => {
    messages.push(new ShareRuns(runs, at));
    runs = [];
    at = 0;
  };
  shared.forEach((f, position) => {
    const { dtype, components } = domain.fields[f]!;
    const { code, bytes } = dtype;
    for (const e of layout.fieldEdges[f]!) {
      if (!reader(e.neighbour)) continue;
      let left = boxVolume(e.send) * components;
      let slot = layout.slots[phase]!.piece(position, e.index) / bytes;
      while (left > 0) {
        const count = Math.min(left, Math.floor((limit - at) / bytes));
        if (count <= 0) {
          end();
          continue;
        }
        const last = runs.at(-1);
        const message = at / bytes;
        const goesOn =
          last?.code === code && last.slot + last.count === slot && last.message + last.count === message;
        if (goesOn) last.count += count;
        else runs.push({ code, bytes, slot, message, count });
        slot += count;
        left -= count;
        at += count * bytes;
      }
    }
    at = Math.ceil(at / 8) * 8;
  });
  if (messages.length === 0 || runs.length > 0) end();
  return messages;
}

/** One message with a part's share, or a stretch of it. */
export class ShareRuns {
  /** Of the message. */
  readonly bytes: number;
  /** Of halo pieces in it. */
  readonly haloBytes: number;
  readonly #runs: readonly Run[];

  constructor(runs: readonly Run[], bytes: number) {
    this.bytes = bytes;
    this.haloBytes = runs.reduce((n, r) => n + r.count * r.bytes, 0);
    this.#runs = runs;
  }

  /** Copies from a slot, at byte `slot` of an arena, to a message at byte `message` of whatever memory it lies in. */
  gather(
    slots: readonly TypedArray[],
    slot: number,
    messages: readonly TypedArray[],
    message: number,
    copyBox: CopyBox | null,
  ): void {
    const runs = this.#runs;
    for (let k = 0; k < runs.length; k++) {
      const r = runs[k]!;
      copy(slots, slot / r.bytes + r.slot, messages, message / r.bytes + r.message, r, copyBox);
    }
  }

  /** The other way round. */
  scatter(
    messages: readonly TypedArray[],
    message: number,
    slots: readonly TypedArray[],
    slot: number,
    copyBox: CopyBox | null,
  ): void {
    const runs = this.#runs;
    for (let k = 0; k < runs.length; k++) {
      const r = runs[k]!;
      copy(messages, message / r.bytes + r.message, slots, slot / r.bytes + r.slot, r, copyBox);
    }
  }
}

/** `copyBox`: that of the memory that both lie in, if they lie in one. */
function copy(
  from: readonly TypedArray[],
  start: number,
  to: readonly TypedArray[],
  at: number,
  { code, bytes, count }: Run,
  copyBox: CopyBox | null,
): void {
  const source = from[code]!;
  const target = to[code]!;
  if (count < WORTH) {
    for (let k = 0; k < count; k++) target[at + k] = source[start + k] as never;
  } else if (source === target && copyBox !== null && (count * bytes) % 4 === 0) {
    copyBox(start * bytes, at * bytes, 1, 1, count * bytes, 0, 0, 0, 0);
  } else target.set(source.subarray(start, start + count) as never, at);
}
