import { HaloweaveError } from '../../base/errors.js';
import { boxVolume } from '../../decomposition/box.js';
import { curveOrder } from '../../decomposition/curve.js';
import { cutByWeight } from '../../decomposition/cut.js';
import { partBox } from '../../halo/plan.js';
import { arrayAt, zeros } from '../../memory/array.js';
import {
  type Args,
  type KernelOutcome,
  type KernelProgram,
  kernelProgram,
  type RankEnvironment,
} from '../program.js';
import type { Context, PartitionContext, PartitionDefinition, ReportContext } from './definition.js';
import { Frames } from './frames.js';
import { CycleGate, MeasureGate } from './gate.js';
import { gatherField, gatherTable } from './gather.js';
import type { FieldTypes, GridDomain } from './grid.js';
import { hashOf } from './hash.js';
import { OwnedPart, PlanCache } from './owned-part.js';
import { type Part, partClass } from './part.js';
import { type ResolvedProgram, resolveProgram } from './resolve.js';
import { type Mutable, Sweep } from './sweep.js';
import { userError } from './user-error.js';

/** What a definition that depends on arguments is made from. */
export interface ProgramContext {
  args: Args;
  ranks: number;
}

/**
 * A program for the partition kernel: how the domain is cut, what is computed on each part, what the
 * neighbours get. Give the definition, or a function that makes it from `{ args, ranks }` (called once on
 * every rank). The state after any number of cycles has the same bits on any ranks, parts and transport.
 */
export function partitionKernel<F extends FieldTypes>(
  definition: PartitionDefinition<F> | ((context: ProgramContext) => PartitionDefinition<F>),
): KernelProgram {
  return kernelProgram('partition', (env) => {
    const d =
      typeof definition === 'function' ? definition({ args: env.args, ranks: env.comm.size }) : definition;
    return runPartitionKernel(d as unknown as PartitionDefinition<FieldTypes>, env);
  });
}

async function runPartitionKernel(
  d: PartitionDefinition<FieldTypes>,
  env: RankEnvironment,
): Promise<KernelOutcome> {
  const { comm, endpoint, args, options } = env;
  const { transport } = endpoint;
  const cycles = options.cycles ?? d.cycles ?? null;
  if (cycles === null && !d.until)
    throw new HaloweaveError(
      'usage',
      'this run would never end: give --cycles N, or cycles or until in the program',
    );
  const domain = domainOf(d, { args, parts: options.parts, ranks: comm.size });
  const context: Mutable<Context> = {
    args,
    cycle: 0,
    phase: 0,
    rank: comm.rank,
    ranks: comm.size,
    measures: {},
    measuredCycle: -1,
  };
  const program = resolveProgram(d, domain, context);
  const { parts, blocks, cache } = makeParts(program, env);
  setUp(d, parts, context);
  fillHalos(program, parts, blocks, cache, env);
  const measures = new MeasureGate(program, d, args, comm, transport, parts.length);
  const gate = new CycleGate(cycles, measures, env.horizon);
  const frames = d.output ? new Frames(d.output, domain, args, comm, transport) : null;
  if (comm.rank === 0) env.progress.plan(cycles, domain.cells, domain.parts);
  const sweep = new Sweep({
    parts,
    program,
    context,
    gate,
    measures,
    frames,
    transport,
    progress: env.progress,
    breathe: env.breathe,
  });
  comm.barrier();
  const start = performance.now();
  await sweep.run();
  comm.barrier();
  const seconds = (performance.now() - start) / 1000;
  // Ranks without parts have opened no cycle and know the end from rank 0.
  const end = comm.bcast({ cycles: gate.end, interrupted: gate.interrupted });
  const last = program.workunits.length - 1;
  if (end.cycles > 0) for (const p of parts) p.unpack(p.step, last);
  context.cycle = end.cycles;
  context.phase = 0;
  const final = measures.final(parts, comm, context);
  measures.complete(end.cycles, final);
  if (comm.rank === 0 && measures.hasMeasures) env.progress.measures(end.cycles, final);
  for (const p of parts) p.noteMemories();
  comm.barrier();
  const table = gatherTable(domain, blocks);
  frames?.writeFinal(end.cycles, table);
  let results: Record<string, unknown> = {};
  if (comm.rank === 0 && d.report) {
    const report: ReportContext = {
      args,
      cycles: end.cycles,
      parts: domain.parts,
      ranks: comm.size,
      measures: final,
      history: measures.history,
      interrupted: end.interrupted,
      gather: (field) => gatherField(comm.heap, table, field),
    };
    results = await d.report(report);
  }
  return {
    cycles: end.cycles,
    parts: domain.parts,
    cells: domain.cells * end.cycles,
    seconds,
    interrupted: end.interrupted,
    measures: final,
    hash: options.hash ? hashOf(program, parts) : null,
    results,
    counters: {
      partitions: parts.length,
      workunits: sweep.workunits,
      messages: sweep.messages,
      haloBytes: sweep.haloBytes,
      seconds: sweep.seconds,
    },
    gather: comm.rank === 0 ? table : null,
  };
}

function domainOf(d: PartitionDefinition<FieldTypes>, context: PartitionContext): GridDomain {
  if (typeof d.partition !== 'function')
    throw new HaloweaveError('argument', 'a partitionKernel needs a function partition that gives a grid');
  const domain = d.partition(context);
  if (domain?.kind === 'grid') return domain;
  throw new HaloweaveError('argument', 'partition must give a domain: return grid({ shape, parts, fields })');
}

/** Places the parts along the curve, makes the blocks of this rank's, and connects them to their neighbours. */
function makeParts(program: ResolvedProgram, env: RankEnvironment) {
  const { comm } = env;
  const { domain, shared } = program;
  const order = curveOrder(domain.geometry.dims);
  const weights = Array.from(order, (id) => boxVolume(partBox(domain.geometry, id)));
  const cuts = cutByWeight(weights, comm.size);
  const owner = new Int32Array(domain.parts);
  for (let r = 0; r < comm.size; r++) for (let k = cuts[r]!; k < cuts[r + 1]!; k++) owner[order[k]!] = r;
  const cache = new PlanCache(domain, shared);
  const Class = partClass(domain);
  const heap = comm.heap;
  const table = comm.bcast(comm.rank === 0 ? heap.locate(zeros(heap, domain.parts).data) : 0);
  const blocks = arrayAt(heap, table, [domain.parts], 'f64').data as Float64Array;
  const parts: OwnedPart[] = [];
  for (let k = cuts[comm.rank]!; k < cuts[comm.rank + 1]!; k++) {
    const id = order[k]!;
    const address = heap.allocate(cache.layout(id).bytes);
    blocks[id] = address;
    parts.push(new OwnedPart(heap, domain, cache, id, address, Class, shared));
  }
  comm.barrier();
  for (const p of parts) p.connect(heap, domain, cache, blocks, owner, comm.rank);
  return { parts, blocks, cache };
}

function setUp(d: PartitionDefinition<FieldTypes>, parts: OwnedPart[], context: Context): void {
  for (const p of parts) {
    let result: unknown;
    try {
      result = d.setup?.(p.object as unknown as Part, context);
    } catch (cause) {
      throw userError(cause, 'setup', p.id, context);
    }
    if (typeof (result as PromiseLike<unknown> | undefined)?.then === 'function')
      throw new HaloweaveError(
        'program',
        `setup of partition ${p.id} returned a promise: it must be synchronous`,
        { partition: p.id, operation: 'setup' },
      );
  }
}

/** Before the first cycle every halo of every field is exchanged once, so that constant fields need no share. */
function fillHalos(
  program: ResolvedProgram,
  parts: OwnedPart[],
  blocks: Float64Array,
  cache: PlanCache,
  env: RankEnvironment,
): void {
  const { comm } = env;
  const { domain } = program;
  const fields = domain.fields.length;
  for (const p of parts) for (let f = 0; f < fields; f++) p.setBoundaryVertices(f);
  // Setup may have swapped fields: everybody tells which memory each field has.
  const mine = new Int32Array(parts.length * (fields + 1));
  parts.forEach((p, k) => {
    mine.set([p.id, ...p.object._memories], k * (fields + 1));
  });
  const memories = new Int32Array(domain.parts * fields);
  for (const theirs of comm.allgather(mine))
    for (let at = 0; at < theirs.length; at += fields + 1)
      memories.set(theirs.subarray(at + 1, at + 1 + fields), theirs[at]! * fields);
  for (const p of parts) for (let f = 0; f < fields; f++) p.fillHalo(f, domain, cache, blocks, memories);
  comm.barrier();
}
