import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decode } from 'fast-png';
import { type Args, type RunResult, run } from 'haloweave';
import { type OvfField, parseSpinsParams, readOvf, writeOvf } from 'haloweave/solvers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const FILE = path('../../examples/relaxation.ts');
const DEFAULTS = path('../../examples/params/skyrmions.json');
const SAMPLES = path('../data/ovf/');
const LAYER = path('../data/ovf/mumax-bin4-linux.ovf');
const THICK = path('../data/ovf/mumax-txt-linux.ovf');
const TENSOR = path('../data/ovf/demag_tensor_oommf.omf');

const physics = {
  exchange: 1,
  dmi: { kind: 'interfacial', D: 0.3 },
  field: [0, 0, 0.03],
  alpha: 0.5,
  dt: 0.2,
  cycles: 40,
  measureEvery: 10,
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'relaxation-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function params(more: object = {}): string {
  const file = join(folder, 'params.json');
  writeFileSync(file, JSON.stringify({ ...physics, ...more }));
  return file;
}

const relaxed = (args: Args, ranks = 2): Promise<RunResult> =>
  run(FILE, { ranks, args: { out: join(folder, 'out'), ...args } });
const left = (name: string): Uint8Array => readFileSync(join(folder, 'out', name));

describe('the relaxation of a file', () => {
  it('leaves pictures, a plot and the final state in the geometry of the file', async () => {
    const args = { input: LAYER, params: params({ picturesEvery: 20 }) };
    const result = await relaxed(args);
    const results = result.results as Record<string, unknown>;
    const files = [
      'picture-0000000.png',
      'picture-0000020.png',
      'picture-0000040.png',
      'final.png',
      'energy-torque.svg',
      'final.ovf',
    ];
    expect(results).toMatchObject({ folder: join(folder, 'out'), files, relaxed: false });
    expect(readdirSync(join(folder, 'out')).sort()).toEqual([...files].sort());
    expect(results.time).toBeCloseTo(8, 12);
    expect(results.energyPerSpin).toBe(result.measures.energy! / 4096);
    for (const name of files.filter((f) => f.endsWith('.png')))
      expect(decode(left(name))).toMatchObject({ width: 512, height: 128, channels: 3 });
    expect(new TextDecoder().decode(left('energy-torque.svg'))).toMatch(/^<svg [\s\S]*<\/svg>\s*$/);

    const before = readOvf(readFileSync(LAYER));
    const after = readOvf(left('final.ovf'));
    for (const key of ['nodes', 'step', 'base', 'min', 'max', 'meshUnit'] as const)
      expect(after[key]).toEqual(before[key]);
    const components = ['sx', 'sy', 'sz'].map((name) => result.gather(name).data);
    after.data.forEach((v, i) => {
      expect(v).toBe(components[i % 3]![Math.floor(i / 3)]);
    });
  });

  it('does not depend on lengths, ranks or parts', async () => {
    const args = { input: LAYER, params: params() };
    const reference = await relaxed(args, 1);
    expect((await relaxed(args, 3)).hash).toBe(reference.hash);
    const field = readOvf(readFileSync(LAYER));
    const scaled = join(folder, 'scaled.ovf');
    writeFileSync(scaled, writeOvf({ ...field, data: field.data.map((v) => v * 2 ** 20) }, 'binary8'));
    expect((await relaxed({ ...args, input: scaled })).hash).toBe(reference.hash);
  });

  it('is the same under check', async () => {
    const args = { input: LAYER, params: params({ cycles: 4 }) };
    const plain = await relaxed(args);
    const checked = await run(FILE, { ranks: 2, args: { out: join(folder, 'out'), ...args }, check: true });
    expect(checked.hash).toBe(plain.hash);
  });

  it('takes the default parameters with the lattice of the file', async () => {
    const args = { input: LAYER, out: join(folder, 'out') };
    const result = await run(FILE, { ranks: 2, cycles: 20, args });
    expect([result.cycles, result.gather('sz').shape]).toEqual([20, [32, 128]]);
  });

  it('takes a state at rest as it is, and ends there', async () => {
    const first = await relaxed({ input: LAYER, params: params({ cycles: 4000, torque: 0.02 }) });
    expect(first.results).toMatchObject({ relaxed: true });
    const again = await relaxed({
      input: join(folder, 'out', 'final.ovf'),
      params: params({ torque: 0.021 }),
    });
    expect(again.cycles).toBe(0);
    expect(again.measures.energy).toBeCloseTo(first.measures.energy!, 9);
  });

  it.each(readdirSync(SAMPLES).filter((name) => /\.o[vm]f$/.test(name) && !name.startsWith('demag')))(
    'relaxes %s, of another program, on any ranks and parts',
    async (name) => {
      const input = join(SAMPLES, name);
      const args = { input, params: params({ cycles: 60, dmi: { kind: 'bulk', D: 0.2 }, pictureLayer: 0 }) };
      const reference = await run(FILE, {
        parts: 1,
        transport: 'inline',
        args: { ...args, out: join(folder, 'one') },
      });
      const result = await run(FILE, { parts: 8, ranks: 3, args: { ...args, out: join(folder, 'out') } });
      expect(result.hash).toBe(reference.hash);
      const before = readOvf(readFileSync(input));
      const after = readOvf(left('final.ovf'));
      for (const key of ['nodes', 'step', 'base', 'min', 'max', 'meshUnit'] as const)
        expect(after[key]).toEqual(before[key]);
      const components = ['sx', 'sy', 'sz'].map((field) => result.gather(field).data);
      after.data.forEach((v, i) => {
        expect(v).toBe(components[i % 3]![Math.floor(i / 3)]);
      });
      // It is on its way: the energy has fallen.
      const start = await run(FILE, {
        transport: 'inline',
        cycles: 0,
        args: { ...args, out: join(folder, 'zero') },
      });
      expect(result.measures.energy).toBeLessThan(start.measures.energy!);
      expect(result.measures.torque).toBeGreaterThan(0);
    },
  );

  it('draws the layer that was asked for, the middle one unless told', async () => {
    // Layers that look along x, y and z.
    const nodes: OvfField['nodes'] = [4, 2, 3];
    const input = ovf(nodes, 3, (i) => (i % 3 === Math.floor(i / 24) ? 1 : 0));
    const colours: string[] = [];
    for (const pictureLayer of [0, 1, 2, undefined]) {
      await run(FILE, {
        transport: 'inline',
        cycles: 0,
        args: { input, params: params({ pictureLayer }), out: join(folder, 'out') },
      });
      const { data, width, height } = decode(left('final.png'));
      expect([width, height]).toEqual([256, 128]);
      colours.push(data.subarray(0, 3).join());
    }
    expect(new Set(colours.slice(0, 3)).size).toBe(3);
    expect(colours[2]).toBe('255,255,255');
    expect(colours[3]).toBe(colours[1]);
  });

  it('reads a chain', async () => {
    const line = ovf([9, 1, 1], 3, (i) => (i % 3 === 0 ? 1 : i / 10));
    const result = await relaxed({ input: line, params: params({ lattice: { shape: [9] } }) });
    expect(result.gather('sx').shape).toEqual([9]);
    expect(decode(left('final.png'))).toMatchObject({ width: 504, height: 56 });
  });
});

describe('the relaxation of a seeded state', () => {
  it('differs from seed to seed only', async () => {
    const lattice = { shape: [24, 32], boundary: 'open' };
    const hash = async (more: object): Promise<string | null> =>
      (await relaxed({ params: params({ lattice, ...more }) })).hash;
    const one = await hash({ seed: 1 });
    expect(await hash({ seed: 1 })).toBe(one);
    expect(await hash({ seed: 2 })).not.toBe(one);
    expect(
      (await relaxed({ params: params({ lattice, initial: 'z', dmi: { kind: 'bulk', D: 0 } }) })).measures
        .torque,
    ).toBe(0);
  });

  it('has parameters in the repository', () => {
    const p = parseSpinsParams(readFileSync(DEFAULTS, 'utf8'));
    expect(p.lattice?.shape).toEqual([512, 512]);
    expect(p.initial).toBe('random');
    expect(p.cycles % p.measureEvery).toBe(0);
    expect(p.picturesEvery).toBeLessThan(p.cycles / 4);
  });
});

function ovf(nodes: OvfField['nodes'], valueDim: number, value: (i: number) => number): string {
  const file = join(folder, 'input.ovf');
  const count = nodes[0] * nodes[1] * nodes[2] * valueDim;
  const header = { nodes, step: [1, 1, 1], base: [0, 0, 0], min: [0, 0, 0], max: [1, 1, 1], meshUnit: 'm' };
  const names = Array.from({ length: valueDim }, (_, k) => `c${k}`);
  const field = {
    ...header,
    valueDim,
    labels: names,
    units: names,
    title: '',
    description: [],
  } as unknown as OvfField;
  writeFileSync(
    file,
    writeOvf({ ...field, data: Float64Array.from({ length: count }, (_, i) => value(i)) }, 'text'),
  );
  return file;
}

describe('what is refused', () => {
  const refused = (args: Args, message: RegExp): Promise<void> =>
    expect(run(FILE, { transport: 'inline', args: { out: folder, ...args } })).rejects.toThrow(message);

  it('files that are missing or wrong', async () => {
    await refused({ input: join(folder, 'none.ovf') }, /--input .*none\.ovf: cannot read it: ENOENT/);
    await refused({ params: join(folder, 'none.json') }, /--params .*none\.json: cannot read it: ENOENT/);
    await refused({ input: DEFAULTS, params: params() }, /skyrmions\.json.*OVF 2\.0/);
    await refused({ params: params({ alfa: 1 }) }, /has the unknown key "alfa"; did you mean "alpha"\?/);
    await refused(
      { params: params() },
      /lattice is missing; expected \{ "shape": \[rows, columns\] \}, or --input/,
    );
  });

  it('lattices that this version does not have', async () => {
    await refused(
      { input: THICK, params: params({ pictureLayer: 4 }) },
      /pictureLayer is 4; expected an integer from 0 to 3, the lattice has 4 layers/,
    );
    const flat = params({ lattice: { shape: [12, 24] } });
    await refused(
      { input: THICK, params: flat },
      /holds \[4, 12, 24\] spins, but lattice\.shape in .* is \[12, 24\]/,
    );
    await refused({ input: TENSOR, params: params() }, /valuedim is 6; expected 3/);
    const other = params({ lattice: { shape: [32, 64] } });
    await refused(
      { input: LAYER, params: other },
      /holds \[32, 128\] spins, but lattice\.shape in .* is \[32, 64\]/,
    );
    const hole = ovf([4, 3, 1], 3, (i) => (i >= 18 && i < 21 ? 0 : 1));
    await refused(
      { input: hole, params: params() },
      /the vector at x = 2, y = 1 \(counted from 0\) is \(0, 0, 0\)/,
    );
    const deep = ovf([2, 3, 2], 3, (i) => (i >= 27 && i < 30 ? 0 : 1));
    await refused({ input: deep, params: params() }, /the vector at x = 1, y = 1, z = 1 \(counted from 0\)/);
  });

  it('arguments that do not exist', async () => {
    await refused({ inputs: LAYER }, /--inputs is unknown; known are --input, --params, --out/);
    await refused({ input: true }, /--input is true; expected a path/);
    await refused({ _: ['stray'] }, /stray arguments: stray/);
  });

  it('a folder that cannot be made', async () => {
    const lattice = { shape: [8, 8] };
    await refused(
      { params: params({ lattice }), out: join(DEFAULTS, 'out') },
      /cannot write .*final\.png: ENOTDIR/,
    );
  });
});
