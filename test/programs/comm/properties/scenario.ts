/** Random sequences of collectives, with messages under way meanwhile: every rank draws the same from a seed. */
import fc from 'fast-check';
import type { CollectiveChoice, DType } from 'haloweave';
import { dtypes } from '../../../support/values.js';
import type { Op } from './reference.js';

export const CALLS = [
  'barrier',
  'bcast',
  'bcastInto',
  'gather',
  'gatherv',
  'allgather',
  'allgatherv',
  'scatter',
  'scatterv',
  'alltoall',
  'alltoallv',
  'reduce',
  'allreduce',
  'allreduceInto',
  'reduceScatter',
  'scan',
  'exscan',
  'ibarrier',
  'ibcast',
  'iallgather',
  'iallreduce',
] as const;
export type Call = (typeof CALLS)[number];

/** What travels: an array, a strided array of two axes, a number, a structured value, or text that a function joins. */
export type Form = 'typed' | 'ndarray' | 'number' | 'text';

export interface CollectiveStep {
  kind: 'collective';
  call: Call;
  /** Which of the communicators there are, modulo their number. */
  on: number;
  /** Modulo the size. */
  root: number;
  form: Form;
  dtype: DType;
  op: Op;
  /** Elements; in the variable-count forms more or fewer by rank. */
  count: number;
  seed: number;
}

export interface SplitStep {
  kind: 'split';
  on: number;
  /** By rank of the run; 3 stands for no colour. */
  colors: number[];
  keys: number[];
  collectives: CollectiveChoice;
}

/** Every rank starts a message to the next one. */
export interface PostStep {
  kind: 'post';
  on: number;
  tag: number;
  dtype: DType;
  count: number;
  seed: number;
}

/** Every rank receives the oldest message that it has not, and waits for the newest collective that it started. */
export interface CollectStep {
  kind: 'collect';
  on: number;
  wildcard: boolean;
}

export interface FreeStep {
  kind: 'free';
  on: number;
}

export type Step = CollectiveStep | SplitStep | PostStep | CollectStep | FreeStep;

/** Sums most often: what they send depends on size in more ways. */
const FLOAT: readonly Op[] = [
  'sum',
  'sum',
  'sum',
  'sum',
  'min',
  'max',
  'logicalAnd',
  'logicalOr',
  'logicalXor',
];
const INTEGER: readonly Op[] = [...FLOAT, 'bitwiseAnd', 'bitwiseOr', 'bitwiseXor'];

/** Often small, sometimes next to the limits of slots, records and blocks, now and then large. */
const count = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 0, max: 20 }) },
  { weight: 9, arbitrary: fc.integer({ min: 50, max: 600 }) },
  { weight: 1, arbitrary: fc.integer({ min: 2_000, max: 12_000 }) },
);

const collective: fc.Arbitrary<CollectiveStep> = fc.constantFrom(...dtypes).chain((dtype) =>
  fc.record({
    kind: fc.constant('collective' as const),
    call: fc.constantFrom(...CALLS),
    on: fc.nat(5),
    root: fc.nat(63),
    form: fc.constantFrom<Form>('typed', 'typed', 'ndarray', 'number', 'text'),
    dtype: fc.constant(dtype),
    op: fc.constantFrom(...(dtype === 'f64' || dtype === 'f32' ? FLOAT : INTEGER)),
    count,
    seed: fc.nat(200),
  }),
);

const split = (size: number): fc.Arbitrary<SplitStep> =>
  fc.record({
    kind: fc.constant('split' as const),
    on: fc.nat(5),
    colors: fc.array(fc.nat(3), { minLength: size, maxLength: size }),
    keys: fc.array(fc.integer({ min: -4, max: 4 }), { minLength: size, maxLength: size }),
    collectives: fc.constantFrom('auto' as const, 'shared' as const, 'messages' as const),
  });

const post: fc.Arbitrary<PostStep> = fc.record({
  kind: fc.constant('post' as const),
  on: fc.nat(5),
  tag: fc.nat(2),
  dtype: fc.constantFrom(...dtypes),
  count,
  seed: fc.nat(200),
});

const collect: fc.Arbitrary<CollectStep> = fc.record({
  kind: fc.constant('collect' as const),
  on: fc.nat(5),
  wildcard: fc.boolean(),
});

const free: fc.Arbitrary<FreeStep> = fc.record({ kind: fc.constant('free' as const), on: fc.nat(5) });

/** The sequences of one seed. */
export function scenarios(size: number, seed: number, runs: number): Step[][] {
  const step = fc.oneof(
    { weight: 12, arbitrary: collective },
    { weight: 3, arbitrary: split(size) },
    { weight: 3, arbitrary: post },
    { weight: 2, arbitrary: collect },
    { weight: 1, arbitrary: free },
  );
  return fc.sample(fc.array(step, { minLength: 5, maxLength: 40, size: 'max' }), { seed, numRuns: runs });
}
