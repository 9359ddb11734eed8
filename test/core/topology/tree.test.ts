import { describe, expect, it } from 'vitest';
import { runProgram, treeProgram } from '../../../core/comm/operations/brackets.js';
import { foldTree, treeDepth, treePlace } from '../../../core/topology/tree.js';

const MOST = 1000;

describe('the preorder tree', () => {
  it('of 7 ranks has root 0 with children 1 and 4', () => {
    const places = Array.from({ length: 7 }, (_, r) => treePlace(r, 7));
    expect(places).toEqual([
      { parent: -1, left: 1, right: 4, end: 7 },
      { parent: 0, left: 2, right: 3, end: 4 },
      { parent: 1, left: -1, right: -1, end: 3 },
      { parent: 1, left: -1, right: -1, end: 4 },
      { parent: 0, left: 5, right: 6, end: 7 },
      { parent: 4, left: -1, right: -1, end: 6 },
      { parent: 4, left: -1, right: -1, end: 7 },
    ]);
  });

  it(`of 1 to ${MOST} ranks gives no rank more than two messages, reaches each once, and is ⌊log₂N⌋ deep`, () => {
    for (let size = 1; size <= MOST; size++) {
      const incoming = new Int32Array(size);
      const depth = new Int32Array(size);
      let deepest = 0;
      let wrong = 0;
      for (let r = 0; r < size; r++) {
        const { parent, left, right, end } = treePlace(r, size);
        // Preorder: a parent stands before its children, so its depth is known.
        if (r === 0) wrong += parent === -1 ? 0 : 1;
        else {
          if (!(parent >= 0 && parent < r)) wrong++;
          incoming[parent]!++;
          depth[r] = depth[parent]! + 1;
          deepest = Math.max(deepest, depth[r]!);
          // Both ends of an edge know it.
          const up = treePlace(parent, size);
          if (up.left !== r && up.right !== r) wrong++;
        }
        // The subtree is own, left, right: three adjoining ranges.
        const afterLeft = left < 0 ? r + 1 : treePlace(left, size).end;
        if (left >= 0 && left !== r + 1) wrong++;
        if (right >= 0 && right !== afterLeft) wrong++;
        if ((right < 0 ? afterLeft : treePlace(right, size).end) !== end) wrong++;
      }
      expect([size, wrong, Math.max(...incoming) <= 2, deepest]).toEqual([
        size,
        0,
        true,
        Math.floor(Math.log2(size)),
      ]);
      expect(treeDepth(size)).toBe(deepest);
    }
  });

  it('folds in rank order, in the bracket that messages along it give', () => {
    const bracket = (a: string, b: string): string => `(${a}${b})`;
    const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
    expect(foldTree(7, (r) => letters[r]!, bracket)).toBe('((a((bc)d))((ef)g))');
    expect(foldTree(1, (r) => letters[r]!, bracket)).toBe('a');
    for (let size = 1; size <= letters.length; size++) {
      const values = new Map<number, string>();
      for (let r = size - 1; r >= 0; r--) {
        const { left, right } = treePlace(r, size);
        let v = letters[r]!;
        if (left >= 0) v = bracket(v, values.get(left)!);
        if (right >= 0) v = bracket(v, values.get(right)!);
        values.set(r, v);
      }
      const folded = foldTree(size, (r) => letters[r]!, bracket);
      expect(folded).toBe(values.get(0));
      // What operations do with all operands at hand.
      expect(runProgram(treeProgram(size), [...letters], bracket)).toBe(folded);
      expect(folded.replace(/[()]/g, '')).toBe(letters.slice(0, size));
    }
  });

  it('refuses ranks that are not in it', () => {
    for (const rank of [-1, 7, 1.5, Number.NaN])
      expect(() => treePlace(rank, 7)).toThrow(`rank ${rank} is not in a tree of 7 ranks`);
    expect(() =>
      foldTree(
        0,
        () => 0,
        (a) => a,
      ),
    ).toThrow('at least one operand');
  });
});
