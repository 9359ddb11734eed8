import type { Operation } from '../operation.js';
import { prefixProgram, runProgram, treeProgram } from './brackets.js';

/** Code and name of every user's function: only its ranks know whether it is the same one. */
export const USER_CODE = 0;
export const USER_NAME = 'a function';

/** A user's function on any values, in rank order and the canonical bracket. */
export class UserOperation implements Operation {
  readonly name = USER_NAME;
  readonly code = USER_CODE;
  readonly anyOrder = false;
  readonly #combine: (left: unknown, right: unknown) => unknown;

  constructor(combine: (left: unknown, right: unknown) => unknown) {
    this.#combine = combine;
  }

  check(): void {}

  fold(values: readonly unknown[]): unknown {
    return runProgram(treeProgram(values.length), values, this.#combine);
  }

  prefix(values: readonly unknown[], rank: number): unknown {
    return runProgram(prefixProgram(rank + 1), values, this.#combine);
  }

  partial(value: unknown): unknown {
    return value;
  }

  combine(left: unknown, right: unknown): unknown {
    const combine = this.#combine;
    return combine(left, right);
  }

  result(partial: unknown): unknown {
    return partial;
  }
}
