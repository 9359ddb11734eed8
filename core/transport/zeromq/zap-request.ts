import { z85Encode } from '../../base/z85.js';

/** Version of the protocol, the first frame of requests and replies. */
export const ZAP_VERSION = '1.0';
/** A short string of the protocol: its length has one byte. */
const MAX_STRING = 255;
const KEY_BYTES = 32;

/** A request for authentication. */
export interface ZapRequest {
  /** Opaque; goes into the reply. */
  readonly id: Uint8Array;
  readonly domain: string;
  /** The client's IP address; empty for ipc on some systems. */
  readonly address: string;
  readonly mechanism: 'NULL' | 'PLAIN' | 'CURVE' | (string & {});
  /** The client's public key as Z85; null unless the mechanism is CURVE. */
  readonly key: string | null;
}

/**
 * The frames of a request after the envelope: version, request id, domain, address, routing id, mechanism, credentials.
 * Gives what is wrong as text if they are not as the specification says.
 *
 * Source: ZeroMQ RFC 27, ZAP 1.0.
 */
export function parseZapRequest(frames: readonly Uint8Array[]): ZapRequest | string {
  const [version, id, domain, address, routingId, mechanism, ...credentials] = frames;
  if (!version || !id || !domain || !address || !routingId || !mechanism)
    return `${frames.length} frames, at least 6 belong to a request`;
  if (ascii(version) !== ZAP_VERSION) return 'its version is not 1.0';
  if (id.length > MAX_STRING) return `a request id of ${id.length} bytes, ${MAX_STRING} are allowed`;
  if (routingId.length > MAX_STRING)
    return `a routing id of ${routingId.length} bytes, ${MAX_STRING} are allowed`;
  const words: string[] = [];
  for (const [name, frame] of [
    ['domain', domain],
    ['address', address],
    ['mechanism', mechanism],
  ] as const) {
    const text = ascii(frame);
    if (text === null || text.length > MAX_STRING)
      return `its ${name} is no text of up to ${MAX_STRING} characters`;
    words.push(text);
  }
  const [inDomain = '', from = '', how = ''] = words;
  const expected = ({ NULL: 0, PLAIN: 2, CURVE: 1 } as Record<string, number>)[how];
  if (expected !== undefined && credentials.length !== expected)
    return `${credentials.length} credentials with ${how}, ${expected} belong there`;
  if (how === 'CURVE' && credentials[0]!.length !== KEY_BYTES)
    return `a key of ${credentials[0]!.length} bytes, ${KEY_BYTES} belong there`;
  const key = how === 'CURVE' ? z85Encode(credentials[0]!) : null;
  return { id, domain: inDomain, address: from, mechanism: how, key };
}

/** Printable ASCII, or null: these words come into the log. */
function ascii(bytes: Uint8Array): string | null {
  const text = Buffer.from(bytes).toString('latin1');
  return /^[\x20-\x7e]*$/.test(text) ? text : null;
}
