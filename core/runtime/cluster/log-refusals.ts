import type { Log } from '../../observe/log.js';
import { Repeats } from '../../observe/repeats.js';
import type { OnRefusal, Refusal } from '../../transport/zeromq/refusal.js';

/** A client with a wrong key tries ten times a second: one line a minute says it as well. */
const INTERVAL = 60_000;
/** More addresses and keys than people can have set wrong; an attacker who changes them pushes out their like. */
const KINDS = 1024;

type Clock = () => number;
const clock: Clock = () => performance.now();

/**
 * Passes on the first refusal of a kind (name, address, key) at once, then one a minute with how many were held back. A handshake
 * that ended without a reason is left out for a minute after one with a reason from the same address.
 */
function folded(pass: (refusal: Refusal, held: number) => void, now: Clock): OnRefusal {
  const repeats = new Repeats(INTERVAL, KINDS);
  // Of two sides that find out at once that they do not fit, the slower one only sees the connection end, and next time it is the other.
  const explained = new Map<string, number>();
  return (refusal) => {
    const { name, address, key } = refusal;
    const at = now();
    if (name === 'handshake ended') {
      if (at - (explained.get(address) ?? Number.NEGATIVE_INFINITY) < INTERVAL) return;
    } else {
      explained.delete(address);
      if (explained.size >= KINDS) explained.delete(explained.keys().next().value!);
      explained.set(address, at);
    }
    const held = repeats.pass(`${name} ${address} ${key ?? ''}`, at);
    if (held !== null) pass(refusal, held);
  };
}

/** Tells a person of refusals of links: the first of a kind (name, address, key) at once, then one a minute with a count. */
export function sayRefusals(say: (text: string) => void, now: Clock = clock): OnRefusal {
  return folded(
    ({ name, text }, held) =>
      say(`${name}: ${text}${held > 0 ? ` (and ${held} more since this was said last)` : ''}`),
    now,
  );
}

/** Writes refusals of links into a log: the first of a kind (name, address, key) at once, then how many there were. */
export function logRefusals(log: Log, now: Clock = clock): OnRefusal {
  return folded(({ name, address, key, text }, held) => {
    const fields = {
      refusal: name,
      address,
      ...(key === null ? {} : { key }),
      ...(held > 0 ? { held } : {}),
    };
    // Programs that look which ports are open end connections like this; so do hosts that stop.
    if (name === 'handshake ended') log.info(fields, `${name}: ${text}`);
    else log.warn(fields, `${name}: ${text}`);
  }, now);
}
