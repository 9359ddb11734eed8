import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importsOf, ROOT, sources } from './support/kernel-imports.js';

interface Manifest {
  name: string;
  version: string;
  license: string;
  type: string;
  engines: { node: string };
  bin: Record<string, string>;
  exports: Record<string, { types: string; default: string } | string>;
  files: string[];
  dependencies: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  devDependencies: Record<string, string>;
  scripts: Record<string, string>;
}

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest;

describe('package.json', () => {
  it('is a typed ES module for Node 20 with one command', () => {
    expect(manifest).toMatchObject({ name: 'haloweave', type: 'module', license: 'MIT' });
    expect(manifest.engines.node).toMatch(/^>=20\./);
    expect(Object.keys(manifest.bin)).toEqual(['haloweave']);
    const command = join(ROOT, manifest.bin.haloweave);
    expect(readFileSync(command, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
    // npx makes it executable only when it first links a folder: a build after that has to do it itself.
    expect(() => accessSync(command, constants.X_OK)).not.toThrow();
  });

  it('exports each public entry with its types, which the build makes', () => {
    expect(Object.keys(manifest.exports)).toEqual(['.', './math', './solvers', './package.json']);
    for (const [entry, target] of Object.entries(manifest.exports)) {
      if (typeof target === 'string') continue;
      expect(Object.keys(target), `types come first in '${entry}'`).toEqual(['types', 'default']);
      for (const path of Object.values(target)) expect(existsSync(join(ROOT, path)), path).toBe(true);
    }
  });

  it('can be imported by its name', async () => {
    const entry = await import('haloweave');
    expect(Object.keys(entry)).toEqual(expect.arrayContaining(['run', 'grid', 'partitionKernel', 'sum']));
    const math = await import('haloweave/math');
    expect(Object.keys(math)).toEqual(expect.arrayContaining(['sin', 'exp', 'log', 'pow', 'sqrt', 'PI']));
  });

  it('builds before tests and before packing', () => {
    expect(manifest.scripts).toMatchObject({
      prepare: 'npm run build',
      pretest: 'npm run build',
      test: 'vitest run',
    });
  });

  it('depends on every package that shipped code imports', () => {
    const shipped = ['core', 'solvers', 'examples'].flatMap(sources).flatMap(importsOf);
    const declared = { ...manifest.dependencies, ...manifest.optionalDependencies };
    const packages = new Map<string, string>();
    for (const { file, line, specifier } of shipped) {
      if (specifier === null || specifier.startsWith('.') || isBuiltin(specifier)) continue;
      const [scope, name] = specifier.split('/');
      const key = specifier.startsWith('@') ? `${scope}/${name}` : (scope ?? '');
      if (key !== 'haloweave') packages.set(key, `${file}:${line}`);
    }
    const missing = [...packages].filter(([name]) => !(name in declared));
    expect(missing.map(([name, place]) => `${name}, imported at ${place}`).join('\n')).toBe('');
  });

  it('names Node modules with their prefix', () => {
    const bare = ['core', 'solvers', 'examples', 'bench']
      .flatMap(sources)
      .flatMap(importsOf)
      .filter((i) => i.specifier !== null && isBuiltin(i.specifier) && !i.specifier.startsWith('node:'));
    expect(bare.map((i) => `${i.file}:${i.line}: ${i.specifier}`)).toEqual([]);
  });
});

describe('npm pack', () => {
  const { stdout, status, stderr } = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`npm pack failed:\n${stderr}`);
  const packed = (JSON.parse(stdout) as [{ files: { path: string }[] }])[0].files.map((f) => f.path);

  it('holds what users need and nothing else', () => {
    const fixed = ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'SECURITY.md'];
    expect(packed).toEqual(expect.arrayContaining(fixed));
    const rest = packed.filter((p) => !fixed.includes(p));
    const strange = rest.filter((p) => !/^(dist\/)?(core|solvers|examples)\//.test(p));
    expect(strange.join('\n')).toBe('');
    expect(packed.filter((p) => /(^|\/)(test|bench)\/|\.test\./.test(p)).join('\n')).toBe('');
  });

  it('has every source, and for each its compiled form, types and map', () => {
    for (const source of ['core', 'solvers', 'examples'].flatMap(sources)) {
      expect(packed).toContain(source);
      for (const ending of ['.js', '.d.ts', '.js.map'])
        expect(packed).toContain(`dist/${source.replace(/\.ts$/, ending)}`);
    }
  });

  it('has no compiled file whose source is gone', () => {
    const stale = packed.filter((p) => {
      const source = p.match(/^dist\/(.*?)(\.d\.ts|\.js\.map|\.js)$/)?.[1];
      return source !== undefined && !existsSync(join(ROOT, `${source}.ts`));
    });
    expect(stale.join('\n'), 'remove dist and build again').toBe('');
  });

  it('has the data of the examples', () => {
    const data = readdirSync(join(ROOT, 'examples'), { recursive: true, encoding: 'utf8' }).filter((f) =>
      /\.(json|ovf|md)$/.test(f),
    );
    for (const file of data) expect(packed).toContain(`examples/${file}`);
  });
});

describe('examples', () => {
  const files = readdirSync(join(ROOT, 'examples')).filter((f) => f.endsWith('.ts'));

  it.each(files)('%s begins with a header that says how to run it', (file) => {
    const source = readFileSync(join(ROOT, 'examples', file), 'utf8');
    const header = source.match(/^\/\*\*\n([\s\S]*?)\*\//)?.[1];
    expect(header, 'a comment on the first line').toBeDefined();
    const commands = [...header!.matchAll(/npx haloweave (run|demo) (\S+)(.*)$/gm)];
    expect(commands.length, "a command 'npx haloweave …'").toBeGreaterThan(0);
    for (const [line, verb, what] of commands) {
      const name = verb === 'run' ? `examples/${file}` : file.replace(/\.ts$/, '');
      expect(what, line).toBe(name);
    }
  });

  it.each(files)('%s says what it builds on, unless it is the first', (file) => {
    const header = readFileSync(join(ROOT, 'examples', file), 'utf8').split('*/')[0];
    if (file !== 'hello-ranks.ts') expect(header).toMatch(/Builds on/);
  });
});
