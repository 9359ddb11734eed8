import { HaloweaveError } from '../../base/errors.js';
import type { NdArray } from '../../memory/ndarray.js';
import { Hosts } from '../hosts.js';
import {
  type Args,
  type KernelOutcome,
  type KernelProgram,
  kernelProgram,
  type RankEnvironment,
} from '../program.js';
import { Relay } from '../relay.js';
import { checkedDefinition, checkedSteps, runChecked } from './check.js';
import { ControlValues } from './control.js';
import { CycleGate } from './cycle-gate.js';
import type { Context, PartitionContext, PartitionDefinition, ReportContext } from './definition.js';
import type { DomainRuntime } from './domain-runtime.js';
import { MeasureGate, NONE } from './gate.js';
import type { GraphDomain } from './graph.js';
import type { GraphDefinition } from './graph-definition.js';
import { resolveGraph } from './graph-resolve.js';
import { GraphRuntime } from './graph-runtime.js';
import type { FieldTypes, GridDomain } from './grid.js';
import { GridRuntime } from './grid-runtime.js';
import type { KernelPart, PartId } from './kernel-part.js';
import { type OpenPartials, Partials } from './partials.js';
import { ReduceGate } from './reduce-gate.js';
import { type ResolvedSteps, resolveProgram } from './resolve.js';
import { restoreRun, runSaving, type SavedRun } from './save.js';
import { type Mutable, Sweep } from './sweep.js';
import { traceParts } from './traced.js';
import { partName, userError } from './user-error.js';

/** What a definition that depends on arguments is made from. */
export interface ProgramContext {
  /** What follows `--` on the command line, or `args` of `run`. */
  args: Args;
  /** Number of ranks of the run. */
  ranks: number;
}

type AnyDefinition = PartitionDefinition<FieldTypes> | GraphDefinition<unknown, unknown>;

/**
 * A program for the partition kernel: how the domain is cut, what is computed on each part, what the
 * neighbours get. Give the definition, or a function that makes it from `{ args, ranks }` (called once on
 * every rank). The state after any number of cycles has the same bits on any ranks and transport; of a grid, on
 * any parts too. A domain is a `grid` or a `graph`; a definition on a graph names its types: `partitionKernel<State, Share>({ … })`.
 */
export function partitionKernel<F extends FieldTypes>(
  definition: PartitionDefinition<F> | ((context: ProgramContext) => PartitionDefinition<F>),
): KernelProgram;
export function partitionKernel<S, D, C = unknown>(
  definition: GraphDefinition<S, D, C> | ((context: ProgramContext) => GraphDefinition<S, D, C>),
): KernelProgram;
export function partitionKernel(
  definition: AnyDefinition | ((context: ProgramContext) => AnyDefinition),
): KernelProgram {
  return kernelProgram('partition', (env) => {
    const d =
      typeof definition === 'function' ? definition({ args: env.args, ranks: env.comm.size }) : definition;
    return runPartitionKernel(d, env);
  });
}

async function runPartitionKernel(definition: AnyDefinition, env: RankEnvironment): Promise<KernelOutcome> {
  const { comm, endpoint, args, options } = env;
  const d = options.check ? checkedDefinition(definition) : definition;
  const { transport } = endpoint;
  const cycles = options.cycles ?? d.cycles ?? null;
  if (cycles === null && !d.until)
    throw new HaloweaveError(
      'usage',
      'this run would never end: give --cycles N, or cycles or until in the program',
    );
  const hosts = new Hosts(comm, transport);
  if (options.check && hosts.count > 1)
    throw new HaloweaveError(
      'usage',
      `--check: the ranks are on ${hosts.count} hosts, and parts that move share memory: run it with threads on one host`,
    );
  const relay = hosts.count > 1 ? new Relay(hosts, endpoint) : null;
  const domain = domainOf(d, { args, parts: options.parts, ranks: comm.size });
  // Said now and not after a long run.
  if (options.save && domain.kind !== 'grid')
    throw new HaloweaveError(
      'usage',
      '--save: partitions of a graph have no fields, only the program knows their states: collect them, and write files in report',
    );
  const context: Mutable<Context> = {
    args,
    cycle: 0,
    phase: 0,
    rank: comm.rank,
    ranks: comm.size,
    measures: NONE,
    measuredCycle: -1,
    reduced: NONE,
    control: NONE,
  };
  const { program: asWritten, runtime, setup } = open(d, domain, context, env, hosts, relay);
  const parts = [...runtime.parts];
  const { saved, checkpoints } = env;
  const from = saved?.cycles ?? 0;
  if (cycles !== null && cycles < from)
    throw new HaloweaveError(
      'usage',
      `the saved state is that after ${from} cycles, and the run is to end after ${cycles}: ask for ${from} or more`,
    );
  if (!saved) {
    setUp(setup, parts, context);
    runtime.fillHalos();
  }
  const check = options.check ? runtime.check() : null;
  const program = check
    ? checkedSteps(asWritten, check)
    : env.trace
      ? traceParts(parts, asWritten, domain, env.trace)
      : asWritten;
  const meet: OpenPartials = (terms, ring) =>
    new Partials(terms, ring, program.domain.parts, comm, transport, hosts, relay);
  const measures = new MeasureGate(program, meet, transport.rank, parts.length);
  const reduces = new ReduceGate(program, meet, parts.length);
  const control = d.control
    ? new ControlValues(d.control, measures, args, parts, program.workunits.length)
    : null;
  const state: SavedRun = { program, runtime, measures, reduces, control };
  if (saved) await restoreRun(state, saved);
  context.reduced = reduces.values;
  if (control) context.control = control.at(from - 1);
  const gate = new CycleGate(cycles, d.until, args, measures, control, env.horizon, from);
  const frames = options.silent ? null : runtime.frames();
  const delivered = Math.max(saved?.delivered ?? 0, env.delivered);
  if (delivered > 0) frames?.skipTo(delivered);
  if (frames) {
    frames.onWriting = () => {
      env.progress.running(-1, 0);
      env.onWriting?.();
    };
    frames.onWritten = (states) => {
      checkpoints?.delivered(states);
      env.onDelivered?.(states);
    };
  }
  if (comm.rank === 0) env.progress.plan(cycles, domain.cells, domain.parts);
  const sweep = new Sweep({
    parts,
    program,
    context,
    gate,
    measures,
    reduces,
    control,
    frames,
    transport,
    relay,
    progress: env.progress,
    breathe: env.breathe,
  });
  comm.barrier();
  const start = performance.now();
  const phases = program.workunits.length;
  if (check) await runChecked({ sweep, gate, reduces, parts, runtime, check, program, comm });
  else if (checkpoints)
    await runSaving({ ...state, sink: checkpoints, sweep, gate, parts, rank: comm.rank, from });
  else await sweep.run();
  if (relay && parts.length > 0) {
    relay.waitUntil(() => parts.every((p) => p.ready(p.step)), 'halos');
    measures.serve(gate.end);
    reduces.serve(gate.end);
  }
  comm.barrier();
  const seconds = (performance.now() - start) / 1000;
  // Ranks without parts have opened no cycle and know the end from rank 0.
  const moves = gate.interrupted && env.horizon.moves;
  const end = comm.bcast({ cycles: gate.end, interrupted: gate.interrupted, moves });
  const counters = {
    partitions: parts.length,
    workunits: sweep.workunits,
    messages: sweep.messages,
    haloBytes: sweep.haloBytes,
    haloBytesBetweenRanks: sweep.haloBytesBetweenRanks,
    haloBytesBetweenHosts: sweep.haloBytesBetweenHosts,
    seconds: sweep.seconds,
  };
  const done = {
    cycles: end.cycles,
    parts: domain.parts,
    cells: domain.cells * (end.cycles - from),
    seconds,
    interrupted: end.interrupted,
    counters,
    costs: sweep.costs.table,
    workunits: (end.cycles - from) * phases,
    state: [...runtime.state],
  };
  // Whoever goes on from the state that has been saved here brings the program's measures, output and report to their end.
  if (end.moves) return { ...done, measures: {}, control: {}, hash: null, results: {}, gather: null };
  if (end.cycles > 0) for (const p of parts) if (!p.unpacked) p.unpack(p.step, phases - 1);
  context.cycle = end.cycles;
  context.phase = 0;
  if (parts.length > 0) reduces.admits(end.cycles * phases);
  const final = measures.final(parts, comm, context);
  measures.complete(end.cycles, final);
  // Rank 0 has parts, and all measures.
  const steered = control && comm.rank === 0 ? control.advance(end.cycles) : NONE;
  if (comm.rank === 0 && measures.hasMeasures) env.progress.measures(end.cycles, final);
  const table = runtime.finish(context);
  const gather = (field: string): NdArray => runtime.gather(field);
  frames?.writeFinal(end.cycles, gather);
  let results: Record<string, unknown> = {};
  if (comm.rank === 0 && d.report && !options.silent) {
    const report: ReportContext & { collected?: ReadonlyMap<PartId, unknown> } = {
      args,
      cycles: end.cycles,
      parts: domain.parts,
      ranks: comm.size,
      measures: final,
      history: control ? control.alongside(measures.history) : measures.history,
      control: steered,
      reduced: reduces.values,
      interrupted: end.interrupted,
      gather,
      collected: runtime.collected,
    };
    env.onWriting?.();
    results = await d.report(report as never);
  }
  runtime.endGather?.();
  return {
    ...done,
    measures: final,
    control: steered,
    hash: options.hash ? runtime.hash(context) : null,
    results,
    gather: comm.rank === 0 && (options.keep || hosts.count === 1) ? table : null,
  };
}

function domainOf(d: AnyDefinition, context: PartitionContext): GridDomain | GraphDomain {
  if (typeof d.partition !== 'function')
    throw new HaloweaveError(
      'argument',
      'a partitionKernel needs a function partition that gives a grid or a graph',
    );
  const domain = d.partition(context);
  if (domain?.kind === 'grid' || domain?.kind === 'graph') return domain;
  throw new HaloweaveError(
    'argument',
    'partition must give a domain: return grid({ shape, parts, fields }), or graph({ parts })',
  );
}

type Setup = (object: unknown, context: Context) => unknown;

/** The program checked against its domain, and the domain's parts on this rank. */
function open(
  d: AnyDefinition,
  domain: GridDomain | GraphDomain,
  context: Context,
  env: RankEnvironment,
  hosts: Hosts,
  relay: Relay | null,
): { program: ResolvedSteps; runtime: DomainRuntime; setup: Setup | undefined } {
  if (domain.kind === 'grid') {
    const on = d as PartitionDefinition<FieldTypes>;
    const program = resolveProgram(on, domain, context);
    return {
      program,
      runtime: new GridRuntime(on.output, program, env, hosts, relay),
      setup: on.setup as Setup | undefined,
    };
  }
  const on = d as GraphDefinition<unknown, unknown>;
  const program = resolveGraph(on, domain);
  const runtime = new GraphRuntime(on, program, env, hosts, relay);
  return { program, runtime, setup: runtime.setup };
}

function setUp(setup: Setup | undefined, parts: readonly KernelPart[], context: Context): void {
  for (const p of parts) {
    let result: unknown;
    try {
      result = setup?.(p.object, context);
    } catch (cause) {
      throw userError(cause, 'setup', p.id, context);
    }
    if (typeof (result as PromiseLike<unknown> | undefined)?.then === 'function')
      throw new HaloweaveError(
        'program',
        `setup of partition ${partName(p.id)} returned a promise: it must be synchronous`,
        { partition: p.id, operation: 'setup' },
      );
  }
}
