import { describe, expect, it } from 'vitest';
import { prefixProgram, runProgram, treeProgram } from '../../../../core/comm/operations/brackets.js';
import { foldTree, treePlace } from '../../../../core/topology/tree.js';

const letters = 'abcdefghijklmnopqrstuvwxyz';
const operand = (r: number): string => letters[r] ?? `<${r}>`;
const nested = (a: string, b: string): string => `(${a}${b})`;
const operands = (n: number): string[] => Array.from({ length: n }, (_, r) => operand(r));

describe('the bracket of the preorder tree', () => {
  it.each([
    [1, 'a'],
    [2, '(ab)'],
    [3, '((ab)c)'],
    [4, '((a(bc))d)'],
    [5, '((a(bc))(de))'],
    [6, '((a((bc)d))(ef))'],
    [7, '((a((bc)d))((ef)g))'],
  ])('of %i ranks', (n, want) => {
    expect(runProgram(treeProgram(n), operands(n), nested)).toBe(want);
  });

  it('is what ranks do that combine own, left, right on the way up', () => {
    for (let n = 1; n <= 70; n++) {
      const up = (r: number): string => {
        const { left, right } = treePlace(r, n);
        let v = operand(r);
        if (left >= 0) v = nested(v, up(left));
        if (right >= 0) v = nested(v, up(right));
        return v;
      };
      expect(runProgram(treeProgram(n), operands(n), nested)).toBe(up(0));
      expect(foldTree(n, operand, nested)).toBe(up(0));
    }
  });
});

describe('the bracket of recursive doubling', () => {
  it.each([
    [1, 'a'],
    [2, '(ab)'],
    [3, '(a(bc))'],
    [4, '((ab)(cd))'],
    [5, '(a((bc)(de)))'],
    [7, '((a(bc))((de)(fg)))'],
    [8, '(((ab)(cd))((ef)(gh)))'],
  ])('of %i ranks', (n, want) => {
    expect(runProgram(prefixProgram(n), operands(n), nested)).toBe(want);
  });

  it('is what ranks do round by round, for every rank of any number of them', () => {
    for (let n = 1; n <= 40; n++) {
      let have = operands(n);
      for (let step = 1; step < n; step *= 2) {
        const before = have;
        have = before.map((v, r) => (r >= step ? nested(before[r - step]!, v) : v));
      }
      for (let r = 0; r < n; r++) expect(runProgram(prefixProgram(r + 1), operands(n), nested)).toBe(have[r]);
    }
  });
});
