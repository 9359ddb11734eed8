import * as cell from '../../core/wire/cell.js';
import {
  emptyHeader,
  Freight,
  HEADER_BYTES,
  type Header,
  viewOf,
  writeHeader,
} from '../../core/wire/network.js';
import { encodePieceHead } from '../../core/wire/network-pieces.js';
import {
  type Crossing,
  DESTINATION,
  encodeCredits,
  recordAt,
  writeRecordsHead,
} from '../../core/wire/network-records.js';
import { randomFrom } from './simulated-link.js';

/** Host 1 has ranks 0 and 1, host 2 has ranks 2, 3 and 4; messages go from host 1 to host 2, in epoch 3. */
export const crossing: Crossing = { from: 1, to: 2, epoch: 3, hostOf: Int32Array.of(1, 1, 2, 2, 2) };

export interface RecordSpec {
  kind?: cell.Kind;
  dtype?: number;
  mode?: cell.Mode;
  source?: number;
  destination?: number;
  tag?: number;
  context?: number;
  epoch?: number;
  /** The payload: in the record, in a frame of its own, or behind the records. */
  payload?: Uint8Array;
  behind?: boolean;
  /** What the record says instead of the payload's length. */
  bytes?: number;
}

/** A message of records as `network-records.ts` describes it, byte by byte. */
export function recordsMessage(specs: readonly RecordSpec[]): Uint8Array[] {
  const tail = specs.filter((s) => s.behind).map((s) => s.payload!);
  const end = recordAt(specs.length);
  const tailBytes = tail.reduce((n, p) => n + Math.ceil(p.length / 8) * 8, 0);
  const first = new Uint8Array(end + tailBytes);
  const frames: Uint8Array[] = [first];
  const v = viewOf(first);
  let place = end;
  specs.forEach((s, k) => {
    const at = recordAt(k);
    const { kind = cell.Kind.typed, dtype = 3, mode = cell.Mode.inline, payload = new Uint8Array(0) } = s;
    const set = (word: number, x: number): void => v.setInt32(at + word * 4, x, true);
    set(DESTINATION, s.destination ?? 2);
    set(cell.KIND, cell.packKind(kind, dtype, mode));
    set(cell.SOURCE, s.source ?? 0);
    set(cell.TAG, s.tag ?? 7);
    set(cell.CONTEXT, s.context ?? 0);
    set(cell.EPOCH, s.epoch ?? crossing.epoch);
    set(cell.BYTES, s.bytes ?? payload.length);
    if (mode !== cell.Mode.block) {
      if (mode === cell.Mode.rendezvous) set(cell.ARENA, k + 1);
      first.set(payload.subarray(0, cell.INLINE_BYTES), at + cell.PAYLOAD * 4);
    } else if (s.behind) {
      set(cell.OFFSET, place);
      first.set(payload, place);
      place += Math.ceil(payload.length / 8) * 8;
    } else {
      set(cell.ARENA, frames.length);
      frames.push(payload);
    }
  });
  writeRecordsHead(first, specs.length, frames.length - 1);
  return frames;
}

/** A shape record and `elements` of 8 bytes behind it. */
export function shaped(shape: readonly number[], elements: number): Uint8Array {
  const payload = new Uint8Array(cell.SHAPE_BYTES + elements * 8);
  const v = viewOf(payload);
  v.setUint32(0, shape.length, true);
  for (const [k, n] of shape.entries()) v.setUint32(4 + k * 4, n, true);
  return payload;
}

export function header(change: Partial<Header>): Uint8Array {
  const frame = new Uint8Array(HEADER_BYTES);
  writeHeader(frame, { ...emptyHeader(), ...change });
  return frame;
}

/** One good message of every freight, its header first. */
export function goodMessages(base: Partial<Header> = {}): Uint8Array[][] {
  const nd = { kind: cell.Kind.ndarray, dtype: 0 };
  const records = recordsMessage([
    { payload: Uint8Array.of(1, 2, 3) },
    { mode: cell.Mode.block, payload: new Uint8Array(1000), destination: 4 },
    { kind: cell.Kind.object, mode: cell.Mode.block, payload: new Uint8Array(100), behind: true },
    { ...nd, mode: cell.Mode.block, payload: shaped([2, 3], 6), tag: 0 },
    { ...nd, mode: cell.Mode.block, payload: shaped([5], 5), behind: true, source: 1 },
    { ...nd, payload: shaped([2, 2], 4) },
    { ...nd, mode: cell.Mode.rendezvous, payload: shaped([100, 1000], 0), bytes: 64 + 800_000 },
    { context: -2, mode: cell.Mode.block, payload: new Uint8Array(500) },
  ]);
  const piece = { cycles: 40, part: 3, request: 0, bytes: 3000, offset: 1000, found: true };
  const data = new Uint8Array(2000);
  const bodies: [Freight, Uint8Array[]][] = [
    [Freight.link, []],
    [Freight.records, records],
    [Freight.credit, [encodeCredits([0, 1], [128, 4096])]],
    [Freight.piece, [encodePieceHead(piece), data]],
    [Freight.kept, [encodePieceHead({ ...piece, offset: 0 })]],
    [Freight.fetch, [encodePieceHead({ ...piece, request: 9, bytes: 0, offset: 0, found: false })]],
    [
      Freight.fetched,
      [encodePieceHead({ ...piece, request: 9 }), data.subarray(0, 1500), data.subarray(1500)],
    ],
  ];
  return bodies.map(([freight, frames]) => [
    header({
      freight,
      epoch: crossing.epoch,
      from: crossing.from,
      to: crossing.to,
      frames: frames.length,
      sequence: freight === Freight.link ? 0 : 5,
      ...base,
    }),
    ...frames,
  ]);
}

/** Random bytes, of which any stretch may serve as noise. */
const NOISE = new Uint8Array(2 ** 16);
const fill = randomFrom(7);
for (let k = 0; k < NOISE.length; k++) NOISE[k] = fill() * 256;

/** Words that break careless arithmetic. */
const WORDS = [0, 1, 2, 0x7f, 0xff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_fff8, 0xffff_ffff, 1 << 20];

/** A message that is wrong in one to four places, cut, or nothing but random bytes. The good one stays as it is. */
export function mutated(good: readonly Uint8Array[], random: () => number): Uint8Array[] {
  const int = (n: number): number => Math.floor(random() * n);
  const parts = [...good];
  const noise = (n: number): Uint8Array => {
    const from = int(NOISE.length - n);
    return NOISE.subarray(from, from + n);
  };
  for (let n = 1 + int(4); n > 0; n--) {
    const k = int(parts.length);
    const part = parts[k]?.slice() ?? new Uint8Array(0);
    switch (int(10)) {
      case 0:
        parts[k] = noise(int(200));
        break;
      case 1:
        parts[k] = part.subarray(0, int(part.length + 1));
        break;
      case 2:
        parts[k] = Buffer.concat([part, noise(int(64))]);
        break;
      case 3:
        parts.splice(k, 1);
        break;
      case 4:
        parts.splice(k, 0, noise(int(200)));
        break;
      case 5:
        if (part.length > 0) part[int(part.length)]! ^= 1 << int(8);
        parts[k] = part;
        break;
      case 6:
      case 7:
        if (part.length > 0) part[int(part.length)] = int(256);
        parts[k] = part;
        break;
      default:
        if (part.length >= 4)
          viewOf(part).setUint32(int(part.length >> 2) * 4, WORDS[int(WORDS.length)]!, true);
        parts[k] = part;
    }
  }
  return parts;
}
