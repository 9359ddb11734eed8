import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { type Import, importsOf, parse, ROOT, sources, walk } from './support/kernel-imports.js';

/** The folders of core, each with what it may import beside itself. In order: "all above" is what stands before. */
const CORE: [string, string[] | 'all above'][] = [
  ['base', []],
  ['memory', ['base']],
  ['topology', ['base']],
  ['decomposition', ['base', 'topology']],
  ['wire', ['base']],
  ['wasm', ['base', 'memory']],
  ['transport', ['base', 'memory', 'wire']],
  ['comm', ['base', 'memory', 'topology', 'wire', 'transport']],
  ['halo', ['base', 'memory', 'decomposition']],
  ['stencil', ['base', 'memory', 'wasm']],
  ['kernels', 'all above'],
  ['observe', ['base', 'memory', 'wire']],
  ['runtime', 'all above'],
  ['tasks', 'all above'],
  ['cli', 'all above'],
];
const folders = CORE.map(([name]) => name);
const allowed = new Map(
  CORE.map(([name, list], k) => [name, new Set(list === 'all above' ? folders.slice(0, k) : list)]),
);

/** The public entries, and who may import them. */
const ENTRIES = new Map([
  ['haloweave', ['solvers', 'examples', 'bench']],
  ['haloweave/math', ['solvers', 'examples', 'bench']],
  ['haloweave/solvers', ['examples', 'bench']],
]);

/** The files of core that are public entries. */
const PUBLIC = ['core/index.ts', 'core/math.ts'];

/** Files that import what they cannot know beforehand: a user's program, and benchmarks by path. */
const BY_PATH = /^core\/(runtime\/load\.ts|cli\/)/;

const LONGEST = 400;
const TOP_LEVEL = [
  ...['package.json', 'package-lock.json', 'tsconfig.json', 'biome.json', 'vitest.config.ts', '.npmrc'],
  ...['core', 'solvers', 'examples', 'test', 'bench'],
  ...['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md', 'LICENSE', '.ci', '.git', '.gitignore'],
];

const code = ['core', 'solvers', 'examples', 'bench'].flatMap(sources);
const imports = code.flatMap(importsOf);

/** `core/halo`, `core/index.ts`, `solvers/spins`, `solvers/index.ts`, `examples` or `bench`. */
function layerOf(file: string): string {
  const [top, second = ''] = file.split('/');
  return top === 'core' || top === 'solvers' ? `${top}/${second}` : (top ?? '');
}

/** Why an import is not allowed, or null. */
function objection({ file, specifier, target }: Import): string | null {
  if (specifier === null)
    return BY_PATH.test(file)
      ? null
      : 'imports something calculated: only core/cli and core/runtime/load.ts may';
  const from = layerOf(file);
  const top = from.split('/')[0] ?? '';
  if (ENTRIES.has(specifier))
    return ENTRIES.get(specifier)?.includes(top)
      ? null
      : `${top} may not import the public entry '${specifier}'`;
  if (specifier.startsWith('haloweave/')) return `'${specifier}' is not a public entry`;
  if (!specifier.startsWith('.')) return null;
  if (target === null) return `'${specifier}' does not exist`;
  const to = layerOf(target);
  if (to === from) return null;
  if (PUBLIC.includes(from) && to.startsWith('core/')) return null;
  if (from === 'solvers/index.ts' && to.startsWith('solvers/')) return null;
  if (from === 'bench' && to === 'examples') return null;
  if (top === 'core' && to.startsWith('core/')) {
    const list = allowed.get(from.slice('core/'.length));
    if (list?.has(to.slice('core/'.length))) return null;
    return `${from} may import ${list?.size ? [...list].join(', ') : 'nothing'} but not ${to}`;
  }
  return `${from} may not reach into ${to}: it uses ${top === 'core' ? 'core only' : "the public entry 'haloweave'"}`;
}

describe('the direction of imports', () => {
  it('reads the tree', () => {
    expect(code.length).toBeGreaterThan(80);
    expect(imports.length).toBeGreaterThan(300);
  });

  it('knows every folder of core', () => {
    const found = readdirSync(join(ROOT, 'core'), { withFileTypes: true });
    const unknown = found.filter((e) => e.isDirectory() && !folders.includes(e.name)).map((e) => e.name);
    expect(unknown, 'folders of core that the table does not have').toEqual([]);
    const files = found.filter((e) => e.isFile() && e.name.endsWith('.ts')).map((e) => e.name);
    expect(files, 'the only files beside the folders are the public entries').toEqual([
      'index.ts',
      'math.ts',
    ]);
  });

  it('has no arrow that the table does not have', () => {
    const wrong = imports.flatMap((i) => {
      const why = objection(i);
      return why ? [`${i.file}:${i.line}: ${why}`] : [];
    });
    expect(wrong.join('\n')).toBe('');
  });

  it('has no cycle between layers', () => {
    const arrows = new Map<string, Map<string, Import>>();
    for (const i of imports) {
      if (!i.target) continue;
      const [from, to] = [layerOf(i.file), layerOf(i.target)];
      if (from === to) continue;
      if (!arrows.has(from)) arrows.set(from, new Map());
      arrows.get(from)!.set(to, i);
    }
    const done = new Set<string>();
    const path: string[] = [];
    const visit = (layer: string): void => {
      if (path.includes(layer)) {
        const cycle = [...path.slice(path.indexOf(layer)), layer];
        const places = cycle.slice(1).map((to, k) => {
          const i = arrows.get(cycle[k])!.get(to)!;
          return `${cycle[k]} → ${to} at ${i.file}:${i.line}`;
        });
        expect.fail(`layers import each other in a circle:\n  ${places.join('\n  ')}`);
      }
      if (done.has(layer)) return;
      path.push(layer);
      for (const to of arrows.get(layer)?.keys() ?? []) visit(to);
      path.pop();
      done.add(layer);
    };
    for (const layer of arrows.keys()) visit(layer);
  });

  it('catches what it is there to catch', () => {
    const arrow = (file: string, specifier: string | null, target: string | null = null): string | null =>
      objection({ file, line: 1, specifier, target });
    expect(arrow('core/halo/plan.ts', '../comm/x.js', 'core/comm/x.ts')).toMatch(
      /core\/halo may import base/,
    );
    expect(arrow('core/base/words.ts', '../memory/x.js', 'core/memory/x.ts')).toMatch(/may import nothing/);
    expect(arrow('core/kernels/partition/x.ts', '../../runtime/run.js', 'core/runtime/run.ts')).toMatch(
      /kernels/,
    );
    expect(arrow('core/halo/plan.ts', 'haloweave')).toMatch(/public entry/);
    expect(arrow('core/cli/x.ts', '../../solvers/index.js', 'solvers/index.ts')).toMatch(/reach into/);
    expect(arrow('solvers/spins/x.ts', '../../core/index.js', 'core/index.ts')).toMatch(/'haloweave'/);
    expect(arrow('solvers/spins/x.ts', '../fft/x.js', 'solvers/fft/x.ts')).toMatch(/reach into solvers\/fft/);
    expect(arrow('examples/x.ts', '../core/index.js', 'core/index.ts')).toMatch(/reach into/);
    expect(arrow('examples/x.ts', 'haloweave/core')).toMatch(/not a public entry/);
    expect(arrow('bench/x.ts', '../core/base/errors.js', 'core/base/errors.ts')).toMatch(/reach into/);
    expect(arrow('core/halo/plan.ts', null)).toMatch(/calculated/);
    expect(arrow('core/halo/plan.ts', './gone.js')).toMatch(/does not exist/);
    expect(arrow('core/kernels/partition/x.ts', '../../halo/plan.js', 'core/halo/plan.ts')).toBeNull();
    expect(arrow('bench/x.ts', '../examples/heat.js', 'examples/heat.ts')).toBeNull();
    expect(arrow('solvers/index.ts', './spins/index.js', 'solvers/spins/index.ts')).toBeNull();
  });
});

describe('layers that are pure arithmetic', () => {
  const pure = ['core/topology', 'core/decomposition'].flatMap(sources);

  it('import nothing of Node nor of packages', () => {
    const wrong = pure
      .flatMap(importsOf)
      .filter((i) => !i.specifier?.startsWith('.'))
      .map((i) => `${i.file}:${i.line}: ${i.specifier}`);
    expect(wrong.join('\n')).toBe('');
  });

  it('know no clock, no chance and no surroundings', () => {
    const banned = new Set(['Date', 'performance', 'process', 'Atomics', 'setTimeout', 'random', 'fetch']);
    const wrong: string[] = [];
    for (const file of pure)
      walk(parse(file), (node) => {
        if (ts.isIdentifier(node) && banned.has(node.text)) wrong.push(`${file}: ${node.text}`);
      });
    expect(wrong.join('\n')).toBe('');
  });
});

describe('files', () => {
  it.each(PUBLIC)('the public entry %s only re-exports', (entry) => {
    const logic = parse(entry)
      .statements.filter((s) => !(ts.isExportDeclaration(s) && s.moduleSpecifier))
      .map((s) => s.getText());
    expect(logic.join('\n')).toBe('');
  });

  it(`none in core or solvers is longer than ${LONGEST} lines`, () => {
    const long = ['core', 'solvers'].flatMap(sources).flatMap((file) => {
      const lines = readFileSync(join(ROOT, file), 'utf8').trimEnd().split('\n').length;
      return lines > LONGEST ? [`${file}: ${lines} lines`] : [];
    });
    expect(long.join('\n')).toBe('');
  });

  it('the top level holds what it is there for', () => {
    const ignored = readFileSync(join(ROOT, '.gitignore'), 'utf8')
      .split('\n')
      .map((line) => line.replace(/\/$/, ''));
    const unexpected = readdirSync(ROOT).filter(
      (name) => !TOP_LEVEL.includes(name) && !ignored.includes(name) && !name.endsWith('.tgz'),
    );
    expect(unexpected.join('\n')).toBe('');
    for (const name of ['package.json', 'tsconfig.json', 'core', 'solvers', 'examples', 'test', 'bench'])
      expect(existsSync(join(ROOT, name)), name).toBe(true);
  });
});
