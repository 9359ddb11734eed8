import { HaloweaveError } from '../../base/errors.js';
import type { OnRefusal, Refusal } from '../../transport/zeromq/refusal.js';

/**
 * First handshakes that may end without a reason, ten a second: a server does so to whoever expects another key than its own, and
 * a relay whose server is just starting does once or twice.
 */
const MOST_ENDED = 10;

/** A link, from the side that connects. */
export interface JudgedLink {
  /** The listener, for people. */
  readonly whom: string;
  /** The own key; null without. */
  readonly publicKey: string | null;
  /** Whether the listener has ever said a word: then its keys fit, and handshakes end because connections break. */
  heard(): boolean;
  /** Told of handshakes that go on ending without a reason, but may yet come to something. */
  readonly onRefusal: OnRefusal;
}

/**
 * Judges the refusals of a link, one after the other: the error with which it is given up, or null while trying on makes sense.
 * libzmq does not try again after most refusals, and what is refused stays so until a person changes it. A single handshake that
 * ended says nothing: the next one brings the reason.
 */
export function judgeRefusals(link: JudgedLink): (refusal: Refusal) => HaloweaveError | null {
  const { whom, publicKey } = link;
  let ended = 0;
  return (refusal) => {
    const { name, text } = refusal;
    if (name === 'handshake ended') {
      if (link.heard() || ++ended < MOST_ENDED) return null;
      // Without keys there is nothing about this side that another one could not like.
      if (publicKey === null) {
        link.onRefusal(refusal);
        return null;
      }
    }
    return new HaloweaveError('usage', `${whom}: ${name}: ${text}${advice(name, publicKey)}`);
  };
}

function advice(name: Refusal['name'], publicKey: string | null): string {
  if (name === 'unlisted key')
    return `; add 'allow = ${publicKey} NAME' to the key file there and start it again, or use the same file on both sides`;
  if (name === 'handshake ended' || name === 'wrong server key')
    return '; use the same key file on both sides, or say which key it has: key=KEY in the host file of run, --server-key KEY of worker --connect';
  return '';
}
