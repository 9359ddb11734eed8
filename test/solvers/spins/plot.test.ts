import { HaloweaveError } from 'haloweave';
import { describe, expect, it } from 'vitest';
import { type RelaxationRow, relaxationPlot } from '../../../solvers/spins/plot.js';

interface Panel {
  points: [number, number][];
  ticks: string[];
  label: string;
  note: string;
  dots: number;
}

function panel(svg: string, name: string): Panel {
  const body = new RegExp(`<g class="${name}">([^]*?)</g>`).exec(svg)![1]!;
  const texts = (kind: string): string[] =>
    [...body.matchAll(new RegExp(`<text class="${kind}"[^>]*>([^<]*)</text>`, 'g'))].map((m) => m[1]!);
  const points = (/points="([^"]*)"/.exec(body)?.[1] ?? '')
    .split(' ')
    .filter((p) => p !== '')
    .map((p): [number, number] => [Number(p.split(',')[0]), Number(p.split(',')[1])]);
  return {
    points,
    ticks: texts('tick'),
    label: texts('label')[0]!,
    note: texts('note')[0] ?? '',
    dots: body.match(/<circle/g)?.length ?? 0,
  };
}

/** Every element closed, nothing that is no number, nothing outside the picture. */
function expectSound(svg: string): void {
  const open: string[] = [];
  for (const [, slash, name, self] of svg.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/g)) {
    if (slash === '/') expect(open.pop()).toBe(name);
    else if (self !== '/') open.push(name!);
  }
  expect(open).toEqual([]);
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  expect(svg).not.toMatch(/<script|href|url\(|@import/);
  for (const [, x] of svg.matchAll(/ (?:x|x1|x2|cx)="(-?[\d.]+)"/g))
    expect(Number(x)).toBeLessThanOrEqual(840);
}

const value = (label: string): number => Number(label.replaceAll('−', '-'));
const decay = (n: number): RelaxationRow[] =>
  Array.from({ length: n }, (_, i) => ({
    time: i * 2,
    energy: -2.3 + Math.exp(-i / 10),
    torque: 10 ** (-i / 20),
  }));

describe('relaxationPlot', () => {
  it('draws one point a row in both panels over the same times', () => {
    const svg = relaxationPlot(decay(50), {
      title: 'a < b & c',
      timeUnit: 'µ/γJ',
      energyUnit: 'J',
      torqueUnit: 'J/µ',
    });
    expectSound(svg);
    const [energy, torque, time] = ['energy', 'torque', 'time'].map((name) => panel(svg, name));
    expect(energy!.points).toHaveLength(50);
    expect(torque!.points).toHaveLength(50);
    expect(energy!.dots).toBe(50);
    expect(energy!.points.map((p) => p[0])).toEqual(torque!.points.map((p) => p[0]));
    for (let i = 1; i < 50; i++) {
      // Both fall, and down is a larger y.
      expect(energy!.points[i]![0]).toBeGreaterThan(energy!.points[i - 1]![0]);
      expect(energy!.points[i]![1]).toBeGreaterThanOrEqual(energy!.points[i - 1]![1]);
      expect(torque!.points[i]![1]).toBeGreaterThan(torque!.points[i - 1]![1]);
    }
    expect(svg).toContain('a &lt; b &amp; c');
    expect(energy!.label).toBe('energy per spin (J)');
    expect(torque!.label).toBe('maximum torque (J/µ)');
    expect(time!.label).toBe('time (µ/γJ)');
    expect(torque!.ticks).toEqual(['10⁻³', '10⁻²', '10⁻¹', '10⁰']);
    for (const ticks of [energy!.ticks, time!.ticks]) {
      expect(ticks.length).toBeGreaterThan(3);
      for (let i = 1; i < ticks.length; i++) expect(value(ticks[i]!)).toBeGreaterThan(value(ticks[i - 1]!));
    }
  });

  it('puts values where the axis says', () => {
    const svg = relaxationPlot([
      { time: 0, energy: 0, torque: 1 },
      { time: 10, energy: 1, torque: 0.01 },
      { time: 20, energy: 0.5, torque: 0.1 },
    ]);
    const energy = panel(svg, 'energy').points;
    expect(energy.map((p) => p[1])).toEqual([284, 64, 174]);
    expect(panel(svg, 'torque').points.map((p) => p[1])).toEqual([324, 544, 434]);
    expect(energy[1]![0]).toBeCloseTo((energy[0]![0] + energy[2]![0]) / 2, 1);
  });

  it('takes a power of ten out of small energies', () => {
    const svg = relaxationPlot(
      [
        { time: 0, energy: 1e-21, torque: 1 },
        { time: 1e-12, energy: 4e-21, torque: 1 },
      ],
      { energyUnit: 'J', timeUnit: 's' },
    );
    expect(panel(svg, 'energy').label).toBe('energy per spin (10⁻²¹ J)');
    expect(panel(svg, 'time').label).toBe('time (10⁻¹² s)');
  });

  it.each<[string, RelaxationRow[]]>([
    ['one row', [{ time: 5, energy: -2, torque: 0.3 }]],
    ['one row of zeros', [{ time: 0, energy: 0, torque: 0 }]],
    ['equal values', Array.from({ length: 9 }, (_, i) => ({ time: i, energy: -2, torque: 1e-3 }))],
    ['equal times', Array.from({ length: 9 }, (_, i) => ({ time: 3, energy: i, torque: i }))],
    [
      'the ends of the range',
      [
        { time: -1e300, energy: 1e300, torque: 5e-324 },
        { time: 1e300, energy: -1e300, torque: 1e300 },
      ],
    ],
    [
      'differences in the last digit',
      [
        { time: 0, energy: 1, torque: 1 },
        { time: 1, energy: 1 + Number.EPSILON, torque: 1 },
      ],
    ],
  ])('draws %s', (_, rows) => {
    const svg = relaxationPlot(rows);
    expectSound(svg);
    for (const name of ['energy', 'torque']) {
      const { points, ticks } = panel(svg, name);
      expect(points).toHaveLength(rows.length);
      expect(new Set(ticks).size).toBe(ticks.length);
      for (const [x, y] of points) {
        expect(x).toBeGreaterThan(40);
        expect(x).toBeLessThanOrEqual(816);
        expect(y).toBeGreaterThanOrEqual(name === 'energy' ? 64 : 324);
        expect(y).toBeLessThanOrEqual(name === 'energy' ? 284 : 544);
      }
    }
  });

  it('draws torques of zero at the lower edge and says so', () => {
    const rows = [0.1, 0.01, 0, 0].map((torque, i) => ({ time: i, energy: 0, torque }));
    const { points, note } = panel(relaxationPlot(rows), 'torque');
    expect(points.map((p) => p[1])).toEqual([324, 544, 544, 544]);
    expect(note).toBe('2 of 4 values are 0, drawn at the lower edge; last 0');
    expect(panel(relaxationPlot(decay(3)), 'torque').note).not.toContain('edge');
  });

  it('thins many rows but keeps every extreme', () => {
    const rows = Array.from({ length: 20_000 }, (_, i) => ({ time: i, energy: Math.sin(i / 50), torque: 1 }));
    rows[7777]!.energy = 5;
    const svg = relaxationPlot(rows);
    const { points, dots } = panel(svg, 'energy');
    expect(points.length).toBeLessThan(4 * 840);
    expect(points.length).toBeGreaterThan(840);
    expect(dots).toBe(0);
    expect(Math.min(...points.map((p) => p[1]))).toBeLessThan(points[0]![1] - 100);
    for (let i = 1; i < points.length; i++) expect(points[i]![0]).toBeGreaterThanOrEqual(points[i - 1]![0]);
  });

  it.each<[RelaxationRow[], RegExp]>([
    [[], /no rows/],
    [[{ time: 0, energy: Number.NaN, torque: 0 }], /row 0: energy is NaN/],
    [[{ time: 0, energy: 0, torque: -1 }], /row 0: torque is -1; expected at least 0/],
    [
      [
        { time: 1, energy: 0, torque: 0 },
        { time: 0, energy: 0, torque: 0 },
      ],
      /row 1: time 0 lies before 1/,
    ],
  ])('refuses wrong rows %#', (rows, message) => {
    expect(() => relaxationPlot(rows)).toThrow(HaloweaveError);
    expect(() => relaxationPlot(rows)).toThrow(message);
  });
});
