import { HaloweaveError } from '../../base/errors.js';
import type { TypedArray } from '../../memory/dtype.js';
import type { NdArray } from '../../memory/ndarray.js';
import type { Context } from './definition.js';
import type { DomainCheck } from './domain-runtime.js';
import type { GridRuntime } from './grid-runtime.js';
import type { Workunit } from './kernel-part.js';
import type { OwnedPart } from './owned-part.js';
import type { PartObject } from './part.js';
import type { ResolvedProgram } from './resolve.js';

/** Halo cells of one field of one part that differ from the cells they are copies of. */
interface Stale {
  field: number;
  /** Places in the field's memory, and what the neighbours' cells hold. */
  at: number[];
  values: (number | bigint)[];
}

/** Everything that a workunit may change of a part. */
interface Copy {
  data: TypedArray[];
  arrays: NdArray[];
  bases: number[];
  memories: number[];
}

/**
 * Runs every workunit twice from the same state. What differs depends on something beside the part and the
 * context. Where halo cells are out of date, because nobody shared them, the second run gets what the
 * neighbours hold now: a difference then means that the workunit reads them, and that another cut of the grid would
 * give other results.
 */
export class GridCheck implements DomainCheck {
  readonly #runtime: GridRuntime;
  readonly #program: ResolvedProgram;
  /** By part: its halos that are out of date at this step. */
  #stale = new Map<number, Stale[]>();

  constructor(runtime: GridRuntime, program: ResolvedProgram) {
    this.#runtime = runtime;
    this.#program = program;
  }

  move(owner: Int32Array, mine: readonly number[]): void {
    this.#runtime.move(owner, mine);
  }

  /** Compares the halos that the last phase did not share with the cells that they are copies of. Collective. */
  inspect(step: number): void {
    const { shared, domain } = this.#program;
    const fresh = shared[(step + shared.length - 1) % shared.length]!;
    this.#stale = new Map();
    const refill = this.#runtime.refill();
    for (const p of this.#runtime.parts) {
      const list: Stale[] = [];
      for (let field = 0; field < domain.fields.length; field++)
        if (!fresh.includes(field)) {
          const stale = staleCells(p, field, refill);
          if (stale.at.length > 0) list.push(stale);
        }
      this.#stale.set(p.id, list);
    }
    this.#runtime.settle();
  }

  twice(workunit: Workunit): Workunit {
    const run = workunit as unknown as (part: PartObject, context: Context) => unknown;
    const twice = (part: PartObject, context: Context): unknown => {
      const before = copy(part);
      const result = run(part, context);
      if (result !== undefined) return result;
      const first = copy(part);
      const stale = this.#stale.get(part.id) ?? [];
      restore(part, before);
      for (const s of stale)
        s.at.forEach((at, k) => {
          part._arrays[s.field]!.data[at] = s.values[k] as never;
        });
      again(run, part, context);
      let difference = this.#difference(part, first, stale.length === 0);
      if (difference && stale.length > 0) {
        // Halos are the reason only if without them it is the same every time; what toggles would pass one run.
        let plain: string | null = null;
        for (let more = 0; more < 2 && !plain; more++) {
          restore(part, before);
          again(run, part, context);
          plain = this.#difference(part, first, true);
        }
        if (!plain) throw this.#readsHalo(part, context, stale, difference);
        difference = plain;
      }
      if (difference)
        throw place(
          part,
          context,
          `gave different results when it was run again: ${difference}; a workunit may depend on its part and context alone`,
        );
      restore(part, first);
      return undefined;
    };
    return twice as unknown as Workunit;
  }

  /** Where a part is not what it was after the first run, or null. */
  #difference(part: PartObject, first: Copy, withHalos: boolean): string | null {
    const names = this.#program.domain.fields.map((f) => f.name);
    for (const [f, name] of names.entries())
      if (part._memories[f] !== first.memories[f]) return `field '${name}' was swapped once, and once not`;
    for (const [f, name] of names.entries()) {
      const a = part._arrays[f]!;
      const then = first.data[f]!;
      const at = ownedDifference(a, then);
      if (at) {
        const index = at.index.map((i, axis) => i + (part.lo[axis] ?? 0));
        return `field '${name}' at [${index.join(', ')}]: ${then[at.flat]}, then ${a.data[at.flat]}`;
      }
      if (!withHalos) continue;
      const flat = a.data.findIndex((x: number | bigint, k: number) => !Object.is(x, then[k]));
      if (flat >= 0) return `field '${name}' in its halo: ${then[flat]}, then ${a.data[flat]}`;
    }
    return null;
  }

  #readsHalo(part: PartObject, context: Context, stale: Stale[], difference: string): HaloweaveError {
    const names = [...new Set(stale.map((s) => `'${this.#program.domain.fields[s.field]!.name}'`))];
    return place(
      part,
      context,
      `reads halo cells that its neighbours have changed and not shared, of ${names.length === 1 ? 'field' : 'one of the fields'} ${names.join(', ')}: with what they hold now, ${difference}; share the field in the phase that changes it`,
    );
  }
}

function staleCells(part: OwnedPart, field: number, refill: (part: OwnedPart, field: number) => void): Stale {
  const { data } = part.object._arrays[field]!;
  const before = data.slice();
  refill(part, field);
  const stale: Stale = { field, at: [], values: [] };
  for (let k = 0; k < data.length; k++)
    if (!Object.is(data[k], before[k])) {
      stale.at.push(k);
      stale.values.push(data[k]!);
    }
  data.set(before as never);
  return stale;
}

function copy(part: PartObject): Copy {
  return {
    data: part._arrays.map((a) => a.data.slice()),
    arrays: [...part._arrays],
    bases: [...part._bases],
    memories: [...part._memories],
  };
}

function restore(part: PartObject, from: Copy): void {
  from.arrays.forEach((a, f) => {
    part._arrays[f] = a;
    part._bases[f] = from.bases[f]!;
    part._memories[f] = from.memories[f]!;
    a.data.set(from.data[f]! as never);
  });
}

function again(
  run: (part: PartObject, context: Context) => unknown,
  part: PartObject,
  context: Context,
): void {
  try {
    run(part, context);
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause);
    throw place(
      part,
      context,
      `failed when it was run again: ${what}; a workunit may depend on its part and context alone`,
      cause,
    );
  }
}

/** The first owned element of a view that is not what it was. */
function ownedDifference(a: NdArray, then: TypedArray): { flat: number; index: number[] } | null {
  const index = a.shape.map(() => 0);
  for (let k = 0; k < a.size; k++) {
    const flat = a.index(...index);
    if (!Object.is(a.data[flat], then[flat])) return { flat, index };
    for (let axis = index.length - 1; axis >= 0; axis--) {
      if (++index[axis]! < a.shape[axis]!) break;
      index[axis] = 0;
    }
  }
  return null;
}

function place(part: PartObject, context: Context, what: string, cause?: unknown): HaloweaveError {
  const { cycle, phase } = context;
  return new HaloweaveError(
    'program',
    `workunit of partition ${part.id}, cycle ${cycle}, phase ${phase} ${what}`,
    { partition: part.id, cycle, phase, operation: 'workunit' },
    cause === undefined ? {} : { cause },
  );
}
