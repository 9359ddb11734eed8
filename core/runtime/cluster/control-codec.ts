import { HaloweaveError } from '../../base/errors.js';
import type { HostAddress } from '../../transport/zeromq/mesh.js';
import { decodeBounded, encodeBounded } from '../../wire/bounded-decode.js';
import { decode, encode } from '../../wire/codec.js';
import type { SerialisedError } from '../../wire/host-messages.js';
import type { RankResult } from '../rank-entry.js';
import {
  type ControlMessage,
  type ControlOf,
  checkMessage,
  type ForeignHello,
  LONGEST_TEXT,
  PIECE_BYTES,
} from './control-messages.js';
import type { ControlPeer } from './control-peer.js';

export function sendControl(peer: ControlPeer, message: ControlMessage): void {
  peer.send(encodeBounded(message));
}

/** @throws HaloweaveError 'format' for bytes that are no message. */
export function readControl(body: Uint8Array): ControlMessage | ForeignHello {
  return checkMessage(decodeBounded(body));
}

export function wireAddress(address: HostAddress): ControlOf<'joined'>['address'] {
  return { ...address, endpoints: [...address.endpoints] };
}

/** Where a host can be reached from anywhere; null if only from its machine. */
export function tcpEndpoint({ endpoints }: Pick<HostAddress, 'endpoints'>): string | null {
  return endpoints.find((e) => e.startsWith('tcp:')) ?? null;
}

/** An error as others may be sent it: texts that are too long are cut, and places are plain. */
export function wireError(error: SerialisedError): ControlOf<'failed'>['error'] {
  const place: Record<string, string | number> = {};
  for (const [key, value] of Object.entries(error.place))
    place[key] = typeof value === 'number' ? value : String(value).slice(0, 256);
  return {
    name: error.name.slice(0, 256),
    message: error.message.slice(0, LONGEST_TEXT),
    stack: error.stack.slice(0, LONGEST_TEXT),
    code: error.code,
    place,
    aborted: error.aborted,
  };
}

/** How a rank has ended, in messages. */
export function outcomePieces(epoch: number, result: RankResult): ControlOf<'outcome'>[] {
  const rank = result.ok ? result.outcome.rank : result.rank;
  const whole = encode(result);
  const pieces = Math.max(1, Math.ceil(whole.length / PIECE_BYTES));
  return Array.from({ length: pieces }, (_, piece) => ({
    type: 'outcome',
    epoch,
    rank,
    piece,
    pieces,
    bytes: whole.subarray(piece * PIECE_BYTES, (piece + 1) * PIECE_BYTES),
  }));
}

/** Puts together what arrives in numbered pieces, in order. */
export class Pieces {
  readonly #pieces: Uint8Array[] = [];

  /** The whole once the last piece is there, else null. @throws HaloweaveError 'format' for a piece out of turn. */
  add(piece: number, pieces: number, bytes: Uint8Array): Uint8Array | null {
    if (piece !== this.#pieces.length || piece >= pieces)
      throw new HaloweaveError('format', `piece ${piece} of ${pieces}, after ${this.#pieces.length}`);
    // A message's bytes may be a view of a larger buffer.
    this.#pieces.push(Uint8Array.from(bytes));
    return this.#pieces.length === pieces ? Buffer.concat(this.#pieces) : null;
  }
}

/** A program's arguments for other hosts. @throws HaloweaveError 'argument' for memory that only this process has. */
export function encodeArgs(args: unknown): Uint8Array {
  refuseShared(args, 'args', new Set());
  return encode(args);
}

export function decodeArgs(bytes: Uint8Array): Record<string, unknown> {
  const args = decode(bytes);
  if (typeof args === 'object' && args !== null && !Array.isArray(args))
    return args as Record<string, unknown>;
  throw new HaloweaveError('format', 'the arguments are no object');
}

function refuseShared(value: unknown, path: string, seen: Set<unknown>): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  seen.add(value);
  if (
    value instanceof SharedArrayBuffer ||
    (ArrayBuffer.isView(value) && value.buffer instanceof SharedArrayBuffer)
  )
    throw new HaloweaveError(
      'argument',
      `${path} is shared memory, which other hosts do not have: pass a copy, or the path of a file`,
    );
  if (ArrayBuffer.isView(value)) return;
  for (const [key, inner] of value instanceof Map ? value : Object.entries(value))
    refuseShared(inner, `${path}.${String(key)}`, seen);
}
