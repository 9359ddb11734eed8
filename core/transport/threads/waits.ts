import { type Held, RankState, type Wait } from '../../wire/wait.js';

// Words of a rank's line in the control memory. Written by the rank before it sleeps, read by its host.
const STATE = 0;
/** Odd while the rank is in a wait; counts on at its begin and end, so that two equal readings mean that nothing moved. */
const SEQUENCE = 1;
const PEER = 2;
const TAG = 3;
const CONTEXT = 4;
const HELD = 5;
const HELD_SOURCE = 6;
const HELD_TAG = 7;
/** Turns of an event loop in which nothing but haloweave's own look was alive. */
const TURNS = 8;
const NAME_LENGTH = 9;
const NAME = 10;
/** Bytes of an operation's name that fit in the line. */
const NAME_BYTES = 64;

/** A rank's state as its host sees it. */
export interface RankWait {
  state: RankState;
  sequence: number;
  turns: number;
  operation: string;
  peer: number;
  tag: number;
  context: number;
  held: Held;
}

/** Says what a rank waits for. */
export class WaitTeller {
  readonly #i32: Int32Array;
  readonly #at: number;
  #sequence = 0;
  #left = false;
  /** The operation whose name is written. */
  #told = '';

  constructor(i32: Int32Array, at: number) {
    this.#i32 = i32;
    this.#at = at;
  }

  begin(state: RankState, wait: Wait, held: Held | undefined): void {
    if (this.#left) return;
    const i32 = this.#i32;
    const at = this.#at;
    // A wait that is told anew (an event loop that came round) keeps its number: it is the same wait.
    i32[at + PEER] = wait.peer;
    i32[at + TAG] = wait.tag;
    i32[at + CONTEXT] = wait.context;
    i32[at + HELD] = held?.messages ?? 0;
    i32[at + HELD_SOURCE] = held?.source ?? -1;
    i32[at + HELD_TAG] = held?.tag ?? -1;
    if (wait.operation !== this.#told) this.#tell(wait.operation);
    if ((this.#sequence & 1) === 0) this.#count();
    Atomics.store(i32, at + STATE, state);
  }

  #tell(operation: string): void {
    const i32 = this.#i32;
    const at = this.#at;
    this.#told = operation;
    const length = Math.min(operation.length, NAME_BYTES);
    i32[at + NAME_LENGTH] = length;
    for (let k = 0; k < length; k += 4) {
      let word = 0;
      for (let b = 0; b < 4 && k + b < length; b++) word |= (operation.charCodeAt(k + b) & 0x7f) << (8 * b);
      i32[at + NAME + (k >> 2)] = word;
    }
  }

  end(): void {
    if (this.#left || (this.#sequence & 1) === 0) return;
    Atomics.store(this.#i32, this.#at + STATE, RankState.running);
    this.#count();
  }

  /** An event loop has come round. */
  turn(): void {
    Atomics.add(this.#i32, this.#at + TURNS, 1);
  }

  leave(): void {
    this.#left = true;
    Atomics.store(this.#i32, this.#at + STATE, RankState.ended);
  }

  #count(): void {
    this.#sequence = (this.#sequence + 1) | 0;
    Atomics.store(this.#i32, this.#at + SEQUENCE, this.#sequence);
  }
}

/** Whether a rank may be in a wait without a limit, or has ended: a look that costs next to nothing. */
export function mayBeStuck(i32: Int32Array, at: number): boolean {
  const state = Atomics.load(i32, at + STATE);
  return state === RankState.waiting || state === RankState.awaiting || state === RankState.ended;
}

/** What a rank says of itself. A line that changes under the reading counts as running. */
export function readWait(i32: Int32Array, at: number): RankWait {
  const sequence = Atomics.load(i32, at + SEQUENCE);
  const state = Atomics.load(i32, at + STATE) as RankState;
  let operation = '';
  for (let k = 0; k < i32[at + NAME_LENGTH]!; k++)
    operation += String.fromCharCode((i32[at + NAME + (k >> 2)]! >> (8 * (k & 3))) & 0x7f);
  const wait: RankWait = {
    state,
    sequence,
    turns: Atomics.load(i32, at + TURNS),
    operation,
    peer: i32[at + PEER]!,
    tag: i32[at + TAG]!,
    context: i32[at + CONTEXT]!,
    held: { messages: i32[at + HELD]!, source: i32[at + HELD_SOURCE]!, tag: i32[at + HELD_TAG]! },
  };
  if (Atomics.load(i32, at + SEQUENCE) !== sequence && state !== RankState.ended)
    wait.state = RankState.running;
  return wait;
}
