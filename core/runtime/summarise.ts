import { relative } from 'node:path';
import { HaloweaveError } from '../base/errors.js';
import { StateHash } from '../base/state-hash.js';
import { mergeResults } from '../comm/result-hash.js';
import { estimateCosts } from '../kernels/partition/costs.js';
import type { GatherTable, KernelOutcome, RankCounters } from '../kernels/program.js';
import type { NdArray } from '../memory/ndarray.js';
import type { RankOutcome } from './rank.js';
import type { RunResult } from './run-options.js';

/** What a run gives, from what its ranks gave. */
export function summarise(
  file: string,
  transport: RunResult['transport'],
  choice: { ranks: number; source: string },
  outcomes: RankOutcome[],
  gather: (table: GatherTable, field: string) => NdArray,
): RunResult {
  const first = outcomes[0]!;
  const kernel = first.kernel;
  const kernels = outcomes.map((o) => o.kernel).filter((k): k is KernelOutcome => k !== null);
  const seconds = kernel ? Math.max(...kernels.map((k) => k.seconds)) : first.seconds;
  return {
    program: nameOf(file),
    transport,
    ranks: choice.ranks,
    parts: kernel?.parts ?? 0,
    cycles: kernel?.cycles ?? 0,
    seconds,
    cellsPerSecond: kernel && seconds > 0 ? kernel.cells / seconds : 0,
    measures: kernel?.measures ?? {},
    hash: kernel ? mergedHash(kernels) : mergeResults(outcomes),
    results: kernel ? kernel.results : (first.value ?? null),
    nondeterministic: outcomes.reduce((n, o) => n + o.nondeterministic, 0),
    perRank: outcomes.map((o) => ({ rank: o.rank, ...(o.kernel?.counters ?? messageCounters(o)) })),
    hosts: [],
    recoveries: 0,
    interrupted: kernel?.interrupted ?? false,
    unreceived: outcomes.reduce((n, o) => n + o.unreceived, 0),
    ranksFrom: choice.source,
    costs: estimateCosts(
      kernels.map((k) => k.costs),
      kernel?.workunits ?? 0,
    ),
    control: kernel?.control ?? {},
    trace: null,
    checkpoints: null,
    resumedFrom: 0,
    restored: [],
    saved: [],
    gather: (field) => {
      if (!kernel?.gather)
        throw new HaloweaveError(
          'argument',
          kernel?.state.length
            ? `gather: field '${field}' was not kept when the run on several hosts ended: run with keep`
            : `this program has no field '${field}' to gather`,
        );
      return gather(kernel.gather, field);
    },
  };
}

function mergedHash(kernels: KernelOutcome[]): string | null {
  if (kernels.length === 0 || kernels.some((k) => k.hash === null)) return null;
  const h = new StateHash();
  for (const k of kernels) h.mergeWords(k.hash!, 0);
  return h.hex();
}

function messageCounters(o: RankOutcome): RankCounters {
  return {
    partitions: 0,
    workunits: 0,
    messages: o.sent,
    haloBytes: 0,
    haloBytesBetweenRanks: 0,
    haloBytesBetweenHosts: 0,
    seconds: { compute: 0, halo: 0, wait: 0 },
  };
}

/** A program's file as seen from the working folder. */
export function nameOf(file: string): string {
  return relative(process.cwd(), file) || file;
}
