import fc from 'fast-check';
import { HaloweaveError } from 'haloweave';
import { describe, expect, it } from 'vitest';
import { type OvfField, type OvfFormat, readOvf, writeOvf } from '../../../solvers/spins/ovf.js';

const field = (change: Partial<OvfField> = {}): OvfField => ({
  nodes: [2, 1, 1],
  step: [1e-9, 2e-9, 3e-9],
  base: [5e-10, 1e-9, 1.5e-9],
  min: [0, 0, 0],
  max: [2e-9, 2e-9, 3e-9],
  valueDim: 2,
  labels: ['m_x', 'energy density'],
  units: ['1', 'J/m3'],
  title: 'a test',
  description: ['first', 'second: with a colon'],
  meshUnit: 'm',
  data: Float64Array.of(1, -0, 0.1, -2.5e-7),
  ...change,
});

const bits = (data: Float64Array): BigUint64Array => new BigUint64Array(data.slice().buffer);

/** Any double, with the edges that a decimal form gets wrong; NaN in its one canonical form. */
const double = fc.oneof(
  fc.double({ noNaN: false }).map((v) => (Number.isNaN(v) ? Number.NaN : v)),
  fc.constantFrom(-0, 5e-324, 1.7976931348623157e308, 0.1 + 0.2, 1e21, 1e-7, 123456789012345680000),
);
const word = fc.string().filter((s) => !/[\r\n]|##/.test(s));
const line = word.map((s) => s.trim()).filter((s) => !/##/.test(s));
const triple = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<[T, T, T]> => fc.tuple(item, item, item);
const length = fc.double({ noNaN: true, noDefaultInfinity: true });
const anyField = fc
  .record({ nodes: triple(fc.integer({ min: 1, max: 4 })), valueDim: fc.integer({ min: 1, max: 4 }) })
  .chain(({ nodes, valueDim }) => {
    const count = nodes[0] * nodes[1] * nodes[2] * valueDim;
    const names = fc.array(word, { minLength: valueDim, maxLength: valueDim });
    return fc.record({
      nodes: fc.constant(nodes),
      valueDim: fc.constant(valueDim),
      step: triple(fc.double({ min: 5e-324, max: 1e300, noNaN: true })),
      base: triple(length),
      min: triple(length),
      max: triple(length),
      labels: names,
      units: names,
      title: line,
      description: fc.array(line, { maxLength: 3 }),
      meshUnit: line,
      data: fc.array(double, { minLength: count, maxLength: count }).map((v) => Float64Array.from(v)),
    });
  });

describe('writeOvf', () => {
  it('writes exactly this text', () => {
    expect(new TextDecoder().decode(writeOvf(field(), 'text'))).toBe(`# OOMMF OVF 2.0
# Segment count: 1
# Begin: Segment
# Begin: Header
# Title: a test
# Desc: first
# Desc: second: with a colon
# meshunit: m
# meshtype: rectangular
# xbase: 5e-10
# ybase: 1e-9
# zbase: 1.5e-9
# xnodes: 2
# ynodes: 1
# znodes: 1
# xstepsize: 1e-9
# ystepsize: 2e-9
# zstepsize: 3e-9
# xmin: 0
# ymin: 0
# zmin: 0
# xmax: 2e-9
# ymax: 2e-9
# zmax: 3e-9
# valuedim: 2
# valuelabels: m_x {energy density}
# valueunits: 1 J/m3
# End: Header
# Begin: Data Text
1 -0
0.1 -2.5e-7
# End: Data Text
# End: Segment
`);
  });

  it.each([
    ['binary4', 4, '38 b4 96 49'],
    ['binary8', 8, '40 de 77 83 21 12 dc 42'],
  ] as const)('writes %s little-endian behind its control value', (format, width, control) => {
    const bytes = writeOvf(field(), format);
    const mark = `# Begin: Data Binary ${width}\n`;
    const start = Buffer.from(bytes).indexOf(mark) + mark.length;
    expect([...bytes.subarray(start, start + width)].map((b) => b.toString(16)).join(' ')).toBe(control);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const values = [1, 2, 3, 4].map((i) =>
      width === 4 ? view.getFloat32(start + 4 * i, true) : view.getFloat64(start + 8 * i, true),
    );
    expect(values).toEqual([1, -0, 0.1, -2.5e-7].map((v) => (width === 4 ? Math.fround(v) : v)));
    expect(new TextDecoder().decode(bytes.subarray(start + 5 * width))).toBe(
      `\n# End: Data Binary ${width}\n# End: Segment\n`,
    );
  });

  it.each(['text', 'binary8'] as const)('%s comes back bit for bit', (format) => {
    fc.assert(
      fc.property(anyField, (any) => {
        const back = readOvf(writeOvf(any, format));
        expect(bits(back.data)).toEqual(bits(any.data));
        expect(back).toEqual(any);
      }),
    );
  });

  it('binary4 comes back rounded to float32', () => {
    const values = fc.array(fc.float(), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(values, fc.double({ min: -1e30, max: 1e30, noNaN: true }), (v, x) => {
        const any = field({ data: Float64Array.from([...v.slice(1), x]) });
        expect(readOvf(writeOvf(any, 'binary4')).data).toEqual(any.data.map(Math.fround));
      }),
    );
  });

  const wrong: [string, Partial<OvfField>, OvfFormat, RegExp][] = [
    [
      'data of another length',
      { data: new Float64Array(3) },
      'text',
      /holds 3 values; 2 × 1 × 1 cells × 2 are 4/,
    ],
    ['half a node', { nodes: [0.5, 1, 1] }, 'text', /integers of at least 1, found 0.5/],
    ['a step of zero', { step: [1, 0, 1] }, 'text', /step holds 0/],
    ['an infinite corner', { max: [1, Infinity, 1] }, 'text', /max holds Infinity/],
    ['a missing label', { labels: ['a'] }, 'text', /labels holds 1 entries; expected valueDim = 2/],
    ['a missing unit', { units: [] }, 'binary8', /units holds 0 entries/],
    ['a title of two lines', { title: 'a\nb' }, 'text', /line break/],
    ['a comment in a description', { description: ['a ## b'] }, 'text', /"##"/],
    ['a value beyond float32', { data: Float64Array.of(1, 2, 1e39, 4) }, 'binary4', /data\[2\] is 1e\+39/],
  ];
  it.each(wrong)('refuses %s', (_, change, format, message) => {
    expect(() => writeOvf(field(change), format)).toThrow(HaloweaveError);
    expect(() => writeOvf(field(change), format)).toThrow(message);
  });
});
