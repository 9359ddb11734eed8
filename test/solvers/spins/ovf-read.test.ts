import { describe, expect, it } from 'vitest';
import { type OvfField, readOvf } from '../../../solvers/spins/ovf.js';
import { ascii, binary, failure, HEADER, sample, swap, TEXT, text } from './ovf-samples.js';

describe('files of other programs', () => {
  it('reads the field that OOMMF wrote three ways', () => {
    const t = readOvf(sample('oommf-ovf2-txt.omf'));
    const b4 = readOvf(sample('oommf-ovf2-bin4.omf'));
    const b8 = readOvf(sample('oommf-ovf2-bin8.omf'));
    for (const field of [t, b4, b8]) {
      expect(field.nodes).toEqual([5, 5, 5]);
      expect(field.step).toEqual([1e-9, 1e-9, 1e-9]);
      expect(field.base).toEqual([5e-10, 5e-10, 5e-10]);
      expect(field.min).toEqual([0, 0, 0]);
      expect(field.max).toEqual([5e-9, 5e-9, 5e-9]);
      expect(field.valueDim).toBe(3);
      expect(field.labels).toEqual(['Magnetization_x', 'Magnetization_y', 'Magnetization_z']);
      expect(field.units).toEqual(['A/m', 'A/m', 'A/m']);
      expect(field.title).toBe('Oxs_MinDriver::Magnetization');
      expect(field.meshUnit).toBe('m');
      expect(field.description).toHaveLength(6);
      expect(field.description[1]).toBe('MIF source file: test_oommf.mif');
      expect(field.data).toHaveLength(375);
    }
    expect(Array.from(t.data.subarray(0, 6))).toEqual([
      7826205.19122475, 1172713.1580553, 1172713.15920422, 7984436.64145022, 352683.652239242,
      352683.654441629,
    ]);
    // The text has 15 digits of a vector of length 8e6.
    for (let i = 0; i < 375; i++) {
      expect(Math.abs(t.data[i]! - b8.data[i]!)).toBeLessThanOrEqual(1e-14 * Math.abs(b8.data[i]!) + 1e-20);
      expect(b4.data[i]).toBe(Math.fround(b8.data[i]!));
    }
  });

  it('reads the text of mumax3', () => {
    const field = readOvf(sample('mumax-txt-linux.ovf'));
    expect(field.nodes).toEqual([24, 12, 4]);
    expect(field.max).toEqual([6.000000000000001e-8, 3.0000000000000004e-8, 1e-8]);
    expect(field.labels[2]).toBe('m_full_z');
    expect(field.description).toEqual(['Total simulation time:  0  s']);
    expect(field.data).toHaveLength(3456);
    for (let i = 0; i < 3456; i++) expect(field.data[i]).toBe([0.9950372, 0.09950372, 0][i % 3]);
  });

  it('reads the binary of mumax3, which has no line end after the data', () => {
    const field = readOvf(sample('mumax-bin4-linux.ovf'));
    expect(field.nodes).toEqual([128, 32, 1]);
    expect(field.step).toEqual([3.90625e-9, 3.90625e-9, 3e-9]);
    expect(field.units).toEqual(['1', '1', '1']);
    expect(field.data).toHaveLength(12288);
    // The bytes c1 ba 7e 3f, 9b c8 cb 3d, 00 00 00 00 taken apart by hand.
    const last = [(2 ** 23 + 0x7ebac1) / 2 ** 24, (2 ** 23 + 0x4bc89b) / 2 ** 27, 0];
    expect(Array.from(field.data.subarray(-3))).toEqual(last);
  });

  it('reads six components of a demagnetising tensor', () => {
    const field = readOvf(sample('demag_tensor_oommf.omf'));
    expect(field.nodes).toEqual([20, 10, 3]);
    expect(field.valueDim).toBe(6);
    expect(field.labels).toEqual(['xx', 'yy', 'zz', 'xy', 'xz', 'yz'].map((c) => `field_${c}`));
    expect(field.data).toHaveLength(3600);
    // The cube with itself: a third on the diagonal. Any other pair: no trace.
    for (let d = 0; d < 6; d++) expect(field.data[d]).toBeCloseTo(d < 3 ? 1 / 3 : 0, 14);
    for (let c = 1; c < 600; c++) {
      expect(Math.abs(field.data[6 * c]! + field.data[6 * c + 1]! + field.data[6 * c + 2]!)).toBeLessThan(
        1e-12,
      );
    }
  });

  it('puts component fastest, then x, y, z', () => {
    const { data, nodes } = readOvf(sample('demag_tensor_oommf.omf'));
    const xx = (x: number, y: number, z: number): number => data[6 * ((z * nodes[1] + y) * nodes[0] + x)]!;
    // N_xx is negative along x and positive along y, and the same along y and z.
    expect(xx(1, 0, 0)).toBeCloseTo(-0.13501718054449527, 14);
    expect(xx(0, 1, 0)).toBeCloseTo(0.06750859027224765, 12);
    expect(xx(0, 0, 2)).toBeCloseTo(xx(0, 2, 0), 12);
    expect(xx(3, 0, 0)).toBeCloseTo(-0.005864086948764916, 14);
  });
});

describe('files built from the specification', () => {
  const expected: Omit<OvfField, 'data'> = {
    nodes: [2, 1, 1],
    step: [1, 2, 3],
    base: [0.5, 1, 1.5],
    min: [0, 0, 0],
    max: [2, 2, 3],
    valueDim: 2,
    labels: ['a', 'b'],
    units: ['T', 'J/m3'],
    title: 'a test',
    description: [],
    meshUnit: 'm',
  };

  it('reads text', () => {
    expect(readOvf(text())).toEqual({ ...expected, data: Float64Array.of(1, -2, 0.3, 0.5) });
  });

  it.each([
    [4, 1234567.0],
    [8, 123456789012345.0],
  ] as const)('reads binary %i', (width, control) => {
    expect(readOvf(binary(width, true, control))).toEqual({
      ...expected,
      data: Float64Array.of(1, -2, 0.25, -0),
    });
    // A view into a larger buffer, at an odd offset.
    const bytes = binary(width, true, control);
    const padded = new Uint8Array(bytes.length + 3);
    padded.set(bytes, 3);
    expect(readOvf(padded.subarray(3)).data).toEqual(Float64Array.of(1, -2, 0.25, -0));
    expect(readOvf(binary(width, true, control, '\r\n')).data).toHaveLength(4);
  });

  it('has the control values that the specification gives in hexadecimal', () => {
    expect([...binary(4, false, 1234567.0)].map((b) => b.toString(16)).join(' ')).toContain('49 96 b4 38');
    const eight = [...binary(8, false, 123456789012345.0)].map((b) => b.toString(16)).join(' ');
    expect(eight).toContain('42 dc 12 21 83 77 de 40');
  });

  it('does not mind case, order, blanks, comments and line ends', () => {
    const messy = text((lines) => {
      const [first, ...rest] = [...lines.slice(4, 25)].reverse();
      return [
        '#oommf  ovf 2.0   ## a comment',
        '##',
        '#',
        '# SEGMENT  COUNT : 01',
        '',
        '#begin:segment',
        '# Begin:Header',
        first!.toUpperCase().replace('J/M3', 'J/m3').replace('T J', ' T   J'),
        '#   ',
        ...rest.map((line) =>
          line.replace('# xnodes:', '#X Nodes :').replace('a test', 'a test ## not this'),
        ),
        '# end: HEADER',
        '#',
        '# Begin: data   TEXT',
        '## the first cell',
        '#',
        '1 -2 3e-1 ## and more',
        '',
        '\t .5',
        '# END: data text',
        '# end : segment',
        '#',
        '',
      ];
    });
    const crlf = ascii(new TextDecoder().decode(messy).replaceAll('\n', '\r\n'));
    for (const bytes of [messy, crlf]) {
      expect(readOvf(bytes)).toEqual({ ...expected, data: Float64Array.of(1, -2, 0.3, 0.5) });
    }
  });

  it('reads lists, one name for all, numbers that are not finite, Latin-1, and no title', () => {
    expect(readOvf(text(swap('# valuelabels: a b', '# valuelabels: {energy density} "b c"'))).labels).toEqual(
      ['energy density', 'b c'],
    );
    expect(readOvf(text(swap('# valueunits: T J/m3', '# valueunits: A/m'))).units).toEqual(['A/m', 'A/m']);
    expect(readOvf(text(swap('3e-1 .5', '-Inf nan'))).data).toEqual(
      Float64Array.of(1, -2, -Infinity, Number.NaN),
    );
    expect(readOvf(text((l) => l.filter((s) => !s.startsWith('# Title')))).title).toBe('');
    const latin1 = text(swap('# meshunit: m', '# meshunit: Xm'));
    latin1[latin1.indexOf(0x58)] = 0xb5;
    expect(readOvf(latin1).meshUnit).toBe('µm');
  });

  it('takes numbers on the line that ends the data', () => {
    const joined = text((l) =>
      l
        .filter((s) => s !== '# End: Data Text')
        .map((s) => (s === '3e-1 .5' ? '3e-1 .5 # End: Data Text' : s)),
    );
    expect(readOvf(joined).data).toEqual(Float64Array.of(1, -2, 0.3, 0.5));
  });
});

describe('broken files', () => {
  it('names line and byte', () => {
    const message = failure(text(swap('3e-1 .5', '3e-1 x')));
    const offset = [...HEADER, ...TEXT.slice(0, 2)].join('\n').length + 1;
    expect(message).toBe(`broken.ovf, line 29 (byte ${offset}): expected a number, found "x"`);
  });

  const cases: [string, (lines: string[]) => string[], RegExp][] = [
    ['nothing', () => [''], /ends after 0 bytes.*OOMMF OVF 2.0/],
    ['another file', () => ['hello'], /line 1 .*expected "# OOMMF OVF 2.0", found "hello"/],
    [
      'OVF 1.0',
      swap('# OOMMF OVF 2.0', '# OOMMF: rectangular mesh v1.0'),
      /line 1 .*OVF 1\.0.*expected OVF 2\.0/,
    ],
    ['no segment count', (l) => l.filter((s) => !s.startsWith('# Segment')), /line 2 .*Segment count: 1/],
    [
      'several segments',
      swap('# Segment count: 1', '# Segment count: 2'),
      /line 2 .*segment count is "2"; expected 1/,
    ],
    ['a second segment', (l) => [...l.slice(0, -1), '# Begin: Segment'], /line 32 .*second segment/],
    [
      'text after the end',
      (l) => [...l.slice(0, -1), 'more'],
      /line 32 .*expected the end of the file.*"more"/,
    ],
    ['no begin of header', (l) => l.filter((s) => s !== '# Begin: Header'), /line 4 .*"# Begin: header"/],
    [
      'no end of header',
      (l) => l.filter((s) => s !== '# End: Header'),
      /line 26 .*expected "# End: Header" before/,
    ],
    ['the wrong end', swap('# End: Header', '# End: Head'), /line 26 .*expected "# End: Header"/],
    [
      'a missing entry',
      (l) => l.filter((s) => !s.startsWith('# ystep')),
      /line 25 .*required entry "ystepsize"/,
    ],
    [
      'a missing label list',
      (l) => l.filter((s) => !s.startsWith('# valuelab')),
      /required entry "valuelabels"/,
    ],
    [
      'an entry given twice',
      (l) => [...l.slice(0, 8), '# xBase: 0.5', ...l.slice(8)],
      /line 9 .*already given on line 8/,
    ],
    ['an entry of OVF 1.0', swap('# valueunits: T J/m3', '# valuemultiplier: 2'), /line 25 .*OVF 1\.0 entry/],
    ['an entry without a colon', swap('# meshunit: m', '# meshunit m'), /line 7 .*"# key: value"/],
    ['a line that is no entry', swap('# meshunit: m', 'meshunit: m'), /line 7 .*"# key: value"/],
    [
      'an irregular mesh',
      swap('# meshtype: rectangular', '# meshtype: irregular'),
      /line 6 .*expected rectangular/,
    ],
    [
      'zero nodes',
      swap('# xnodes: 2', '# xnodes: 0'),
      /line 11 .*xnodes is "0"; expected an integer of at least 1/,
    ],
    ['half a node', swap('# xnodes: 2', '# xnodes: 1.5'), /line 11 .*expected an integer/],
    ['no component', swap('# valuedim: 2', '# valuedim: -3'), /line 23 .*valuedim/],
    [
      'a length that is no number',
      swap('# xmax: 2', '# xmax: 0x2'),
      /line 20 .*xmax is "0x2"; expected a finite number/,
    ],
    ['an infinite length', swap('# xmax: 2', '# xmax: inf'), /expected a finite number/],
    [
      'a cell without size',
      swap('# zstepsize: 3', '# zstepsize: 0'),
      /line 16 .*zstepsize is 0; expected more than 0/,
    ],
    [
      'three labels for two',
      swap('# valuelabels: a b', '# valuelabels: a b c'),
      /line 24 .*lists 3 names; expected valuedim = 2/,
    ],
    ['an open brace', swap('# valuelabels: a b', '# valuelabels: {a b'), /line 24 .*Tcl list/],
    [
      'an unknown form of data',
      swap('# Begin: Data Text', '# Begin: Data Binary 16'),
      /line 27 .*"Binary 8"/,
    ],
    ['too many values', swap('3e-1 .5', '3 4 5'), /line 29 .*more values than the 4 \(2 × 1 × 1 cells × 2\)/],
    ['too few values', swap('3e-1 .5', '3'), /line 30 .*end after 3 values; expected 4/],
    ['a number beyond doubles', swap('3e-1 .5', '3e999 0'), /line 29 .*"3e999"/],
    ['a comment with one sign', swap('3e-1 .5', '3 4 # cell'), /line 29 .*"# cell"/],
    ['data without an end', (l) => l.slice(0, 29), /ends after \d+ bytes.*expected 4 .*found 4/],
    [
      'the end of other data',
      swap('# End: Data Text', '# End: Data Binary 4'),
      /line 30 .*"# End: data text"/,
    ],
    ['no end of segment', (l) => l.slice(0, 30), /ends after .*"# End: segment"/],
    [
      'a count the file cannot hold',
      swap('# xnodes: 2', '# xnodes: 4000000000'),
      /byte \d+: expected 8000000000 .*only \d+ bytes/,
    ],
    [
      'a count no double holds',
      swap('# xnodes: 2', '# xnodes: 9000000000000000'),
      /byte \d+: the header announces/,
    ],
  ];
  it.each(cases)('refuses %s', (_, change, message) => {
    expect(failure(text(change))).toMatch(message);
  });

  it('refuses binary data that are swapped, damaged or of another length', () => {
    const [c4, c8] = [1234567.0, 123456789012345.0];
    const start = ascii([...HEADER, '# Begin: Data Binary 4', ''].join('\n')).length;
    expect(failure(binary(4, false, c4))).toMatch(
      new RegExp(`byte ${start}: .*byte-swapped.*expected 1234567 `),
    );
    expect(failure(binary(8, false, c8))).toMatch(/byte-swapped.*expected 123456789012345 /);
    expect(failure(binary(4, true, 1234568))).toMatch(
      /control value is 1234568; expected 1234567 as 4-byte little-endian/,
    );
    expect(failure(binary(8, true, c8).slice(0, start + 39))).toMatch(
      /expected 40 bytes.*the file ends after 39/,
    );
    const bytes = binary(8, true, c8);
    // One value more than announced: what follows the data is not their end.
    const long = new Uint8Array([
      ...bytes.subarray(0, start + 40),
      ...new Uint8Array(8),
      ...bytes.subarray(start + 40),
    ]);
    expect(failure(long)).toMatch(/line 28 \(byte \d+\): expected .*"# key: value"/);
  });
});
