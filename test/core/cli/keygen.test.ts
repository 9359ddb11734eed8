import { readFileSync, statSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { readKeyFile } from '../../../core/transport/zeromq/key-file.js';
import { haloweave } from '../../support/command-line.js';
import { ScratchFolder } from '../../support/paths.js';

const folder = new ScratchFolder();
afterAll(() => folder[Symbol.dispose]());
const path = (name: string): string => `${folder.path}/${name}`;

describe('haloweave keygen', () => {
  it('makes a file that works on every machine it is copied to, and overwrites none', async () => {
    const ended = await haloweave(['keygen', '--name', 'cluster'], { cwd: folder.path });
    expect(ended).toMatchObject({ code: 0, err: '' });
    const file = path('haloweave.keys');
    expect(statSync(file).mode & 0o7777).toBe(0o600);
    const keys = readKeyFile(file);
    expect([...keys.allowed]).toEqual([[keys.publicKey, 'cluster']]);
    expect(ended.out).toContain(`public key: ${keys.publicKey}\n`);
    expect(ended.out).toContain('SECURITY.md');
    expect(ended.out).not.toContain(keys.secretKey);

    const text = readFileSync(file, 'utf8');
    const again = await haloweave(['keygen'], { cwd: folder.path });
    expect(again).toMatchObject({ code: 2, out: '' });
    expect(again.err).toBe(
      'haloweave: haloweave.keys is there already: --force puts new keys in its place, and whoever has the old ones is locked out\n',
    );
    expect(readFileSync(file, 'utf8')).toBe(text);
    expect((await haloweave(['keygen', '--force'], { cwd: folder.path })).code).toBe(0);
    const fresh = readKeyFile(file);
    expect(fresh.publicKey).not.toBe(keys.publicKey);
    expect([...fresh.allowed.keys()]).toEqual([fresh.publicKey]);
  });

  it('allows the keys of other files, and public keys', async () => {
    expect((await haloweave(['keygen', path('a'), '--name', 'a'])).code).toBe(0);
    const a = readKeyFile(path('a'));
    const other = 'rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7';
    const ended = await haloweave([
      'keygen',
      path('b'),
      '--name',
      'a',
      '--allow',
      path('a'),
      '--allow',
      other,
    ]);
    expect(ended.code).toBe(0);
    const b = readKeyFile(path('b'));
    expect([...b.allowed]).toEqual([
      [b.publicKey, 'a'],
      [a.publicKey, 'a-2'],
      [other, 'allowed'],
    ]);
  });

  it.each<[string, string[], string]>([
    ['a name that is none', ['--name', 'two words'], '--name two words: use one word'],
    [
      'an allowed key that is none',
      ['--allow', 'nothing'],
      '--allow nothing: neither a key file that is there',
    ],
    ['a folder that is not there', [path('nowhere/keys')], 'it cannot be written: ENOENT'],
  ])('wrong usage: %s', async (_, words, message) => {
    const ended = await haloweave(['keygen', ...words], { cwd: folder.path });
    expect(ended).toMatchObject({ code: 2, out: '' });
    expect(ended.err).toContain(message);
    expect(ended.err).not.toMatch(/^ +at /m);
  });
});
