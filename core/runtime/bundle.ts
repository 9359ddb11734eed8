import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { dirname, extname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type BuildFailure, build, type Plugin, transform } from 'esbuild';
import { HaloweaveError } from '../base/errors.js';

/** A user's program and all it imports as one module, which any rank can import. */
export interface ProgramBundle {
  /** The user's file, absolute. */
  file: string;
  /** The bundled module on disk. */
  path: string;
  /** SHA-256 of the module's text, hexadecimal. */
  sha256: string;
}

const installation = (path: string): string => new URL(path, import.meta.url).href;

/** `haloweave` imports point at this installation: a second copy would have its own classes and symbols. */
const selfImports: Plugin = {
  name: 'haloweave-self',
  setup(b) {
    const targets: Record<string, string> = {
      haloweave: installation('../index.js'),
      'haloweave/math': installation('../math.js'),
      'haloweave/solvers': installation('../../solvers/index.js'),
    };
    b.onResolve({ filter: /^haloweave(\/|$)/ }, ({ path }) => {
      const target = targets[path];
      // Plain functions, which nothing compares: bundled, a rank loads one file instead of 230, in 10 ms instead of 110.
      if (target && path === 'haloweave/math') return { path: fileURLToPath(target) };
      if (target) return { path: target, external: true };
      return {
        errors: [
          {
            text: `'${path}' is not exported by haloweave: import from ${Object.keys(targets)
              .map((t) => `'${t}'`)
              .join(', ')}`,
          },
        ],
      };
    });
    b.onResolve({ filter: /\.node$/ }, ({ path, resolveDir }) => ({
      path: isAbsolute(path) ? path : join(resolveDir, path),
      external: true,
    }));
  },
};

const LOADERS: Record<string, 'ts' | 'tsx' | 'js' | 'jsx'> = {
  '.ts': 'ts',
  '.mts': 'ts',
  '.cts': 'ts',
  '.tsx': 'tsx',
  '.js': 'js',
  '.mjs': 'js',
  '.jsx': 'jsx',
};

/** Keeps `import.meta.url` that of each source file, so that programs find the data beside them. */
const ownUrls: Plugin = {
  name: 'haloweave-urls',
  setup(b) {
    b.onLoad({ filter: /\.(m|c)?[jt]sx?$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      if (!text.includes('import.meta')) return null;
      const loader = LOADERS[extname(path)] ?? 'js';
      const out = await transform(text, {
        loader,
        sourcefile: path,
        sourcemap: 'inline',
        define: {
          'import.meta.url': JSON.stringify(pathToFileURL(path).href),
          'import.meta.dirname': JSON.stringify(dirname(path)),
          'import.meta.filename': JSON.stringify(path),
        },
      });
      return { contents: out.code, loader: 'js', resolveDir: dirname(path) };
    });
  },
};

/**
 * Bundles a `.ts` or `.js` program. Errors of the user's source name file, line and column.
 * Names are kept as written and nothing is minified, so that stacks and functions read as in the source.
 */
export async function bundleProgram(file: string): Promise<ProgramBundle> {
  const absolute = resolve(file);
  let text: string;
  try {
    const out = await build({
      entryPoints: [absolute],
      bundle: true,
      write: false,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      sourcemap: 'inline',
      sourcesContent: false,
      logLevel: 'silent',
      outdir: bundleFolder(),
      plugins: [selfImports, ownUrls],
      // Bundled CommonJS packages may call require for Node's own modules.
      banner: {
        js: "import { createRequire as __haloweaveRequire } from 'node:module'; const require = __haloweaveRequire(import.meta.url);",
      },
    });
    text = out.outputFiles[0]!.text;
  } catch (cause) {
    throw new HaloweaveError('usage', describeFailure(file, cause), {}, { cause });
  }
  const sha256 = createHash('sha256').update(text).digest('hex');
  return { file: absolute, path: store(text, sha256), sha256 };
}

function describeFailure(file: string, cause: unknown): string {
  const errors = (cause as Partial<BuildFailure>).errors;
  if (!errors) return `cannot bundle ${file}: ${(cause as Error).message}`;
  const lines = errors.map((e) =>
    e.location
      ? `${e.location.file}:${e.location.line}:${e.location.column + 1}: ${e.text}\n    ${e.location.lineText.trim()}`
      : e.text,
  );
  return `cannot load ${file}:\n  ${lines.join('\n  ')}`;
}

function bundleFolder(): string {
  return join(tmpdir(), `haloweave-${userInfo().uid}`);
}

/** Writes the module under its hash; two runs at the same time write the same text, and a rename is atomic. */
function store(text: string, sha256: string): string {
  const folder = bundleFolder();
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  sweepOut(folder);
  const path = join(folder, `${sha256.slice(0, 32)}.mjs`);
  const draft = `${path}.${process.pid}.${performance.now()}`;
  try {
    writeFileSync(draft, text, { mode: 0o600 });
    renameSync(draft, path);
  } catch (cause) {
    rmSync(draft, { force: true });
    throw new HaloweaveError(
      'program',
      `cannot write the bundled program to ${folder}: ${(cause as Error).message}`,
      {},
      { cause },
    );
  }
  return path;
}

/** Bundles are made anew in milliseconds; those that no run can still be loading are not kept. */
const KEPT_MILLISECONDS = 24 * 3600 * 1000;

function sweepOut(folder: string): void {
  const oldest = Date.now() - KEPT_MILLISECONDS;
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    // Another run may be sweeping too.
    const info = statSync(path, { throwIfNoEntry: false });
    if (info && info.mtimeMs < oldest) rmSync(path, { force: true });
  }
}
