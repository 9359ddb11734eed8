import { HaloweaveError } from '../../base/errors.js';
import type { ArrayOf } from '../../memory/array.js';
import type { DType, TypedArray } from '../../memory/dtype.js';
import type { NdArray } from '../../memory/ndarray.js';
import type { FieldTypes, GridDomain } from './grid.js';
import { loadField } from './load.js';

/** What every part has beside its fields. */
export interface PartMembers<Name extends string = string> {
  /** The part's number. */
  readonly id: number;
  /** First owned cell in the grid's indices. */
  readonly lo: readonly number[];
  /** One past the last owned cell. */
  readonly hi: readonly number[];
  /** Owned cells per axis. */
  readonly shape: readonly number[];
  /** The whole grid. */
  readonly grid: {
    /** Cells per axis. */
    readonly shape: readonly number[];
    /** Parts per axis. */
    readonly parts: readonly number[];
    /** Width of the halo in cells. */
    readonly halo: number;
  };
  /** Sets every owned cell to `value(index)`, `index` being the cell's place in the grid (one array, reused). */
  fill(field: Name, value: (index: number[]) => number | bigint): void;
  /**
   * Sets the owned cells from a NumPy `.npy` file of the whole grid's shape and of the field's dtype; for `setup`.
   * Reads this part's cells and nothing else, in either memory order. A relative path starts at the working folder.
   * @throws HaloweaveError naming both shapes, or both dtypes, when they differ; 'format' for a damaged file.
   */
  load(field: Name, path: string): void;
  /** Calls `visit(flat, index)` for every owned cell: its place in a field's `data`, and in the grid (reused). */
  each(visit: (flat: number, index: number[]) => void): void;
  /** Exchanges the memory of two fields of one dtype. Costs nothing; views taken before refer to the old field. */
  swap(a: Name, b: Name): void;
}

/**
 * One partition as user code sees it. `part.u` is the field u as an ndarray whose shape is the owned
 * cells and whose indices −halo … −1 and n … n + halo − 1 are the halo: `part.u.get(-1, j)`. For speed,
 * take `data`, `offset` and `stride` once and index `data[offset + i·stride[0] + j]`.
 */
export type Part<F extends FieldTypes = FieldTypes> = PartMembers<keyof F & string> & {
  readonly [K in keyof F & string]: ArrayOf<F[K]>;
};

/** The kernel's side of a part. */
export class PartObject implements PartMembers {
  readonly id: number;
  readonly lo: readonly number[];
  readonly hi: readonly number[];
  readonly shape: readonly number[];
  readonly grid: PartMembers['grid'];
  /** Field views in the order of declaration; swapping exchanges entries. */
  readonly _arrays: NdArray[];
  /** Element index of each field's memory in its arena's view. */
  readonly _bases: number[];
  /** Which of the memories each field has now. */
  readonly _memories: number[];
  readonly _index: Readonly<Record<string, number>>;

  constructor(
    id: number,
    box: { lo: number[]; hi: number[] },
    grid: PartMembers['grid'],
    arrays: NdArray[],
    bases: number[],
    index: Readonly<Record<string, number>>,
  ) {
    this.id = id;
    this.lo = box.lo;
    this.hi = box.hi;
    this.shape = box.hi.map((h, k) => h - box.lo[k]!);
    this.grid = grid;
    this._arrays = arrays;
    this._bases = bases;
    this._memories = arrays.map((_, f) => f);
    this._index = index;
  }

  fill(field: string, value: (index: number[]) => number | bigint): void {
    const data: TypedArray = this._arrays[this._field(field, 'fill')]!.data;
    this.each((flat, index) => {
      data[flat] = value(index) as never;
    });
  }

  load(field: string, path: string): void {
    const array = this._arrays[this._field(field, 'load')]!;
    loadField(path, field, array, this.lo, this.grid.shape, this.id);
  }

  each(visit: (flat: number, index: number[]) => void): void {
    const a = this._arrays[0]!;
    const index = [...this.lo];
    const last = this.shape.length - 1;
    const rows = this.shape.slice(0, last).reduce((x, y) => x * y, 1);
    const columns = this.shape[last]!;
    let row = a.offset;
    for (let r = 0; r < rows; r++) {
      for (let j = 0; j < columns; j++) {
        index[last] = this.lo[last]! + j;
        visit(row + j, index);
      }
      for (let axis = last - 1; axis >= 0; axis--) {
        row += a.stride[axis]!;
        index[axis]!++;
        if (index[axis]! < this.hi[axis]!) break;
        row -= a.stride[axis]! * this.shape[axis]!;
        index[axis] = this.lo[axis]!;
      }
    }
  }

  swap(a: string, b: string): void {
    const x = this._index[a];
    const y = this._index[b];
    if (x === undefined || y === undefined || this._arrays[x]!.dtype !== this._arrays[y]!.dtype)
      this._refuseSwap(a, b);
    exchange(this._arrays, x, y);
    exchange(this._bases, x, y);
    exchange(this._memories, x, y);
  }

  _field(name: string, operation: string): number {
    const f = this._index[name];
    if (f !== undefined) return f;
    throw new HaloweaveError(
      'argument',
      `${operation}: there is no field '${name}'; the grid's fields are ${Object.keys(this._index).join(', ')}`,
      { partition: this.id, operation },
    );
  }

  _refuseSwap(a: string, b: string): never {
    const [x, y] = [this._field(a, 'swap'), this._field(b, 'swap')];
    throw new HaloweaveError(
      'argument',
      `swap: '${a}' is ${this._arrays[x]!.dtype} and '${b}' is ${this._arrays[y]!.dtype}; only fields of one dtype can be swapped`,
      { partition: this.id, operation: 'swap' },
    );
  }
}

function exchange<T>(list: T[], x: number, y: number): void {
  const t = list[x]!;
  list[x] = list[y]!;
  list[y] = t;
}

export type PartConstructor = new (...args: ConstructorParameters<typeof PartObject>) => PartObject;

/** A class whose instances have the domain's fields as properties: one hidden class, so that access is fast. */
export function partClass(domain: GridDomain): PartConstructor {
  const Class = class extends PartObject {};
  domain.fields.forEach((field, f) => {
    Object.defineProperty(Class.prototype, field.name, {
      get(this: PartObject) {
        return this._arrays[f];
      },
      enumerable: true,
    });
  });
  return Class;
}

export type { DType };
