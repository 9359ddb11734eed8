import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Import {
  /** The importing file, from the top of the checkout, and the line. */
  file: string;
  line: number;
  /** What stands in the source; null for a dynamic import of something that is calculated. */
  specifier: string | null;
  /** For a relative import: the imported file, from the top of the checkout; null if there is none. */
  target: string | null;
}

/** All TypeScript files under a folder of the checkout, sorted. */
export function sources(folder: string): string[] {
  const top = join(ROOT, folder);
  if (!existsSync(top)) return [];
  return readdirSync(top, { recursive: true, encoding: 'utf8' })
    .filter((f) => f.endsWith('.ts') && !f.includes('node_modules'))
    .map((f) => join(folder, f))
    .sort();
}

export function parse(file: string): ts.SourceFile {
  return ts.createSourceFile(file, readFileSync(join(ROOT, file), 'utf8'), ts.ScriptTarget.Latest, true);
}

/** Calls `visit` for a node and everything in it. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

/** Every import of a file: `import`, `import type`, `export … from`, `import()`, and `import('…')` as a type. */
export function importsOf(file: string): Import[] {
  const source = parse(file);
  const list: Import[] = [];
  const add = (node: ts.Node, name: ts.Node | undefined): void => {
    const specifier = name && ts.isStringLiteralLike(name) ? name.text : null;
    const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
    const target = specifier?.startsWith('.') ? resolveRelative(file, specifier) : null;
    list.push({ file, line: line + 1, specifier, target });
  };
  walk(source, (node) => {
    if (ts.isImportDeclaration(node)) add(node, node.moduleSpecifier);
    else if (ts.isExportDeclaration(node) && node.moduleSpecifier) add(node, node.moduleSpecifier);
    else if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference))
      add(node, node.moduleReference.expression);
    else if (ts.isImportTypeNode(node))
      add(node, ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node, node.arguments[0]);
  });
  return list;
}

function resolveRelative(file: string, specifier: string): string | null {
  const path = resolve(ROOT, dirname(file), specifier).replace(/\.js$/, '.ts');
  return existsSync(path) ? relative(ROOT, path) : null;
}
