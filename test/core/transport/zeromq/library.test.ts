import { execFileSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { inCheckout } from '../../../support/paths.js';

/** What a process of its own prints. `before` runs first. */
const printed = (before: string, body: string): string =>
  execFileSync(process.execPath, ['--input-type=module', '-e', `${before}\n${body}`], { encoding: 'utf8' });

const entry = JSON.stringify(pathToFileURL(inCheckout('dist/core/index.js')).href);
const library = JSON.stringify(pathToFileURL(inCheckout('dist/core/transport/zeromq/library.js')).href);
const loaded = `import { createRequire } from 'node:module';
const loaded = () => Object.keys(createRequire(import.meta.url).cache).some((f) => f.includes('zeromq'));`;

describe('the ZeroMQ package', () => {
  it('is loaded by whoever needs it, not with haloweave: ranks do without', () => {
    const body = `await import(${entry});
const before = loaded();
const { zeromq } = await import(${library});
zeromq();
console.log(before, loaded());`;
    expect(printed(loaded, body)).toBe('false true\n');
  });

  it('says why it cannot be loaded, and what to do', () => {
    const broken = `import Module from 'node:module';
const load = Module._load;
Module._load = (name, ...rest) => { if (name === 'zeromq') throw new Error('no build'); return load(name, ...rest); };`;
    const body = `const { zeromq } = await import(${library});
try { zeromq(); } catch (error) { console.log(error.code, error.message); }`;
    const text = printed(broken, body);
    expect(text).toContain(`usage networked workers need ZeroMQ, and its addon cannot be loaded on `);
    expect(text).toContain('no build; npm install zeromq again, or run on threads');
  });
});
