/**
 * Ranks, messages, shared memory, and the partition kernel: everything a program needs. Start with `run`,
 * `partitionKernel` and `Communicator`; examples/README.md has a reading order.
 * @module
 */
export { AbortedError, type ErrorCode, type ErrorPlace, HaloweaveError } from './base/errors.js';
export { ExactSum } from './base/exact-sum.js';
export { RandomStream } from './base/random.js';
export { type FieldKey, type StateArray, StateHash } from './base/state-hash.js';
export type { CartesianCommunicator, CartesianTopology } from './comm/cartesian-communicator.js';
export type { Communicator } from './comm/communicator.js';
export type { GraphCommunicator } from './comm/graph-communicator.js';
export type { CollectiveChoice } from './comm/group.js';
export type { CartesianOptions, GroupOptions } from './comm/group-calls.js';
export {
  type BuiltinReduction,
  bitwiseAnd,
  bitwiseOr,
  bitwiseXor,
  type DotOperand,
  type DotOperation,
  type FoldOperation,
  type Located,
  logicalAnd,
  logicalOr,
  logicalXor,
  maxLocation,
  minLocation,
  product,
  type ReduceOperation,
} from './comm/operations/public.js';
export type { Buffer } from './comm/payload.js';
export { type Completed, Request, type RequestValues, type Status } from './comm/request.js';
export { type Counts, IN_PLACE, type InPlace } from './comm/runs.js';
export type { CartesianShift } from './comm/topologies.js';
export type { PartsSpec } from './decomposition/factor.js';
export type {
  AxisBoundary,
  Boundary,
  BoundaryFunction,
  BoundaryPlace,
  BoundaryValue,
  SidedBoundary,
} from './halo/boundary.js';
export type { Centring } from './halo/extent.js';
export type {
  Context,
  Control,
  ControlContext,
  Frame,
  MeasuredState,
  PartitionContext,
  PartitionDefinition,
  Phase,
  Reductions,
  ReportContext,
  UntilContext,
} from './kernels/partition/definition.js';
export { type GraphDomain, type GraphPartSpec, type GraphSpec, graph } from './kernels/partition/graph.js';
export type {
  Emit,
  GraphDefinition,
  GraphMembers,
  GraphPart,
  GraphPhase,
  GraphReportContext,
  ShareContext,
  StateOf,
} from './kernels/partition/graph-definition.js';
export {
  type DTypeOf,
  type FieldSpec,
  type FieldTypes,
  type GridDomain,
  type GridSpec,
  grid,
} from './kernels/partition/grid.js';
export { type ProgramContext, partitionKernel } from './kernels/partition/kernel.js';
export type { PartId } from './kernels/partition/kernel-part.js';
export {
  type AddTerm,
  type DotFactory,
  dot,
  type Measurable,
  type Measure,
  type MeasuredPart,
  type MeasureFactory,
  type MeasureReduction,
  type MeasureSource,
  max,
  min,
  type SumFactory,
  sum,
} from './kernels/partition/measure.js';
export type { FillValue, OwnedRange, Part, PartMembers } from './kernels/partition/part.js';
export type { Args, KernelProgram, RankCounters, RankSeconds } from './kernels/program.js';
export type { ArrayOf, Fill } from './memory/array.js';
export { copy, empty, emptyLike, free, full, fullLike, zeros, zerosLike } from './memory/array.js';
export type { DType, TypedArray, TypedArrayOf } from './memory/dtype.js';
export { Heap, type HeapOptions } from './memory/heap.js';
export { type NdArray, ndarray } from './memory/ndarray.js';
export { readNpy, writeNpy } from './memory/npy.js';
export type { CheckpointSummary } from './runtime/checkpoint/writer.js';
export { Cluster, type ClusterOptions } from './runtime/cluster/cluster.js';
export { run } from './runtime/run.js';
export {
  type HostSummary,
  type RankSummary,
  RunError,
  type RunOptions,
  type RunProgress,
  type RunResult,
  type RunSummary,
} from './runtime/run-options.js';
export type { TraceSummary } from './runtime/trace/trace-file.js';
export { ANY_SOURCE, ANY_TAG } from './wire/tags.js';
