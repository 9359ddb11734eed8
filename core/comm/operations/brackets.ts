import { foldTree } from '../../topology/tree.js';

/**
 * In what order operands are combined when the order shows. A program is a list for a stack: a rank's number
 * pushes its operand, `COMBINE` replaces the two on top by their combination. Cut from a tree once for each number
 * of ranks, it is run for each element without recursion.
 */
export const COMBINE = -1;

const trees = new Map<number, Int32Array>();
const prefixes = new Map<number, Int32Array>();

/** The preorder tree of `count` ranks (see topology/tree): (own ∘ left) ∘ right. Operands stay in rank order. */
export function treeProgram(count: number): Int32Array {
  let program = trees.get(count);
  if (!program) {
    const list: number[] = [];
    foldTree<unknown>(
      count,
      (rank) => list.push(rank),
      () => list.push(COMBINE),
    );
    program = Int32Array.from(list);
    trees.set(count, program);
  }
  return program;
}

/**
 * What recursive doubling gives the last of `count` ranks: in round k each rank r takes what rank r − 2^k has, before
 * what it has itself.
 *
 * Source: W. D. Hillis, G. L. Steele, "Data parallel algorithms" (1986).
 */
export function prefixProgram(count: number): Int32Array {
  let program = prefixes.get(count);
  if (!program) {
    const list: number[] = [];
    const visit = (rank: number, round: number): void => {
      if (round === 0) {
        list.push(rank);
        return;
      }
      const step = 2 ** (round - 1);
      if (rank >= step) visit(rank - step, round - 1);
      visit(rank, round - 1);
      if (rank >= step) list.push(COMBINE);
    };
    visit(count - 1, Math.ceil(Math.log2(count)));
    program = Int32Array.from(list);
    prefixes.set(count, program);
  }
  return program;
}

/** Runs a program on one operand a rank. */
export function runProgram<T>(program: Int32Array, values: readonly T[], combine: (l: T, r: T) => T): T {
  const stack: T[] = [];
  for (const step of program) {
    if (step !== COMBINE) {
      stack.push(values[step]!);
      continue;
    }
    const right = stack.pop()!;
    stack.push(combine(stack.pop()!, right));
  }
  return stack[0]!;
}
