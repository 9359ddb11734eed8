/**
 * A reduction as the forms of collectives see it. Every form gives the same bits: operands are always combined
 * in rank order along the preorder tree (own, left subtree, right subtree; see topology/tree), or without
 * rounding where the order cannot matter.
 */
export interface Operation {
  /** As errors name it: 'sum', 'max', 'a function'. */
  readonly name: string;
  /** Tells operations apart in the check that all ranks make the same call; 0 is a user's function. */
  readonly code: number;
  /** True if partials combined in any bracket and any order give the same bits. */
  readonly anyOrder: boolean;
  /** Throws if the operation has no meaning for an operand. `call` names the collective. */
  check(value: unknown, call: string): void;
  /** Combines one operand per rank, in rank order. */
  fold(values: readonly unknown[]): unknown;
  /**
   * What a scan gives rank `rank`: operands 0..rank combined in the bracket of recursive doubling, S(r, K) with
   * K = ⌈log₂(r + 1)⌉, S(r, k + 1) = S(r − 2^k, k) ∘ S(r, k) if r ≥ 2^k, else S(r, k), and S(r, 0) the operand of r.
   */
  prefix(values: readonly unknown[], rank: number): unknown;
  /** An operand made ready to be combined without loss; may be sent. */
  partial(value: unknown): unknown;
  /** `left` comes before `right` in rank order. May change and give back `left`. */
  combine(left: unknown, right: unknown): unknown;
  /** The value of a partial. */
  result(partial: unknown): unknown;
}
