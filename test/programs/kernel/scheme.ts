/** Runs one of the schemes on parts: `--scheme NAME`. */
import { grid, max, min, type NdArray, type PartMembers, partitionKernel, sum } from 'haloweave';
import { type Cell, SCHEMES, type Scheme, type SchemeName } from './schemes.js';

type AnyPart = PartMembers & Record<string, NdArray>;
const REDUCE = { sum, min, max };

export default partitionKernel(({ args }) => {
  const scheme: Scheme = SCHEMES[args.scheme as SchemeName];
  return {
    partition: ({ parts }) =>
      grid({
        shape: scheme.shape,
        parts,
        halo: scheme.halo,
        boundary: scheme.boundary,
        fields: scheme.fields,
      }),
    setup: (part) => {
      for (const field of Object.keys(scheme.fields)) part.fill(field, (index) => scheme.init(field, index));
    },
    phases: scheme.phases.map(({ share, swap, update }) => ({
      workunit: (part) => {
        const fields = part as unknown as AnyPart;
        const cell = new PartCell(fields);
        fields.each((flat, index) => {
          cell.flat = flat;
          cell.index = index;
          update(cell);
        });
        for (const [a, b] of swap ?? []) fields.swap(a, b);
      },
      share: () => share,
    })),
    ...(scheme.state && { state: scheme.state }),
    measure: Object.fromEntries(
      Object.entries(scheme.measures).map(([name, { kind, field }]) => [name, REDUCE[kind](field)]),
    ),
    measureEvery: 3,
  };
});

class PartCell implements Cell {
  flat = 0;
  index: readonly number[] = [];
  readonly #part: AnyPart;

  constructor(part: AnyPart) {
    this.#part = part;
  }
  read(field: string, a: number, b = 0, c = 0): number {
    return this.#at(field, a, b, c) as number;
  }
  readBig(field: string, a: number, b = 0, c = 0): bigint {
    return this.#at(field, a, b, c) as bigint;
  }
  write(field: string, value: number | bigint): void {
    this.#part[field]!.data[this.flat] = value as never;
  }
  #at(field: string, a: number, b: number, c: number): number | bigint {
    const { data, stride } = this.#part[field]!;
    return data[this.flat + a * stride[0]! + b * (stride[1] ?? 0) + c * (stride[2] ?? 0)]!;
  }
}
