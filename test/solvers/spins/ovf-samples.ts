import { readFileSync } from 'node:fs';
import { HaloweaveError } from 'haloweave';
import { expect } from 'vitest';
import { readOvf } from '../../../solvers/spins/ovf.js';

/** A file of another program, from test/data/ovf. */
export const sample = (file: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../../data/ovf/${file}`, import.meta.url)));
export const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A file with two cells of two components, as lines that a test can change. */
export const HEADER = [
  '# OOMMF OVF 2.0',
  '# Segment count: 1',
  '# Begin: Segment',
  '# Begin: Header',
  '# Title: a test',
  '# meshtype: rectangular',
  '# meshunit: m',
  '# xbase: 0.5',
  '# ybase: 1',
  '# zbase: 1.5',
  '# xnodes: 2',
  '# ynodes: 1',
  '# znodes: 1',
  '# xstepsize: 1',
  '# ystepsize: 2',
  '# zstepsize: 3',
  '# xmin: 0',
  '# ymin: 0',
  '# zmin: 0',
  '# xmax: 2',
  '# ymax: 2',
  '# zmax: 3',
  '# valuedim: 2',
  '# valuelabels: a b',
  '# valueunits: T J/m3',
  '# End: Header',
];
export const TEXT = ['# Begin: Data Text', '1 -2', '3e-1 .5', '# End: Data Text', '# End: Segment', ''];
export const text = (change: (lines: string[]) => string[] = (lines) => lines): Uint8Array =>
  ascii(change([...HEADER, ...TEXT]).join('\n'));
export const swap =
  (from: string, to: string) =>
  (lines: string[]): string[] => {
    expect(lines).toContain(from);
    return lines.map((line) => (line === from ? to : line));
  };

/** The same field in binary, byte by byte from the specification. */
export function binary(width: 4 | 8, littleEndian: boolean, control: number, lineEnd = '\n'): Uint8Array {
  const head = ascii([...HEADER, `# Begin: Data Binary ${width}`, ''].join(lineEnd));
  const view = new DataView(new ArrayBuffer(width * 5));
  [control, 1, -2, 0.25, -0].forEach((value, i) => {
    if (width === 4) view.setFloat32(i * 4, value, littleEndian);
    else view.setFloat64(i * 8, value, littleEndian);
  });
  const tail = ascii([`# End: Data Binary ${width}`, '# End: Segment', ''].join(lineEnd));
  return new Uint8Array([...head, ...new Uint8Array(view.buffer), ...tail]);
}

export function failure(bytes: Uint8Array): string {
  try {
    readOvf(bytes, 'broken.ovf');
  } catch (error) {
    expect(error).toBeInstanceOf(HaloweaveError);
    expect((error as HaloweaveError).code).toBe('format');
    return (error as HaloweaveError).message;
  }
  throw new Error('expected readOvf to refuse the file');
}
