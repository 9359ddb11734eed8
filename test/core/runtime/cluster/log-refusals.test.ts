import { expect, it } from 'vitest';
import type { Log } from '../../../../core/observe/log.js';
import { logRefusals } from '../../../../core/runtime/cluster/log-refusals.js';
import type { Refusal } from '../../../../core/transport/zeromq/refusal.js';

it('a refusal is logged by its name at once, and then once a minute with how many there were', () => {
  const lines: unknown[] = [];
  let now = 0;
  const log = {
    info: (fields: object, text: string) => lines.push(['info', fields, text]),
    warn: (fields: object, text: string) => lines.push(['warn', fields, text]),
  } as unknown as Log;
  const report = logRefusals(log, () => now);
  const refusal: Refusal = { name: 'unknown key', address: '10.0.0.7', key: 'K', text: 'what to do' };
  report(refusal);
  report(refusal);
  report({ ...refusal, key: 'L' });
  now = 60_000;
  report(refusal);
  report({ name: 'handshake ended', address: 'tcp://127.0.0.1:1', key: null, text: 'gone' });
  const fields = { refusal: 'unknown key', address: '10.0.0.7', key: 'K' };
  expect(lines).toEqual([
    ['warn', fields, 'unknown key: what to do'],
    ['warn', { ...fields, key: 'L' }, 'unknown key: what to do'],
    ['warn', { ...fields, held: 1 }, 'unknown key: what to do'],
    ['info', { refusal: 'handshake ended', address: 'tcp://127.0.0.1:1' }, 'handshake ended: gone'],
  ]);
});
