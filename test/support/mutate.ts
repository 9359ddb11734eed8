/** A stream of 32-bit words from a seed (mulberry32): what a failing trial needs to be run again. */
export function random(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** Bytes that MessagePack gives a meaning: a mutation that draws from them gets further than one that does not. */
const TOKENS = Array.from({ length: 32 }, (_, i) => 0xc0 + i).concat([0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf]);

/** Random bytes, or one of the messages cut, changed in a few bytes, grown, spliced with another, or as it is. */
export function mutated(messages: readonly Uint8Array[], draw: (below: number) => number): Uint8Array {
  const bytes = (n: number): Uint8Array => {
    const drawn = new Uint8Array(n);
    for (let k = 0; k < n; k++) drawn[k] = draw(3) === 0 ? TOKENS[draw(TOKENS.length)]! : draw(256);
    return drawn;
  };
  // A Buffer's slice would be a view of what is to be left alone.
  const message = new Uint8Array(messages[draw(messages.length)]!);
  switch (draw(8)) {
    case 0:
      return bytes(draw(64));
    case 1:
      return message.subarray(0, draw(message.length));
    case 2:
      return Buffer.concat([message, bytes(1 + draw(8))]);
    case 3: {
      const other = messages[draw(messages.length)]!;
      return Buffer.concat([message.subarray(0, draw(message.length)), other.subarray(draw(other.length))]);
    }
    case 4: // Arrays within arrays.
      return new Uint8Array(1 + draw(40)).fill(0x91);
    case 5:
      return message;
    default:
      for (let changes = 1 + draw(4); changes > 0; changes--)
        message[draw(message.length)] = draw(2) === 0 ? TOKENS[draw(TOKENS.length)]! : draw(256);
      return message;
  }
}
