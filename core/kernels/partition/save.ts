/**
 * Saving a run's state between two cycles and going on from it.
 *
 * Why the saved pieces determine the rest of the run. A part is saved when it has done C cycles and nothing of the
 * next: it has published its last share and has neither taken in the neighbours' nor been measured (the sweep does both
 * only past the step at which it is held). What it computes from there on depends on
 * - its own fields, halos included (a field that is not shared keeps the halo of the beginning), or a graph's state:
 *   the part's piece;
 * - what its neighbours have published for that step: the last phase's share, a pure function of their own pieces,
 *   staged anew from them with the same bits;
 * - the cycle, the phase, the arguments, the parts' shapes and neighbours, boundary functions of place and cycle: functions
 *   of C and of the program, which the caller has found to be the same;
 * - measures. Those of states below C are all in the whole piece: every part has begun cycle C − 1, so they are complete,
 *   and rank 0 waits until it has them. Those of later states are taken from parts as they are after going on;
 * - control: its recurrence needs the values of cycle C − 1, which are in the whole piece, and measures;
 * - reductions: all of steps before C are complete in the same way; each name has one value, the newest;
 * - `until`: it has been asked about every cycle below C and said no, or the run would have ended; the state it was asked
 *   about last is the one that cycle C − 1 saw, a function of C;
 * - output: frames of states below C have been written, rank 0 waits for that too; state C goes into its frame at
 *   the beginning of cycle C, after going on.
 * Which memory of the block a field has is saved as well, so that offsets that a program keeps stay what they were.
 * Where parts lie, how many ranks there are and what has been timed changes no bit anywhere in a run.
 */
import { HaloweaveError } from '../../base/errors.js';
import { decode, encode } from '../../wire/codec.js';
import type { CheckpointSink, SavedState } from '../program.js';
import type { ControlValues } from './control.js';
import type { DomainRuntime } from './domain-runtime.js';
import type { MeasureGate, Values } from './gate.js';
import type { KernelPart } from './kernel-part.js';
import type { ReduceGate } from './reduce-gate.js';
import type { ResolvedSteps } from './resolve.js';
import type { Sweep } from './sweep.js';

/** What a run saves beside its parts, and where it goes back to. */
export interface SavedRun {
  program: ResolvedSteps;
  runtime: DomainRuntime;
  measures: MeasureGate;
  reduces: ReduceGate;
  control: ControlValues | null;
}

export interface SavingRun extends SavedRun {
  sink: CheckpointSink;
  sweep: Sweep;
  gate: { readonly end: number; readonly interrupted: boolean };
  parts: readonly KernelPart[];
  rank: number;
  /** Cycles that were done at the beginning. */
  from: number;
}

/** Runs to the end, saving the state wherever the sink wants it. */
export async function runSaving(run: SavingRun): Promise<void> {
  const { sink, sweep, gate, reduces, parts } = run;
  const phases = run.program.workunits.length;
  if (parts.length === 0) {
    // It opens no cycle, so it would not know when to stop.
    await sink.complete(Number.POSITIVE_INFINITY);
    await sweep.run();
    return;
  }
  let done = run.from;
  for (;;) {
    const next = sink.next(done);
    reduces.holdAt(Math.min(next * phases, Number.MAX_SAFE_INTEGER));
    await sweep.run(true);
    const { end, interrupted } = gate;
    if (end < next) {
      if (interrupted && end > done && sink.atClose(end)) await save(run, end);
      break;
    }
    await save(run, next);
    done = next;
    if (end === next) break;
  }
  reduces.holdAt(Number.MAX_SAFE_INTEGER);
}

async function save(run: SavingRun, cycles: number): Promise<void> {
  const { sink, parts, runtime } = run;
  for (const p of parts) sink.part(cycles, p.number, runtime.save(p));
  if (run.rank === 0) sink.whole(cycles, wholePiece(run, cycles));
  await sink.complete(cycles);
}

/** Version of the whole piece. */
const VERSION = 1;

/** The whole piece. Numbers are doubles in arrays, so that a −0 and every bit of a NaN survive; rows of names' length. */
interface Whole {
  version: number;
  cycles: number;
  domain: string;
  phases: number;
  measureEvery: number;
  lag: number;
  measures: string[];
  history: Float64Array;
  control: string[];
  last: Float64Array;
  measured: Float64Array;
  reduced: string[];
  values: Float64Array;
}

function wholePiece(run: SavedRun, cycles: number): Uint8Array {
  const { program, runtime, control } = run;
  const measures = program.measures.map((m) => m.name);
  const names = [...(control?.names ?? [])];
  const reduced = Object.keys(run.reduces.values);
  const whole: Whole = {
    version: VERSION,
    cycles,
    domain: runtime.signature,
    phases: program.workunits.length,
    measureEvery: program.measureEvery,
    lag: program.lag,
    measures,
    history: table(
      run.measures.history.map((entry) => entry.measures),
      measures,
    ),
    control: names,
    last: table(control ? [control.at(cycles - 1)] : [], names),
    measured: table(control?.measured ?? [], names),
    reduced,
    values: table([run.reduces.values], reduced),
  };
  return encode(whole);
}

/** Brings parts, measures, control and reductions to where they were. Collective. */
export async function restoreRun(run: SavedRun, saved: SavedState): Promise<void> {
  const { program, runtime, control } = run;
  const { cycles } = saved;
  const w = decode(await saved.whole()) as Whole;
  if (w?.version !== VERSION || w.cycles !== cycles)
    throw new HaloweaveError(
      'format',
      `the saved state after ${cycles} cycles has a whole piece of version ${w?.version} after ${w?.cycles} cycles: this version of haloweave reads version ${VERSION}`,
    );
  same('domain', w.domain, runtime.signature);
  same('phases', w.phases, program.workunits.length);
  same('measureEvery', w.measureEvery, program.measureEvery);
  same('lag', w.lag, program.lag);
  const measures = program.measures.map((m) => m.name);
  same('measures', w.measures.join(', '), measures.join(', '));
  same('control values', w.control.join(', '), (control?.names ?? []).join(', '));
  same('reductions', w.reduced.join(', '), Object.keys(run.reduces.values).join(', '));
  if (measures.length > 0) run.measures.restore(rows(w.history, measures));
  control?.restore(cycles, rows(w.last, w.control)[0]!, rows(w.measured, w.control));
  run.reduces.restore(cycles, rows(w.values, w.reduced)[0] ?? {});
  await runtime.restore(saved, cycles * program.workunits.length);
}

function same(what: string, saved: string | number, now: string | number): void {
  if (saved === now) return;
  throw new HaloweaveError(
    'usage',
    `the saved state does not fit this program, whose ${what} differ: saved ${saved || 'none'}, now ${now || 'none'}; resume with the program and the arguments that it was saved by`,
  );
}

function table(list: readonly Values[], names: readonly string[]): Float64Array {
  const out = new Float64Array(list.length * names.length);
  list.forEach((values, k) => {
    names.forEach((name, j) => {
      out[k * names.length + j] = values[name]!;
    });
  });
  return out;
}

function rows(numbers: Float64Array, names: readonly string[]): Values[] {
  const list: Values[] = [];
  for (let at = 0; at < numbers.length; at += names.length)
    list.push(Object.freeze(Object.fromEntries(names.map((name, j) => [name, numbers[at + j]!]))));
  return list;
}
