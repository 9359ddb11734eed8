import { fileURLToPath } from 'node:url';
import { type RunOptions, type RunResult, run } from 'haloweave';
import { describe, expect, it } from 'vitest';
import type { SpinsProblem } from '../../../solvers/spins/problem.js';
import { type SpinWave, spinWave } from '../../../solvers/spins/spin-wave.js';
import { hamiltonian, type Lattice, lattice, type Vector } from './reference.js';

const FILE = fileURLToPath(new URL('./programs/lattice.ts', import.meta.url));
type Problem = Omit<SpinsProblem, 'initial' | 'output' | 'report'>;

const problem: Problem = {
  shape: [13, 22],
  exchange: 1,
  dmi: { kind: 'interfacial', D: 0.4 },
  anisotropy: { K: 0.1, axis: [0, 0, 1] },
  field: [0.05, 0, 0.1],
  mu: 1.3,
  alpha: 0.2,
  dt: 0.1,
};

const ran = (p: Problem, options: RunOptions = {}): Promise<RunResult> =>
  run(FILE, { transport: 'inline', ...options, args: { problem: JSON.stringify(p) } });

function spins(result: RunResult, p: Problem): Lattice {
  const [x, y, z] = ['sx', 'sy', 'sz'].map((name) => result.gather(name).data);
  const of = lattice(p.shape, p.boundary !== 'open');
  return { ...of, spins: of.spins.map((_, i): Vector => [Number(x![i]), Number(y![i]), Number(z![i])]) };
}

const history = (r: RunResult): { cycle: number; measures: { energy: number; torque: number } }[] =>
  (r.results as { history: { cycle: number; measures: { energy: number; torque: number } }[] }).history;

describe.each([
  ['a periodic lattice', problem],
  ['an open lattice, bulk coupling', { ...problem, boundary: 'open', dmi: { kind: 'bulk', D: 0.4 } }],
  ['a tilted axis, Heun', { ...problem, integrator: 'heun', anisotropy: { K: 0.1, axis: [0.6, 0, 0.8] } }],
  ['a chain', { ...problem, shape: [61] }],
  ['a cubic lattice', { ...problem, shape: [5, 6, 9], dmi: { kind: 'bulk', D: 0.3 } }],
  [
    'a cubic lattice, interfacial, tilted axis, Heun',
    { ...problem, shape: [4, 7, 6], integrator: 'heun', anisotropy: { K: 0.1, axis: [0.6, 0, 0.8] } },
  ],
  ['an open cubic lattice', { ...problem, shape: [6, 5, 7], boundary: 'open' }],
  ['an open chain, Heun', { ...problem, shape: [61], boundary: 'open', integrator: 'heun' }],
] as [string, Problem][])('%s', (_, p) => {
  it('has one hash for all parts, ranks and transports', async () => {
    const reference = await ran(p, { cycles: 25, parts: 1 });
    expect(reference.hash).toMatch(/^[0-9a-f]{32}$/);
    const cuts = [
      ['3', '7'],
      ['4x1', '1x5', '3x4'],
      ['4x1x1', '1x5x1', '2x3x4'],
    ][p.shape.length - 1]!;
    for (const parts of cuts) {
      const inline = await ran(p, { cycles: 25, parts });
      expect([parts, inline.hash, inline.measures]).toEqual([parts, reference.hash, reference.measures]);
    }
    for (const ranks of [2, 3]) {
      const threads = await ran(p, { transport: 'threads', ranks, cycles: 25, parts: 6 });
      expect([ranks, threads.hash, threads.measures]).toEqual([ranks, reference.hash, reference.measures]);
    }
  });

  it('measures the Hamiltonian at the start and at the end', async () => {
    const end = await ran({ ...p, measureEvery: 10 }, { cycles: 20, parts: 4 });
    expect(history(end).map((row) => row.cycle)).toEqual([0, 10, 20]);
    const start = hamiltonian(p, lattice(p.shape, p.boundary !== 'open'));
    expect(Math.abs(history(end)[0]!.measures.energy - start)).toBeLessThan(1e-11);
    expect(Math.abs(end.measures.energy! - hamiltonian(p, spins(end, p)))).toBeLessThan(1e-11);
  });
});

it('has no bonds along an open axis, and those of the axes that are not', async () => {
  // Layers that are open along z only, all alike: every layer is a square lattice by itself but for −J a bond between.
  const layers = 3;
  const p: Problem = { ...problem, shape: [layers, 5, 7], boundary: ['open', 'periodic', 'periodic'] };
  const flat: Problem = { ...problem, shape: [5, 7] };
  const alike = { cycles: 0, parts: 1 };
  const stack = await run(FILE, {
    transport: 'inline',
    ...alike,
    args: { problem: JSON.stringify(p), alike: true },
  });
  const layer = await ran(flat, alike);
  const bonds = (layers - 1) * 5 * 7;
  expect(stack.measures.energy).toBeCloseTo(layers * layer.measures.energy! - problem.exchange * bonds, 10);
});

it.each([
  ['damped', 0.05],
  ['undamped', 0],
])('follows the exact spin wave in three dimensions to 1e-12, %s', async (_, alpha) => {
  const wave: SpinWave = { spins: [6, 8, 10], mode: [1, -2, 3], cone: 0.9, alpha };
  const dt = 1 / 2048;
  const cycles = 2048;
  const result = await run(FILE, {
    parts: 12,
    ranks: 3,
    cycles,
    args: {
      problem: JSON.stringify({ shape: wave.spins, exchange: 1, alpha, dt, measureEvery: cycles }),
      wave,
    },
  });
  const exact = spinWave(wave, cycles * dt);
  const s = ['sx', 'sy', 'sz'].map((name) => result.gather(name));
  const out = new Float64Array(3);
  let [error, moved] = [0, 0];
  for (let q = 0; q < 6; q++)
    for (let r = 0; r < 8; r++)
      for (let c = 0; c < 10; c++) {
        exact([q, r, c], out);
        for (let k = 0; k < 3; k++) error = Math.max(error, Math.abs(Number(s[k]!.get(q, r, c)) - out[k]!));
        spinWave(wave, 0)([q, r, c], out);
        moved = Math.max(moved, Math.abs(Number(s[0]!.get(q, r, c)) - out[0]!));
      }
  expect(moved).toBeGreaterThan(0.5);
  expect(error).toBeLessThan(1e-12);
});

it('loses energy with damping, at every measure', async () => {
  const rows = history(await ran(problem, { cycles: 60 }));
  expect(rows).toHaveLength(61);
  for (let k = 1; k < rows.length; k++)
    expect(rows[k]!.measures.energy).toBeLessThan(rows[k - 1]!.measures.energy);
});

it('keeps energy and lengths without damping', async () => {
  const p: Problem = { ...problem, alpha: 0, dt: 0.01, measureEvery: 100 };
  const result = await ran(p, { cycles: 1000, parts: 2 });
  const energies = [...history(result).map((row) => row.measures.energy), result.measures.energy!];
  for (const e of energies) expect(Math.abs(e / energies[0]! - 1)).toBeLessThan(1e-5);
  for (const s of spins(result, p).spins) expect(Math.abs(Math.hypot(...s) - 1)).toBeLessThan(1e-14);
});

it('ends after its cycles, or at rest', async () => {
  const p: Problem = { ...problem, field: [0, 0, 5], alpha: 0.5, measureEvery: 10 };
  expect((await ran({ ...p, cycles: 30 })).cycles).toBe(30);
  expect((await ran({ ...p, cycles: 25 })).cycles).toBe(25);
  expect((await ran({ ...p, cycles: 25 }, { cycles: 7 })).cycles).toBe(7);
  const rest = await ran({ ...p, cycles: 10_000, torque: 1e-3 });
  expect(rest.cycles).toBeLessThan(10_000);
  expect(rest.measures.torque).toBeLessThan(1e-3);
  expect(history(rest).at(-2)!.measures.torque).toBeGreaterThanOrEqual(1e-3);
});

it.each([
  [{ ...problem, dt: 0 }, /dt is 0; expected a finite number above 0/],
  [{ ...problem, shape: [2, 2, 2, 2] }, /a lattice of 4 axes; expected 1 to 3/],
  [{ ...problem, boundary: ['open'] }, /boundary lists 1 axes, the lattice has 2/],
  [{ ...problem, mu: -1 }, /mu is -1; expected a number above 0/],
] as [Problem, RegExp][])('refuses what makes no sense', async (p, message) => {
  await expect(ran(p, { cycles: 1 })).rejects.toThrow(message);
});
