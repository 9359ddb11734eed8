import { HaloweaveError } from '../../base/errors.js';
import type { Refusal } from '../../transport/zeromq/refusal.js';

/**
 * Handshakes in a row that may end without a word, ten a second: a server does so to whoever expects another key than its own, and
 * a relay whose server is just starting does once or twice.
 */
const MOST_ENDED = 10;

/**
 * Judges refusals at the side that connects, one after the other: the error with which it gives up, or null while trying on
 * makes sense. `whom` is the listener, for people; `publicKey` the own one, null without keys.
 *
 * libzmq does not try again after most refusals, and what is refused stays so until a person changes it.
 */
export function judgeRefusals(
  whom: string,
  publicKey: string | null,
): (refusal: Refusal) => HaloweaveError | null {
  let ended = 0;
  return ({ name, text }) => {
    // Without keys the other side has no reason to end a handshake but its own end.
    if (name === 'handshake ended' && (publicKey === null || ++ended < MOST_ENDED)) return null;
    const advice =
      name === 'unlisted key'
        ? `; add 'allow = ${publicKey} NAME' to the key file there and start it again, or use the same file on both sides`
        : name === 'handshake ended' || name === 'wrong server key'
          ? '; use the same key file on both sides, or say which key it has: key=KEY in the host file of run, --server-key KEY of worker --connect'
          : '';
    return new HaloweaveError('usage', `${whom}: ${name}: ${text}${advice}`);
  };
}
