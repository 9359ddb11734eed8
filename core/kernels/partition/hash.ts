import { StateHash } from '../../base/state-hash.js';
import { eachOwnedRow } from '../../halo/extent.js';
import type { OwnedPart } from './owned-part.js';
import type { ResolvedProgram } from './resolve.js';

/**
 * The part of the state hash that this rank's values make up: every value of the state's fields under its place
 * in the whole field, cell · components + component, so that no cut changes it. Local; about 20 ns a value.
 */
export function hashOf(program: ResolvedProgram, parts: readonly OwnedPart[]): Uint32Array {
  const h = new StateHash();
  for (const f of program.state) {
    const key = StateHash.fieldKey(program.domain.fields[f]!.name);
    for (const { object } of parts) {
      const { data } = object._arrays[f]!;
      const { layout, lo, shape } = object._extents[f]!;
      eachOwnedRow(layout, lo, shape, (start, index, count) => h.addRow(key, index, data, start, count, 1));
    }
  }
  return h.words();
}
