import { DTYPES, isTypedArray, type TypedArray } from '../../memory/dtype.js';
import { ndarray } from '../../memory/ndarray.js';
import { dtypeCodeOf } from '../../wire/cell.js';
import type { Operation } from '../operation.js';
import { prefixProgram, treeProgram } from '../operations/brackets.js';
import { BuiltinOperation } from '../operations/builtin.js';
import { describeForm, differentForms, Form, formOf } from '../operations/forms.js';
import { type Buffer, copyElements } from '../payload.js';
import { callName, callWord, What } from './call-names.js';
import {
  describePayload,
  elementsOf,
  NUMBER,
  type Payload,
  readValue,
  shapeOf,
  store,
  travelling,
} from './payloads.js';
import type { Pieces } from './pieces.js';
import type { Slots } from './slots.js';

const isArrayForm = (form: Form): boolean => form === Form.array || form === Form.ndarray;

/** Whether every number is an operand: asked without a walk up the prototypes, for the sake of the shortest call. */
const takesNumbers = (op: Operation): op is BuiltinOperation =>
  (op as Partial<BuiltinOperation>).takesNumbers === true;

/**
 * Reductions through the slots of a board. Numbers and arrays are combined where they lie; other operands of
 * built-in operations lie there as partials, those of functions as values.
 */
export class SharedReductions {
  readonly #slots: Slots;
  readonly #pieces: Pieces;
  readonly #rank: number;
  readonly #size: number;
  readonly #tree: Int32Array;

  constructor(slots: Slots, pieces: Pieces) {
    this.#slots = slots;
    this.#pieces = pieces;
    this.#rank = slots.rank;
    this.#size = slots.size;
    this.#tree = treeProgram(slots.size);
  }

  allreduce(value: unknown, op: Operation, deadline: number, into: Buffer | null): unknown {
    const call = callWord(What.allreduce, op.code);
    if (typeof value === 'number' && takesNumbers(op)) {
      const g = this.#meetNumber(call, 0, value, deadline);
      return op.numbers(
        this.#slots.numbers,
        this.#slots.firstNumber(g),
        this.#slots.numberStep,
        this.#size,
        this.#tree,
      );
    }
    const g = this.#meet(call, 0, value, op, deadline);
    return this.#combine(g, call, 0, value, op, true, deadline, into);
  }

  reduce(value: unknown, op: Operation, root: number, deadline: number, into: Buffer | null): unknown {
    const call = callWord(What.reduce, op.code);
    const g = this.#meet(call, root, value, op, deadline);
    return this.#combine(g, call, root, value, op, this.#rank === root, deadline, into);
  }

  /** `scan` with this rank's operand, `exscan` without. Every rank reads those of the ranks before it. */
  scan(what: What, value: unknown, op: Operation, deadline: number, into: Buffer | null): unknown {
    const g = this.#meet(callWord(what, op.code), 0, value, op, deadline);
    const last = what === What.scan ? this.#rank : this.#rank - 1;
    if (last < 0) return undefined;
    const program = prefixProgram(last + 1);
    if (!(op instanceof BuiltinOperation)) return op.prefix(this.#values(g, last + 1, value), last);
    const form = formOf(value);
    if (form === Form.number)
      return op.numbers(
        this.#slots.numbers,
        this.#slots.firstNumber(g),
        this.#slots.numberStep,
        last + 1,
        program,
      );
    if (!isArrayForm(form)) return this.#combinePartials(g, last + 1, op);
    const inputs = this.#inputs(g, last + 1);
    const out = this.#landing(g, into);
    op.elements(inputs, out.data, 0, out.data.length, program);
    return out.finish();
  }

  reduceScatter(values: readonly unknown[], op: Operation, deadline: number): unknown {
    const call = callWord(What.reduceScatter, op.code);
    const builtin = op instanceof BuiltinOperation ? op : null;
    const forms = values.map((v) => (builtin ? formOf(v) : Form.value));
    this.#slots.announce(call, 0);
    if (builtin) for (const v of values) op.check(v, callName(call));
    const travel = values.map((v, k) => (this.#goesAsPartial(forms[k]!) ? op.partial(v) : v));
    // Without a built-in operation anything goes with anything.
    const digest = this.#pieces.write(travel, -1, forms);
    this.#slots.mark(builtin ? digest : 0);
    const g = this.#slots.meet(deadline);
    this.#slots.agree(g);
    if (builtin) this.#agreePieces(g, call);
    const mine = Array.from({ length: this.#size }, (_, r) => this.#pieces.payload(g, r, this.#rank));
    if (!builtin) return op.fold(mine.map((p, r) => (r === this.#rank ? values[r] : readValue(p))));
    const form = forms[this.#rank]!;
    if (form === Form.number) {
      const numbers = Float64Array.from(mine, (p) => readValue(p) as number);
      return builtin.numbers(numbers, 0, 1, this.#size, this.#tree);
    }
    if (!isArrayForm(form)) return this.#combineList(mine.map(readValue), op);
    const inputs = mine.map(elementsOf);
    const out = new DTYPES[dtypeCodeOf(mine[0]!.word)]!.create(inputs[0]!.length);
    builtin.elements(inputs, out, 0, out.length, this.#tree);
    const shape = shapeOf(mine[0]!);
    return shape ? ndarray(out, shape) : out;
  }

  /** The meeting of lone numbers, which nothing has to be made for. */
  #meetNumber(call: number, root: number, value: number, deadline: number): number {
    const slots = this.#slots;
    slots.announceNumber(call, root, value);
    const g = slots.meet(deadline);
    const other = slots.agreeNumbers(g);
    if (other >= 0) this.#refuseForms(g, call, other);
    return g;
  }

  #meet(call: number, root: number, value: unknown, op: Operation, deadline: number): number {
    const slots = this.#slots;
    const builtin = op instanceof BuiltinOperation;
    if (builtin) op.check(value, callName(call));
    if (builtin && typeof value === 'number') return this.#meetNumber(call, root, value, deadline);
    const form = builtin ? formOf(value) : Form.value;
    slots.announce(call, root);
    const { o, word } = travelling(this.#goesAsPartial(form) ? op.partial(value) : value);
    slots.write(word, o);
    slots.mark(form);
    const g = slots.meet(deadline);
    slots.agree(g);
    if (builtin) this.#agreeForms(g, call, form);
    return g;
  }

  #goesAsPartial(form: Form): boolean {
    return form !== Form.value && form !== Form.number && !isArrayForm(form);
  }

  /** Throws, on every rank, unless all have operands of one form, dtype and extent. */
  #agreeForms(g: number, call: number, form: Form): void {
    const other = this.#slots.otherForm(g, isArrayForm(form));
    if (other >= 0) this.#refuseForms(g, call, other);
    if (form !== Form.ndarray) return;
    const own = shapeOf(this.#slots.payload(g, this.#rank))!;
    for (let r = 0; r < this.#size; r++) {
      const theirs = shapeOf(this.#slots.payload(g, r))!;
      if (theirs.length !== own.length || theirs.some((n, k) => n !== own[k])) this.#refuseForms(g, call, r);
    }
  }

  #refuseForms(g: number, call: number, other: number): never {
    const say = (r: number): string => describeOperand(this.#slots.markOf(g, r), this.#slots.payload(g, r));
    throw differentForms(callName(call), this.#rank, say(this.#rank), other, say(other));
  }

  /** As `agreeForms`, for all operands of all ranks. */
  #agreePieces(g: number, call: number): void {
    // A digest says whether anything differs; what, is looked for afterwards, and for this rank's own in any case.
    const differ = this.#slots.otherMark(g) >= 0;
    const say = (r: number, to: number): string =>
      describeOperand(this.#pieces.mark(g, r, to), this.#pieces.payload(g, r, to));
    for (let r = 0; r < this.#size; r++)
      for (let to = 0; to < this.#size; to++) {
        if (!differ && to !== this.#rank) continue;
        const [mine, theirs] = [say(this.#rank, to), say(r, to)];
        if (mine !== theirs)
          throw differentForms(
            callName(call),
            this.#rank,
            `${mine} for rank ${to}`,
            r,
            `${theirs} for rank ${to}`,
          );
      }
  }

  /** The operands of the first `count` ranks, as values. */
  #values(g: number, count: number, own: unknown): unknown[] {
    return Array.from({ length: count }, (_, r) =>
      r === this.#rank ? own : readValue(this.#slots.payload(g, r)),
    );
  }

  #inputs(g: number, count: number): TypedArray[] {
    return Array.from({ length: count }, (_, r) => elementsOf(this.#slots.payload(g, r)));
  }

  #combinePartials(g: number, count: number, op: Operation): unknown {
    return this.#combineList(
      Array.from({ length: count }, (_, r) => readValue(this.#slots.payload(g, r))),
      op,
    );
  }

  #combineList(partials: readonly unknown[], op: Operation): unknown {
    return op.result(partials.reduce((left, right) => op.combine(left, right)));
  }

  /** All operands combined, where it is `wanted`. */
  #combine(
    g: number,
    call: number,
    root: number,
    value: unknown,
    op: Operation,
    wanted: boolean,
    deadline: number,
    into: Buffer | null,
  ): unknown {
    if (!(op instanceof BuiltinOperation))
      return wanted ? op.fold(this.#values(g, this.#size, value)) : undefined;
    const form = formOf(value);
    if (isArrayForm(form)) return this.#combineArrays(g, call, root, op, wanted, deadline, into);
    if (!wanted) return undefined;
    if (form !== Form.number) return this.#combinePartials(g, this.#size, op);
    return op.numbers(
      this.#slots.numbers,
      this.#slots.firstNumber(g),
      this.#slots.numberStep,
      this.#size,
      this.#tree,
    );
  }

  #combineArrays(
    g: number,
    call: number,
    root: number,
    op: BuiltinOperation,
    wanted: boolean,
    deadline: number,
    into: Buffer | null,
  ): unknown {
    const large = this.#slots.isLent(g, this.#rank);
    if (!large && !wanted) return undefined;
    const inputs = this.#inputs(g, this.#size);
    const n = inputs[0]!.length;
    const out = wanted ? this.#landing(g, into) : null;
    if (!large) op.elements(inputs, out!.data, 0, n, this.#tree);
    else {
      // Every rank reduces its share of the elements into rank 0's block; who wants the whole copies it.
      const shared = inputs[0]!;
      const from = Math.floor((n * this.#rank) / this.#size);
      const to = Math.floor((n * (this.#rank + 1)) / this.#size);
      op.elements(inputs, shared, from, to, this.#tree);
      this.#slots.meetAgain(call, root, deadline);
      if (out) copyElements(shared, 0, out.data, 0, n);
    }
    return out ? out.finish() : undefined;
  }

  /** Where a result of this rank's own form goes. */
  #landing(g: number, into: Buffer | null): { data: TypedArray; finish(): unknown } {
    const p = this.#slots.payload(g, this.#rank);
    if (into && isTypedArray(into)) return { data: into, finish: () => into };
    const shape = shapeOf(p);
    const dtype = DTYPES[dtypeCodeOf(p.word)]!;
    const data = new dtype.create(elementsOf(p).length);
    if (!into) return { data, finish: () => (shape ? ndarray(data, shape) : data) };
    return {
      data,
      finish: () => {
        store(data, 0, into, data.length);
        return into;
      },
    };
  }
}

/** An operand as errors tell it. */
function describeOperand(form: number, p: Payload): string {
  return p.word === NUMBER || isArrayForm(form as Form) ? describePayload(p) : describeForm(form as Form);
}
