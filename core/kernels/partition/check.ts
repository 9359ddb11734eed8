import { inspect, isDeepStrictEqual } from 'node:util';
import { HaloweaveError } from '../../base/errors.js';
import { RandomStream } from '../../base/random.js';
import type { Communicator } from '../../comm/communicator.js';
import type { Context, ControlContext, PartitionDefinition, UntilContext } from './definition.js';
import type { DomainCheck, DomainRuntime } from './domain-runtime.js';
import type { FieldTypes } from './grid.js';
import type { KernelPart } from './kernel-part.js';
import type { AddTerm, Measure } from './measure.js';
import type { ReduceGate } from './reduce-gate.js';
import type { NamedMeasure, ResolvedSteps } from './resolve.js';
import type { Sweep } from './sweep.js';

/** Any number does; a fixed one, so that a check that found something finds it again. */
const SEED = 20261120;

type Source = (part: never, add: AddTerm, context: Context) => void;

/** The steps of a program with every function of the user's called twice and compared. */
export function checkedSteps<P extends ResolvedSteps>(program: P, check: DomainCheck): P {
  const measured = ({ name, measure }: NamedMeasure): NamedMeasure => ({
    name,
    measure: typeof measure.source === 'function' ? checkedMeasure(name, measure) : measure,
  });
  return {
    ...program,
    workunits: program.workunits.map((w) => check.twice(w)),
    reduces: program.reduces.map((list) => list.map(measured)),
    measures: program.measures.map(measured),
  };
}

/** A definition whose `until`, `control` and `share` are called twice and compared. */
export function checkedDefinition<D extends object>(definition: D): D {
  const d = definition as unknown as PartitionDefinition<FieldTypes>;
  const { until, control } = d;
  const changed: Partial<Record<keyof typeof d, unknown>> = {};
  if (typeof d.share === 'function') changed.share = shareTwice(d, 0);
  if (Array.isArray(d.phases))
    changed.phases = d.phases.map((phase, k) =>
      typeof phase?.share === 'function' ? over(phase, { share: shareTwice(phase, k) }) : phase,
    );
  if (typeof until === 'function')
    changed.until = twice(
      (context: UntilContext) => Boolean(d.until!(context)),
      ({ cycle }) => `until of state ${cycle}`,
    );
  if (typeof control?.next === 'function')
    changed.control = over(control, {
      next: twice(
        (context: ControlContext) => control.next(context),
        ({ cycle }) => `control.next for cycle ${cycle}`,
      ),
    });
  return over(definition, changed as Partial<D>);
}

/** Of a grid's phase or any other: whatever `share` is told, it gives the same. */
function shareTwice<S>(of: { share?: S }, phase: number): S {
  const share = of.share as (...told: unknown[]) => unknown;
  return twice(
    (...told: unknown[]) => share.apply(of, told),
    () => `share of phase ${phase}`,
  ) as S;
}

/** An object with some properties replaced and all others as they are, its methods too. */
function over<T extends object>(base: T, changed: Partial<T>): T {
  return Object.assign(Object.create(base) as T, changed);
}

function twice<A extends unknown[], R>(
  f: (...told: A) => R,
  what: (...told: A) => string,
): (...told: A) => R {
  return (...told) => {
    const first = f(...told);
    const second = f(...told);
    if (!isDeepStrictEqual(first, second)) throw impure(what(...told), shown(first), shown(second));
    return first;
  };
}

function shown(value: unknown): string {
  return inspect(value, { breakLength: Number.POSITIVE_INFINITY });
}

function checkedMeasure(name: string, measure: Measure): Measure {
  const source = measure.source as unknown as Source;
  const checked: Source = (part, add, context) => {
    const terms: number[] = [];
    source(part, (x) => void terms.push(x), context);
    let k = 0;
    source(
      part,
      (x) => {
        if (!Object.is(x, terms[k])) differs(k, terms[k], x);
        k++;
      },
      context,
    );
    if (k < terms.length) differs(k, terms[k], undefined);
    for (const x of terms) add(x);
  };
  const differs = (k: number, first: number | undefined, second: number | undefined): never => {
    throw impure(`term ${k} of '${name}'`, String(first ?? 'none'), String(second ?? 'none'));
  };
  return { ...measure, source: checked as unknown as Measure['source'] };
}

function impure(what: string, first: string, second: string): HaloweaveError {
  return new HaloweaveError(
    'program',
    `${what} gave ${first}, then ${second} when it was asked again; it may depend on what it is told alone`,
    { operation: 'check' },
  );
}

export interface CheckedRun {
  sweep: Sweep;
  gate: { readonly end: number };
  reduces: ReduceGate;
  /** This rank's parts as the sweep sees them: changed here. */
  parts: KernelPart[];
  runtime: DomainRuntime;
  check: DomainCheck;
  program: ResolvedSteps;
  comm: Communicator;
}

/**
 * Runs a program step by step, all ranks together, in the order that is hardest on it: after every cycle the
 * parts are dealt out anew, so that each is run by a rank that has not seen it before, in another
 * order; after every step the halos that nobody has refreshed are noted for the check of the next.
 */
export async function runChecked(run: CheckedRun): Promise<void> {
  const { sweep, gate, reduces, parts, runtime, check, program, comm } = run;
  const phases = program.workunits.length;
  // A sum that rounds depends on which rank has which part, as it says.
  const fast = [program.measures, ...program.reduces].flat().some((m) => m.measure.reduction === 'sum.fast');
  for (let step = 1; ; step++) {
    reduces.holdAt(step);
    await sweep.run();
    // Ranks without parts open no cycle: rank 0, which has some, knows the end.
    if (comm.bcast(gate.end * phases <= step)) break;
    comm.barrier();
    if (step % phases === 0) {
      deal(runtime, fast ? null : check, comm, parts, step / phases);
      for (const p of parts) p.event = sweep.nextEvent(step / phases);
    }
    check.inspect(step);
  }
  reduces.holdAt(Number.MAX_SAFE_INTEGER);
}

/** Gives every rank as many parts as it had, drawn from all, in the order drawn; without moving any if `check` is null. */
function deal(
  runtime: DomainRuntime,
  check: DomainCheck | null,
  comm: Communicator,
  parts: KernelPart[],
  cycle: number,
): void {
  const counts = comm.allgather(parts.length);
  const total = counts.reduce((a, b) => a + b, 0);
  const order = shuffled(total, cycle);
  const owner = new Int32Array(total);
  const mine: number[] = [];
  let at = 0;
  for (const [rank, count] of counts.entries())
    for (const end = at + count; at < end; at++) {
      owner[order[at]!] = rank;
      if (rank === comm.rank) mine.push(order[at]!);
    }
  if (check?.move) check.move(owner, mine);
  const place = new Map(Array.from(order, (number, k) => [number, k]));
  const now = check?.move ? [...runtime.parts] : [...parts];
  parts.splice(0, parts.length, ...now.sort((a, b) => place.get(a.number)! - place.get(b.number)!));
}

/** A permutation of 0 … n − 1 that follows from the cycle alone. Fisher and Yates (1938). */
export function shuffled(n: number, cycle: number): Int32Array {
  const random = new RandomStream(SEED);
  const order = Int32Array.from({ length: n }, (_, k) => k);
  for (let k = n - 1; k > 0; k--) {
    const j = Math.floor(random.uniform(k, cycle) * (k + 1));
    [order[k], order[j]] = [order[j]!, order[k]!];
  }
  return order;
}
