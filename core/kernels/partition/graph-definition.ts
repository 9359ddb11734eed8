import type { TypedArray } from '../../memory/dtype.js';
import type { Args } from '../program.js';
import type {
  Context,
  PartitionContext,
  PartitionDefinition,
  ReportContext,
  UntilContext,
} from './definition.js';
import type { GraphDomain } from './graph.js';
import type { FieldTypes } from './grid.js';
import type { PartId } from './kernel-part.js';
import type { Measure } from './measure.js';

/** What a partition of a graph has beside its state. */
export interface GraphMembers {
  /** As `graph` was given it. */
  readonly id: PartId;
  /** In the order in which they were listed; `accept` is called in this order. */
  readonly neighbours: readonly PartId[];
  /** Vertices, for the summary. */
  readonly cells: number;
  /** What a cycle of it costs, relative to the others. */
  readonly weight: number;
}

/** One partition of a graph as user code sees it. Its state is its own: nobody else reads or writes it. */
export interface GraphPart<S> extends GraphMembers {
  /** What `setup` gave and workunits and `accept` have made of it; may be replaced. */
  state: S;
}

declare const STATE: unique symbol;

/** Stands for partitions with a state of type S where a grid's field types stand for a grid's. */
export interface StateOf<S> {
  /** Carries the type; absent at run time. */
  readonly [STATE]: S;
}

/** What `share` and `accept` are told: no measures, so that what travels depends on states alone. */
export interface ShareContext {
  /** The program's own arguments. */
  readonly args: Args;
  /** The cycle that made what is shared; −1 for the exchange before the first cycle. */
  readonly cycle: number;
  /** The phase that made it. */
  readonly phase: number;
  /** Where the partition is for now: for messages, never for arithmetic. */
  readonly rank: number;
  /** Ranks of the run. */
  readonly ranks: number;
}

export type ShareFunction<S = never, D = unknown> = (
  part: GraphPart<S>,
  to: PartId,
  context: ShareContext,
) => D | undefined;
export type AcceptFunction<S = never, D = never> = (
  part: GraphPart<S>,
  from: PartId,
  data: D,
  context: ShareContext,
) => void;

/**
 * Feeds the state hash: one value of a named quantity at a global index, or an array of values at
 * consecutive indices from it. Every value of the whole state has its own name and index.
 */
export type Emit = (name: string, index: number, value: number | bigint | TypedArray) => void;

/** One workunit, what it then publishes to each neighbour, and how they take it in. */
export interface GraphPhase<S, D> {
  /** One phase of one cycle on one partition: changes `part.state` and nothing else. Synchronous. */
  workunit(part: GraphPart<S>, context: Context): void;
  /**
   * What neighbour `to` gets: a typed array or ndarray (copied as it lies), or any structured value (encoded);
   * undefined for nothing. Pure: it changes nothing, and depends on the state alone. With `accept`.
   */
  share?(part: GraphPart<S>, to: PartId, context: ShareContext): D | undefined;
  /** Takes in what neighbour `from` shared; `data` is a copy, the partition's to keep. Not called for nothing. */
  accept?(part: GraphPart<S>, from: PartId, data: D, context: ShareContext): void;
  /** Quantities reduced over all partitions after this phase's workunit, for the next phase: see `Phase`. */
  reduce?: Readonly<Record<string, Measure<StateOf<S>> | undefined>>;
}

/** What `report` is told of a run on a graph. */
export interface GraphReportContext<C> extends Omit<ReportContext, 'gather'> {
  /** What `collect` gave for each partition, in the order in which `graph` listed them; empty without `collect`. */
  collected: ReadonlyMap<PartId, C>;
}

/**
 * A program for the partition kernel on a domain that is no grid: `partitionKernel<S, D>({ … })`, where S is the
 * state of a partition, D what partitions share, and C (if need be) what is collected at the end.
 *
 * Every function gives the same on every rank. Before cycle 0 what the last phase shares is exchanged once.
 * In each step a partition takes in its neighbours' shares in the order of its list, runs the workunit, and
 * shares. A step costs an edge one encoding and one decoding (typed arrays: two copies), and no message within a host;
 * blocks stay in the shared heap, two an edge, as large as the largest share so far. A rank of another host gets one
 * message a step from each partition that has neighbours there. Same bits on any ranks, hosts and transport.
 */
export interface GraphDefinition<S, D, C = unknown>
  extends Pick<PartitionDefinition<FieldTypes>, 'measureEvery' | 'lag' | 'control' | 'cycles'> {
  /** How the domain is cut. Pure; called once on every rank. */
  partition(context: PartitionContext): GraphDomain;
  /** Gives the initial state of one partition, which becomes `part.state`: plain data, typed arrays inside welcome. */
  setup(part: GraphMembers, context: Context): S;
  /** The computation of a cycle with one phase; with `share` and `accept`. */
  workunit?(part: GraphPart<S>, context: Context): void;
  /** What each neighbour gets after the workunit; see `GraphPhase.share`. */
  share?: GraphPhase<S, D>['share'];
  /** Takes in what a neighbour shared; see `GraphPhase.accept`. */
  accept?: GraphPhase<S, D>['accept'];
  /** Quantities reduced over all partitions after the workunit; see `GraphPhase.reduce`. */
  reduce?: GraphPhase<S, D>['reduce'];
  /** True to stop: decided on state c, the run ends with state c + lag. Pure. */
  until?(context: UntilContext): boolean;
  /** The phases of a cycle, instead of `workunit`, `share`, `accept` and `reduce`. */
  phases?: readonly GraphPhase<S, D>[];
  /** Hands every value of a partition's state to the state hash, under indices that no other partition uses. Pure. */
  hash(part: GraphPart<S>, emit: Emit): void;
  /** Quantities of whole states, reduced over all partitions: `sum((part, add) => …)`, `min`, `max`. */
  measure?: Readonly<Record<string, Measure<StateOf<S>>>>;
  /** What `report` gets of each partition's final state. Any value that can be sent. */
  collect?(part: GraphPart<S>): C;
  /** Merged into the summary under `results`. Called on rank 0, after the last cycle. */
  report?(context: GraphReportContext<C>): Record<string, unknown> | Promise<Record<string, unknown>>;
}
