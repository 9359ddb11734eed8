import { readFile } from 'node:fs/promises';
import { dirname, extname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type BuildFailure, build, type Plugin, transform } from 'esbuild';
import { HaloweaveError } from '../base/errors.js';
import { bundleFolder, INSTALLATION, sha256Of, storeBundle } from './bundle-store.js';

/** A user's program and all it imports as one module, which any rank can import. */
export interface ProgramBundle {
  /** The user's file, absolute. */
  file: string;
  /** The bundled module on disk. */
  path: string;
  /** SHA-256 of `text`, hexadecimal. */
  sha256: string;
  /** The module for any installation: what goes to other hosts. */
  text: Uint8Array;
}

/** `haloweave` imports point at whatever installation runs the module: a second copy would have its own classes and symbols. */
const selfImports: Plugin = {
  name: 'haloweave-self',
  setup(b) {
    const targets: Record<string, string> = {
      haloweave: `${INSTALLATION}core/index.js`,
      'haloweave/math': new URL('../math.js', import.meta.url).href,
      'haloweave/solvers': `${INSTALLATION}solvers/index.js`,
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
  let text: Uint8Array;
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
    text = out.outputFiles[0]!.contents;
  } catch (cause) {
    throw new HaloweaveError('usage', describeFailure(file, cause), {}, { cause });
  }
  const sha256 = sha256Of(text);
  return { file: absolute, path: storeBundle(text, sha256), sha256, text };
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
