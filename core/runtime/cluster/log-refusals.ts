import type { Log } from '../../observe/log.js';
import { Repeats } from '../../observe/repeats.js';
import type { OnRefusal } from '../../transport/zeromq/refusal.js';

/** A client with a wrong key tries ten times a second: one line a minute says it as well. */
const INTERVAL = 60_000;
/** More addresses and keys than people can have set wrong; an attacker who changes them pushes out their like. */
const KINDS = 1024;

/** Writes refusals of links into a log: the first of a kind (name, address, key) at once, then how many there were. */
export function logRefusals(log: Log, now: () => number = () => performance.now()): OnRefusal {
  const repeats = new Repeats(INTERVAL, KINDS);
  return ({ name, address, key, text }) => {
    const held = repeats.pass(`${name} ${address} ${key ?? ''}`, now());
    if (held === null) return;
    const fields = {
      refusal: name,
      address,
      ...(key === null ? {} : { key }),
      ...(held > 0 ? { held } : {}),
    };
    // Programs that look which ports are open end connections like this; so do hosts that stop.
    if (name === 'handshake ended') log.info(fields, `${name}: ${text}`);
    else log.warn(fields, `${name}: ${text}`);
  };
}
