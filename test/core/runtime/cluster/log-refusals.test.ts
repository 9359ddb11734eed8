import { expect, it } from 'vitest';
import type { Log } from '../../../../core/observe/log.js';
import { logRefusals, sayRefusals } from '../../../../core/runtime/cluster/log-refusals.js';
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

it('a person is told the same, with the number that were left out', () => {
  const lines: string[] = [];
  let now = 0;
  const report = sayRefusals(
    (text) => lines.push(text),
    () => now,
  );
  const refusal: Refusal = { name: 'unlisted key', address: '10.0.0.7', key: 'K', text: 'what to do' };
  for (let k = 0; k < 4; k++) report(refusal);
  now = 60_000;
  report(refusal);
  expect(lines).toEqual([
    'unlisted key: what to do',
    'unlisted key: what to do (and 3 more since this was said last)',
  ]);
});

it('a handshake that ended without a reason is left out for a minute after one with a reason', () => {
  const lines: string[] = [];
  let now = 0;
  const report = sayRefusals(
    (text) => lines.push(text),
    () => now,
  );
  const at = (address: string, name: Refusal['name']): void =>
    report({ name, address, key: null, text: address });
  at('a', 'plaintext client');
  at('a', 'handshake ended');
  at('b', 'handshake ended');
  now = 60_000;
  at('a', 'handshake ended');
  expect(lines).toEqual(['plaintext client: a', 'handshake ended: b', 'handshake ended: a']);
});
