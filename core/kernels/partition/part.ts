import { HaloweaveError } from '../../base/errors.js';
import { eachOwnedRow } from '../../halo/extent.js';
import type { FieldLayout } from '../../halo/layout.js';
import type { ArrayOf } from '../../memory/array.js';
import type { DType, TypedArray } from '../../memory/dtype.js';
import type { NdArray } from '../../memory/ndarray.js';
import type { DTypeOf, FieldTypes } from './fields.js';
import type { GridDomain } from './grid.js';
import { loadField } from './load.js';

/** What a part owns of a field, in the field's indices. */
export interface OwnedRange {
  /** The first cell or vertex. */
  readonly lo: readonly number[];
  /** One past the last. */
  readonly hi: readonly number[];
}

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
  /**
   * Sets every owned cell (or vertex) to `value(index)`, `index` being its place in the grid (one array, reused).
   * Of a vector field the value is an array of its components, or one number for all.
   */
  fill(field: Name, value: (index: number[]) => FillValue): void;
  /**
   * Sets what the part owns of a field from a NumPy `.npy` file of the whole field's shape (the grid's, or that of
   * its vertices; a vector's components are the last axis) and of the field's dtype; for `setup`.
   * Reads what this part owns and nothing else, in either memory order. A relative path starts at the working folder.
   * @throws HaloweaveError naming both shapes, or both dtypes, when they differ; 'format' for a damaged file.
   */
  load(field: Name, path: string): void;
  /**
   * Calls `visit(flat, index)` for every owned cell (or vertex) of a field: the place of its first component in
   * the field's `data`, and its place in the grid (reused). Without a name: the cells, for any scalar
   * cell-centred field.
   */
  each(visit: (flat: number, index: number[]) => void, field?: Name): void;
  /**
   * Exchanges the memory of two fields that are alike in dtype, centring and components. Costs nothing; views
   * taken before refer to the old field.
   */
  swap(a: Name, b: Name): void;
  /**
   * What this part owns of a field, in the field's indices: `lo` included, `hi` not. For cells `lo` and `hi` of
   * the part. For vertices, of which the lower of two parts owns the common one, `lo` + 1 … `hi` + 1, and from 0
   * where the grid begins without being periodic; on a periodic axis of n cells, n stands for vertex 0.
   */
  owned(field: Name): OwnedRange;
  /**
   * Place in a field's `data` of the cell or vertex with this place in the grid, in the part or its halo (index
   * not wrapped; not checked): `place('p', part.lo)` is the vertex below the part's first cell.
   */
  place(field: Name, index: readonly number[]): number;
}

/** What `fill` takes for a cell. */
export type FillValue = number | bigint | readonly number[] | readonly bigint[];

/**
 * One partition as user code sees it. `part.u` is the field u as an ndarray whose shape is the owned
 * cells (or vertices; a vector field has its components as one more axis) and whose indices −halo … −1 and
 * n … n + halo − 1 are the halo: `part.u.get(-1, j)`. For speed, take `data`, `offset` and `stride` once and
 * index `data[offset + i·stride[0] + j]`.
 */
export type Part<F extends FieldTypes = FieldTypes> = PartMembers<keyof F & string> & {
  readonly [K in keyof F & string]: ArrayOf<DTypeOf<F[K]>>;
};

/** How a field of a part lies in memory, and what of the whole field it is. */
export interface FieldExtent {
  layout: FieldLayout;
  /** Owned values in the field's indices. */
  lo: readonly number[];
  hi: readonly number[];
  /** Extent of the whole field, without components. */
  shape: readonly number[];
  /** Centring and components, for messages: fields that differ in it cannot be swapped. */
  kind: string;
}

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
  /** By field; those that can be swapped are the same object. */
  readonly _extents: readonly FieldExtent[];

  constructor(
    id: number,
    box: { lo: number[]; hi: number[] },
    grid: PartMembers['grid'],
    arrays: NdArray[],
    bases: number[],
    index: Readonly<Record<string, number>>,
    extents: readonly FieldExtent[],
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
    this._extents = extents;
  }

  fill(field: string, value: (index: number[]) => FillValue): void {
    const f = this._field(field, 'fill');
    const data: TypedArray = this._arrays[f]!.data;
    const { components } = this._extents[f]!.layout;
    this._visit(f, (flat, index) => {
      const v = value(index);
      if (typeof v !== 'object') {
        for (let c = 0; c < components; c++) data[flat + c] = v as never;
        return;
      }
      if (v.length !== components) this._refuseFill(field, v.length, components);
      for (let c = 0; c < components; c++) data[flat + c] = v[c] as never;
    });
  }

  load(field: string, path: string): void {
    const f = this._field(field, 'load');
    loadField(path, field, this._arrays[f]!, this._extents[f]!, this.id);
  }

  each(visit: (flat: number, index: number[]) => void, field?: string): void {
    this._visit(field === undefined ? this._cells() : this._field(field, 'each'), visit);
  }

  owned(field: string): OwnedRange {
    const { lo, hi } = this._extents[this._field(field, 'owned')]!;
    return { lo, hi };
  }

  place(field: string, index: readonly number[]): number {
    const { layout, lo } = this._extents[this._field(field, 'place')]!;
    return index.reduce((at, x, k) => at + (x - lo[k]!) * layout.strides[k]!, layout.origin);
  }

  _visit(f: number, visit: (flat: number, index: number[]) => void): void {
    const { layout, lo, shape } = this._extents[f]!;
    const { components } = layout;
    const index = [...lo];
    const last = shape.length - 1;
    eachOwnedRow(layout, lo, shape, (start, first, count) => {
      // The row's place in the whole field, taken apart.
      let rest = first / components;
      for (let k = last; k >= 0; k--) {
        index[k] = rest % shape[k]!;
        rest = Math.floor(rest / shape[k]!);
      }
      const begin = index[last]!;
      for (let at = 0; at < count; at += components) {
        index[last] = begin + at / components;
        visit(start + at, index);
      }
    });
  }

  swap(a: string, b: string): void {
    const x = this._index[a];
    const y = this._index[b];
    if (
      x === undefined ||
      y === undefined ||
      this._arrays[x]!.dtype !== this._arrays[y]!.dtype ||
      this._extents[x] !== this._extents[y]
    )
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

  /** The field whose places are those of the cells. */
  _cells(): number {
    const f = this._extents.findIndex(
      ({ layout, lo, hi }) =>
        layout.components === 1 &&
        lo.every((x, k) => x === this.lo[k]) &&
        hi.every((x, k) => x === this.hi[k]),
    );
    if (f >= 0) return f;
    throw new HaloweaveError(
      'argument',
      `each: the grid has no scalar cell-centred field; name the field whose places you want: ${Object.keys(this._index).join(', ')}`,
      { partition: this.id, operation: 'each' },
    );
  }

  _refuseFill(field: string, given: number, components: number): never {
    throw new HaloweaveError(
      'argument',
      `fill: the value of '${field}' has ${given} numbers; give ${components}, one per component, or a single number`,
      { partition: this.id, operation: 'fill' },
    );
  }

  _refuseSwap(a: string, b: string): never {
    const [x, y] = [this._field(a, 'swap'), this._field(b, 'swap')];
    const sameDtype = this._arrays[x]!.dtype === this._arrays[y]!.dtype;
    const kind = (f: number): string => (sameDtype ? this._extents[f]!.kind : this._arrays[f]!.dtype);
    throw new HaloweaveError(
      'argument',
      `swap: '${a}' is ${kind(x)} and '${b}' is ${kind(y)}; only fields of one dtype, centring and number of components can be swapped`,
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
