import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { run } from 'haloweave';
import { expect, it } from 'vitest';
import { exampleFile } from '../support/kernel-programs.js';
import { inCheckout } from '../support/paths.js';

it('runs heat twice on two workers, with the hash of threads', async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [
    inCheckout('dist/examples/cluster.js'),
  ]);
  const { hash, measures } = await run(exampleFile('heat'), { ranks: 2, cycles: 100 });
  const line = `2 ranks on 2 hosts: heat ${measures.heat}, hash ${hash}`;
  expect(stdout.trimEnd().split('\n')).toEqual([line, line, 'equal']);
  // The workers log who they serve, and have nothing to warn of.
  const lines = stderr.split('\n').filter((text) => text !== '' && !/^\S+Z info /.test(text));
  expect(lines).toEqual([]);
});
