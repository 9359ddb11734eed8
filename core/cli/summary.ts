import { formatBytes } from '../base/format.js';
import { formatMeasure, formatRate, formatSeconds } from '../observe/progress-bar.js';
import type { CheckpointSummary } from '../runtime/checkpoint/writer.js';
import type { RunResult, RunSummary } from '../runtime/run-options.js';
import type { TraceSummary } from '../runtime/trace/trace-file.js';

/** The object that `--json` prints: the documented keys, in the documented order. */
export function jsonSummary(r: RunResult): RunSummary {
  return {
    program: r.program,
    transport: r.transport,
    ranks: r.ranks,
    parts: r.parts,
    cycles: r.cycles,
    seconds: r.seconds,
    cellsPerSecond: r.cellsPerSecond,
    measures: r.measures,
    hash: r.hash,
    results: r.results,
    nondeterministic: r.nondeterministic,
    perRank: r.perRank,
    hosts: r.hosts,
  };
}

/** The summary for people. */
export function textSummary(r: RunResult, withHash: boolean): string {
  const lines = [
    `${r.program}: ${r.interrupted ? 'interrupted after' : 'done,'} ${r.parts > 0 ? `${r.cycles} cycles in ` : ''}${formatSeconds(r.seconds)}${r.cellsPerSecond > 0 ? `, ${formatRate(r.cellsPerSecond)}` : ''}`,
    `  ${r.transport}, ${r.ranks} rank${r.ranks === 1 ? '' : 's'} (${r.ranksFrom})${r.parts > 0 ? `, ${r.parts} parts` : ''}`,
  ];
  if (r.resumedFrom > 0) lines.push(`  resumed after ${r.resumedFrom} cycles`);
  for (const [name, value] of Object.entries(r.measures)) lines.push(`  ${name} = ${formatMeasure(value)}`);
  lines.push(...resultLines(r.results));
  const between = total(r, 'haloBytesBetweenHosts');
  if (between > 0) lines.push(haloLine(r, between));
  if (r.parts > 0)
    for (const p of r.perRank)
      lines.push(
        `  rank ${p.rank}: ${p.partitions} parts, ${p.workunits} workunits, halos ${formatBytes(p.haloBytes)} (${formatBytes(p.haloBytesBetweenRanks)} between ranks), compute ${formatSeconds(p.seconds.compute)}, halo ${formatSeconds(p.seconds.halo)}, wait ${formatSeconds(p.seconds.wait)}`,
      );
  if (r.unreceived > 0) lines.push(`  note: ${r.unreceived} messages were sent and never received`);
  if (withHash && r.hash) lines.push(`  hash ${r.hash}`);
  return lines.join('\n');
}

/** What was written to the folder of checkpoints, for people. */
export function checkpointLine(c: CheckpointSummary, folder: string): string {
  const others = [
    c.skipped > 0 ? `${c.skipped} skipped because the one before was still being written` : '',
    c.failed > 0 ? `${c.failed} that could not be written` : '',
  ].filter((text) => text !== '');
  const last =
    c.last === null ? 'there is none to resume from' : `--resume ${folder} goes on after ${c.last} cycles`;
  return `${[`${c.written} checkpoints, ${formatBytes(c.bytes)} in ${formatSeconds(c.seconds)}`, ...others].join(', ')}: ${last}`;
}

/** Where halos went, of a run on several hosts. */
function haloLine(r: RunResult, betweenHosts: number): string {
  const betweenRanks = total(r, 'haloBytesBetweenRanks');
  const inside = formatBytes(total(r, 'haloBytes') - betweenRanks);
  return `  halos: ${inside} inside a rank, ${formatBytes(betweenRanks - betweenHosts)} inside a host, ${formatBytes(betweenHosts)} between hosts`;
}

function total(r: RunResult, count: 'haloBytes' | 'haloBytesBetweenRanks' | 'haloBytesBetweenHosts'): number {
  return r.perRank.reduce((n, p) => n + p[count], 0);
}

/** What was traced, for people. */
export function traceLine({ file, events, dropped }: TraceSummary): string {
  const lost = dropped > 0 ? `, ${dropped} older ones dropped (--trace-events keeps more)` : '';
  return `trace of ${events} events in ${file}${lost}: open it at ui.perfetto.dev`;
}

/** Longer lists are counted, and only their ends shown. */
const LIST = 4;

function resultLines(results: unknown): string[] {
  if (results === null || results === undefined) return [];
  if (typeof results !== 'object' || Array.isArray(results)) return [`  result ${shortened(results)}`];
  return Object.entries(results).map(([name, value]) => `  ${name}: ${shortened(value)}`);
}

function shortened(value: unknown): string {
  if (Array.isArray(value) && value.length > LIST)
    return `${value.length} of them, ${shortened(value[0])} … ${shortened(value[value.length - 1])}`;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
