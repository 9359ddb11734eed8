import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { command, mountMissing, namespacesMissing, nftablesMissing } from '../support/faults/engines.js';
import { NetworkNamespaces } from '../support/faults/namespaces.js';
import { SmallDisk } from '../support/faults/small-disk.js';

const noNamespaces = namespacesMissing();
const noFilter = noNamespaces ?? nftablesMissing();
const noMount = mountMissing();
const why = (reason: string | null): string => (reason ? ` (skipped: ${reason})` : '');

const SERVER = `require('node:net').createServer((s) => s.pipe(s)).listen(7000, '0.0.0.0', () => console.log('up'))`;
/** Sends 200 lines, each a packet at least until one is lost, and ends when they have all come back. */
const CLIENT = `
  const s = require('node:net').connect(7000, process.argv[1]).setNoDelay();
  let got = 0;
  s.on('data', (d) => { got += d.length; if (got === 800) s.end(); });
  s.on('close', () => console.log('got ' + got));
  for (let k = 0; k < 200; k++) setTimeout(() => s.write('abc\\n'), k);
`;

describe(`network namespaces${why(noNamespaces)}`, () => {
  it.skipIf(noNamespaces)(
    'have addresses of their own, reach each other, and leave nothing behind',
    async () => {
      {
        using net = new NetworkNamespaces(2);
        expect(NetworkNamespaces.left).toHaveLength(3);
        const [program, ...words] = [...net.inside(0), process.execPath, '-e', SERVER];
        const server = spawn(program!, words);
        await once(server.stdout, 'data');
        const out = command([...net.inside(1), process.execPath, '-e', CLIENT, net.address(0)]);
        expect(out.trim()).toBe('got 800');
        server.kill('SIGKILL');
        await once(server, 'close');
      }
      expect(NetworkNamespaces.left).toEqual([]);
    },
  );

  it.skipIf(noFilter)(`lose packets, and TCP repairs it${why(noFilter)}`, async () => {
    using net = new NetworkNamespaces(2);
    const [program, ...words] = [...net.inside(0), process.execPath, '-e', SERVER];
    const server = spawn(program!, words);
    await once(server.stdout, 'data');
    // That none of 200 is lost happens once in 10⁹ runs.
    net.lose(0, 10);
    const out = command([...net.inside(1), process.execPath, '-e', CLIENT, net.address(0)]);
    expect(out.trim()).toBe('got 800');
    expect(net.lost(0)).toBeGreaterThan(0);
    net.keep(0);
    server.kill('SIGKILL');
    await once(server, 'close');
  });
});

describe(`a small disk${why(noMount)}`, () => {
  it.skipIf(noMount)('is full when it is full, and goes away', () => {
    let path: string;
    {
      using disk = new SmallDisk(64 * 1024);
      path = disk.path;
      writeFileSync(join(path, 'fits'), Buffer.alloc(1024));
      expect(() => writeFileSync(join(path, 'does not'), Buffer.alloc(1 << 20))).toThrow('ENOSPC');
    }
    expect(existsSync(path)).toBe(false);
  });
});
