import { HaloweaveError } from '../base/errors.js';
import type { ProgressBoard } from './progress-board.js';

/** How often to look at the board, in ms. */
export const STALL_LOOK = 1000;
/** A workunit that takes this long is told, in ms: most take well below a second, and people wonder by then. */
export const LONG_WORKUNIT = 5000;
/**
 * The most that one look may add to a workunit's time, in ms. A look that comes later than that was late itself: the process
 * was stopped, and what hosts said in the meantime may still lie unread.
 */
const LONGEST_LOOK = 2 * STALL_LOOK;

/** A rank that runs one workunit for long. */
export interface Stall {
  /** `limit`: for longer than is allowed. Once a workunit each. */
  do: 'warn' | 'limit';
  rank: number;
  part: number;
  cycle: number;
  /** So far, in ms. */
  ms: number;
}

interface Watched {
  part: number;
  cycle: number;
  begun: number;
  ms: number;
  limited: boolean;
}

/**
 * Finds workunits that take long, from what the board of progress shows from time to time. It has no clock: `now` is any clock
 * that only goes forward, in ms. A rank that waits for others does not stall.
 */
export class Stalls {
  readonly #limit: number;
  readonly #ranks = new Map<number, Watched>();
  readonly #told = new Set<string>();
  #looked: number;

  /** `limit`: how long a workunit may take, in ms; infinity for as long as it does. */
  constructor(now: number, limit: number) {
    this.#looked = now;
    this.#limit = limit;
  }

  /** Other threads run the ranks from now on. What has been told of a partition and cycle is not told again. */
  reset(): void {
    this.#ranks.clear();
  }

  /** To be called every `STALL_LOOK` ms. */
  look(now: number, board: ProgressBoard, ranks: number): Stall[] {
    const passed = Math.min(Math.max(0, now - this.#looked), LONGEST_LOOK);
    this.#looked = now;
    const found: Stall[] = [];
    for (let rank = 0; rank < ranks; rank++) {
      const running = board.runningOf(rank);
      if (!running) {
        this.#ranks.delete(rank);
        continue;
      }
      const { part, cycle } = running;
      const begun = board.begunOf(rank);
      const before = this.#ranks.get(rank);
      if (before?.part !== part || before.cycle !== cycle || before.begun !== begun) {
        this.#ranks.set(rank, { part, cycle, begun, ms: 0, limited: false });
        continue;
      }
      before.ms += passed;
      const { ms } = before;
      if (ms >= LONG_WORKUNIT && this.#first(part, cycle)) found.push({ do: 'warn', rank, part, cycle, ms });
      if (ms >= this.#limit && !before.limited) {
        before.limited = true;
        found.push({ do: 'limit', rank, part, cycle, ms });
      }
    }
    return found;
  }

  #first(part: number, cycle: number): boolean {
    const key = `${part} ${cycle}`;
    if (this.#told.has(key)) return false;
    this.#told.add(key);
    return true;
  }
}

/** For people; `where` is the host, empty on this one. */
export function stallText({ part, cycle, rank, ms }: Stall, where: string): string {
  return `a workunit of partition ${part} has been running for ${(ms / 1000).toFixed(1)} s, in cycle ${cycle} on rank ${rank}${where}`;
}

/** Why a rank is given up. */
export function limitText({ part, cycle, rank, ms }: Stall, limit: number): string {
  return `rank ${rank} has made no progress for ${(ms / 1000).toFixed(1)} s, in a workunit of partition ${part} in cycle ${cycle} (the limit is ${limit / 1000} s)`;
}

/** The option `progressLimit`, in seconds, as ms; infinity without it. @throws HaloweaveError 'usage' for what is no time. */
export function progressLimitOf(seconds: number | undefined): number {
  if (seconds === undefined) return Number.POSITIVE_INFINITY;
  if (Number.isFinite(seconds) && seconds > 0) return seconds * 1000;
  throw new HaloweaveError('usage', `progressLimit is ${seconds}: use a number of seconds above 0`);
}
