/** The 85 characters, in the order of their values. No quote, backslash, comma or blank is among them. */
const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';
const VALUES = new Map([...ALPHABET].map((character, value) => [character, value]));

/**
 * Bytes as Z85 text: five characters for four bytes, most significant first. The number of bytes is a multiple of 4.
 *
 * Source: ZeroMQ RFC 32, Z85.
 */
export function z85Encode(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let text = '';
  for (let at = 0; at < bytes.length; at += 4) {
    const word = view.getUint32(at);
    for (let power = 85 ** 4; power >= 1; power /= 85) text += ALPHABET[Math.floor(word / power) % 85];
  }
  return text;
}

/** The bytes of Z85 text; null if a character is none of the 85, or five of them are more than 2^32 − 1. */
export function z85Decode(text: string): Uint8Array | null {
  if (text.length % 5 !== 0) return null;
  const bytes = new Uint8Array((text.length / 5) * 4);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < text.length; at += 5) {
    let word = 0;
    for (let k = 0; k < 5; k++) word = word * 85 + (VALUES.get(text[at + k]!) ?? Number.NaN);
    if (!(word < 2 ** 32)) return null;
    view.setUint32((at / 5) * 4, word);
  }
  return bytes;
}
