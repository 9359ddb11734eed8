import type { Board } from '../transport/transport.js';
import type { BoardBlock } from './board-block.js';
import { Registry } from './registry.js';

/**
 * How a communicator's collectives are carried out: by messages, through memory that all its ranks share, or
 * whichever of the two suits its ranks. Results are the same to the bit.
 */
export type CollectiveChoice = 'auto' | 'shared' | 'messages';

/** What a group has beside its ranks. */
export interface GroupParts {
  /** The block that holds its board, if it has one of its own. */
  readonly block?: BoardBlock | null;
  readonly collectives?: CollectiveChoice;
  /** That of the group it was split off (default: a fresh one). */
  readonly registry?: Registry;
}

/**
 * The ranks that a communicator joins, and the contexts under which their messages travel. Contexts are even:
 * the odd one after each is that of the communicator's collectives, so that these never match a receive.
 */
export class Group {
  /** This rank's number in the group. */
  readonly rank: number;
  readonly size: number;
  readonly context: number;
  /** Where the group meets if all its ranks share memory, else null. */
  readonly board: Board | null;
  /** By number in the group: the rank of the run. */
  readonly members: Int32Array;
  readonly collectives: CollectiveChoice;
  readonly registry: Registry;
  readonly block: BoardBlock | null;
  readonly #numbers: Map<number, number>;

  constructor(
    members: ArrayLike<number>,
    self: number,
    context: number,
    board: Board | null,
    parts: GroupParts = {},
  ) {
    this.members = Int32Array.from(members);
    this.size = members.length;
    this.context = context;
    this.board = board;
    this.block = parts.block ?? null;
    this.collectives = parts.collectives ?? 'auto';
    this.registry = parts.registry ?? new Registry(context + 2);
    this.#numbers = new Map(Array.from(this.members, (world, k) => [world, k]));
    this.rank = this.numberOf(self);
  }

  /** Number in the group of a rank of the run; −1 if it is not a member. */
  numberOf(world: number): number {
    return this.#numbers.get(world) ?? -1;
  }
}
