import type { MessagePort } from 'node:worker_threads';
import { AbortedError, type ErrorCode, HaloweaveError } from '../../base/errors.js';
import type { PieceAnswer, RankNotice } from '../../wire/host-messages.js';

/** A rank's way to ask its host for pieces of the state that it goes on from: one question and one answer a piece. */
export function askForPieces(port: MessagePort): (part: number) => Promise<Uint8Array> {
  const asked = new Map<number, { resolve: (bytes: Uint8Array) => void; reject: (error: Error) => void }>();
  const take = (answer: PieceAnswer): void => {
    const question = asked.get(answer.part);
    if (!question) return;
    asked.delete(answer.part);
    if (asked.size === 0) port.off('message', take);
    if ('bytes' in answer) question.resolve(answer.bytes);
    else question.reject(errorOf(answer.error));
  };
  return (part) =>
    new Promise((resolve, reject) => {
      if (asked.size === 0) port.on('message', take);
      asked.set(part, { resolve, reject });
      port.postMessage({ type: 'piece-wanted', part } satisfies RankNotice);
    });
}

function errorOf({ aborted, code, message }: Extract<PieceAnswer, { error: unknown }>['error']): Error {
  return aborted
    ? new AbortedError(message)
    : new HaloweaveError((code as ErrorCode | null) ?? 'program', message);
}
