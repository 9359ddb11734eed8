import { STAGED_WORDS, Stage } from '../../comm/staged.js';
import type { Heap } from '../../memory/heap.js';

/**
 * The block of a part of a graph, in 32-bit words: the counter of published steps, alone on two cache lines, then two
 * records an edge of what is staged for the neighbour, used in turn. A mirror of a part is laid out alike.
 */
const HEADER_WORDS = 32;
const EDGE_WORDS = 2 * STAGED_WORDS;

/** Bytes of the block of a part with so many neighbours. */
export function blockBytes(neighbours: number): number {
  return (HEADER_WORDS + neighbours * EDGE_WORDS) * 4;
}

/** Sets everything before the records: the counter to `step`. */
export function clearHeader(words: Int32Array, block: number, step: number): void {
  words.fill(0, block, block + HEADER_WORDS);
  words[block] = step;
}

/** The word at which the record of an edge begins, for one parity of the step. */
export function recordAt(block: number, edge: number, parity: number): number {
  return block + HEADER_WORDS + edge * EDGE_WORDS + parity * STAGED_WORDS;
}

/** What is staged over an edge, with nothing in it. */
export function stageAt(heap: Heap, words: Int32Array, block: number, edge: number, parity: number): Stage {
  return new Stage(heap, words, recordAt(block, edge, parity));
}
