/**
 * In what order operands are combined when the order shows. A program is a list for a stack: a rank's number
 * pushes its operand, `COMBINE` replaces the two on top by their combination. Cut from a tree once for each number
 * of ranks, it is run for each element without recursion.
 */
export const COMBINE = -1;

const trees = new Map<number, Int32Array>();
const prefixes = new Map<number, Int32Array>();

/**
 * The preorder tree of `count` ranks: the lowest rank of a range is its root, its left child has the first half
 * (rounded up) of the rest, its right child what remains; (own ∘ left) ∘ right. Operands stay in rank order.
 */
export function treeProgram(count: number): Int32Array {
  let program = trees.get(count);
  if (!program) {
    const list: number[] = [];
    const visit = (from: number, to: number): void => {
      list.push(from);
      const middle = from + 1 + Math.ceil((to - from - 1) / 2);
      if (middle > from + 1) {
        visit(from + 1, middle);
        list.push(COMBINE);
      }
      if (to > middle) {
        visit(middle, to);
        list.push(COMBINE);
      }
    };
    visit(0, count);
    program = Int32Array.from(list);
    trees.set(count, program);
  }
  return program;
}

/**
 * What recursive doubling gives the last of `count` ranks: in round k a rank gets from the rank whose number
 * differs in bit k the combination of its 2^k aligned ranks. So the ranks are cut into aligned powers of two, the
 * largest first, each halved and halved again, and combined from the right: B₁ ∘ (B₂ ∘ (… ∘ Bₘ)).
 */
export function prefixProgram(count: number): Int32Array {
  let program = prefixes.get(count);
  if (!program) {
    const list: number[] = [];
    const block = (from: number, size: number): void => {
      if (size === 1) {
        list.push(from);
        return;
      }
      block(from, size / 2);
      block(from + size / 2, size / 2);
      list.push(COMBINE);
    };
    let from = 0;
    let blocks = 0;
    for (let size = 2 ** Math.floor(Math.log2(count)); size >= 1; size /= 2)
      if (from + size <= count) {
        block(from, size);
        from += size;
        blocks++;
      }
    for (let k = 1; k < blocks; k++) list.push(COMBINE);
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
