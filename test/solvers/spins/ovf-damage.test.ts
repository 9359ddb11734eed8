import fc from 'fast-check';
import { HaloweaveError } from 'haloweave';
import { describe, expect, it } from 'vitest';
import { type OvfField, readOvf } from '../../../solvers/spins/ovf.js';
import { ascii, binary, failure, HEADER, sample, TEXT, text } from './ovf-samples.js';

describe('readOvf on damaged files', () => {
  const files = ['oommf-ovf2-txt.omf', 'oommf-ovf2-bin4.omf', 'oommf-ovf2-bin8.omf'].map(sample);
  const sources = fc.constantFrom(...files, text(), binary(4, true, 1234567.0));

  const readsOrRefuses = (bytes: Uint8Array): void => {
    let field: OvfField;
    try {
      field = readOvf(bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(HaloweaveError);
      return;
    }
    const [nx, ny, nz] = field.nodes;
    expect(field.data.length).toBe(nx * ny * nz * field.valueDim);
    expect(field.labels.length).toBe(field.valueDim);
    expect(field.units.length).toBe(field.valueDim);
  };

  it('refuses every truncation that loses more than the last line end', () => {
    fc.assert(
      fc.property(sources, fc.nat(), (bytes, at) => {
        const cut = bytes.subarray(0, at % bytes.length);
        if (cut.length < bytes.length - 1) expect(failure(cut)).toMatch(/expected/);
        else readsOrRefuses(cut);
      }),
    );
  });

  it('survives any change of bytes', () => {
    const edit = fc.record({ at: fc.nat(), remove: fc.nat(4), insert: fc.uint8Array({ maxLength: 4 }) });
    fc.assert(
      fc.property(sources, fc.array(edit, { minLength: 1, maxLength: 4 }), (bytes, edits) => {
        let mutated = [...bytes];
        for (const { at, remove, insert } of edits) {
          // Half of the edits in the header, which is where they do harm.
          const place = at % (at % 2 === 0 ? 900 : mutated.length);
          mutated = [...mutated.slice(0, place), ...insert, ...mutated.slice(place + remove)];
        }
        readsOrRefuses(Uint8Array.from(mutated));
      }),
      { numRuns: 500 },
    );
  });

  it('survives lines that are swapped, doubled, dropped or renumbered', () => {
    const lines = [...HEADER, ...TEXT];
    const edit = fc.record({ from: fc.nat(lines.length - 1), to: fc.nat(lines.length - 1), n: fc.nat(12) });
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
        const changed = [...lines];
        for (const { from, to, n } of edits) {
          if (n < 2) changed[to] = changed[from]!;
          else if (n < 4) changed.splice(from, 1);
          else changed[from] = (changed[from] ?? '').replace(/\d/, String(n - 4));
        }
        readsOrRefuses(ascii(changed.join('\n')));
      }),
      { numRuns: 500 },
    );
  });
});
