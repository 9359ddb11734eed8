import { type ErrorCode, HaloweaveError } from '../base/errors.js';
import type { CheckpointNotice } from './checkpoint-notices.js';

/** What passes between a host's main thread and its ranks beside the ranks' own messages. Version 1. */

/** A rank tells its host something while it runs. */
export type RankNotice =
  | { type: 'measure-names'; names: string[] }
  /** All ranks have loaded the program; this one begins it. A kernel can go on from a saved state. */
  | { type: 'begun'; recovers: boolean }
  | CheckpointNotice
  /** The program is about to be given a frame, or asked for its report: what it prints from here on belongs to that. */
  | { type: 'writing' }
  /** The program has been given the output of all states below this one. */
  | { type: 'delivered'; state: number }
  /** The rank asks for a piece of the state that it goes on from; `PieceAnswer` comes back. */
  | { type: 'piece-wanted'; part: number }
  /** What a rank has printed, where the host does not write it out itself. */
  | { type: 'printed'; descriptor: 1 | 2; bytes: Uint8Array }
  | { type: 'failed'; rank: number; error: SerialisedError };

/** A host gives a rank the piece that it asked for, or says why it cannot. */
export type PieceAnswer = { part: number } & ({ bytes: Uint8Array } | { error: SerialisedError });

/** An error that crossed a thread: its class is lost, everything a person reads is kept. */
export interface SerialisedError {
  name: string;
  message: string;
  stack: string;
  code: string | null;
  place: Record<string, unknown>;
  /** True if it only says that the run ended for another reason. */
  aborted: boolean;
}

/** An error that no thread has thrown: what befell a run, which has no stack to show. */
export function stacklessError(code: ErrorCode, message: string): SerialisedError {
  return { name: 'HaloweaveError', message, stack: message, code, place: {}, aborted: false };
}

export function serialiseError(error: unknown): SerialisedError {
  const e =
    error instanceof Error ? error : new Error(`a value that is no Error was thrown: ${String(error)}`);
  let stack = e.stack ?? `${e.name}: ${e.message}`;
  for (let cause = e.cause; cause instanceof Error; cause = cause.cause)
    stack += `\ncaused by ${cause.stack ?? cause.message}`;
  return {
    name: e.name,
    message: e.message,
    stack,
    code: e instanceof HaloweaveError ? e.code : null,
    place: e instanceof HaloweaveError ? { ...e.place } : {},
    aborted: e instanceof HaloweaveError && e.code === 'aborted',
  };
}
