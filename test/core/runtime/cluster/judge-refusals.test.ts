import { expect, it } from 'vitest';
import { judgeRefusals } from '../../../../core/runtime/cluster/judge-refusals.js';
import type { Refusal, RefusalName } from '../../../../core/transport/zeromq/refusal.js';

const refusal = (name: RefusalName): Refusal => ({
  name,
  address: 'tcp://a:1',
  key: null,
  text: 'what it is',
});

function judge(publicKey: string | null, heard = false) {
  const told: string[] = [];
  const verdict = judgeRefusals({
    whom: 'the worker at a',
    publicKey,
    heard: () => heard,
    onRefusal: ({ name }) => told.push(name),
  });
  return { told, verdict: (name: RefusalName) => verdict(refusal(name)) };
}

it('a refusal with a reason ends the link at once, with advice', () => {
  const { verdict, told } = judge('KEY');
  expect(verdict('unlisted key')).toMatchObject({
    code: 'usage',
    message:
      "the worker at a: unlisted key: what it is; add 'allow = KEY NAME' to the key file there and start it again, or use the same file on both sides",
  });
  expect(verdict('wrong server key')?.message).toMatch(/; use the same key file on both sides, or say which/);
  expect(verdict('plaintext server')?.message).toBe('the worker at a: plaintext server: what it is');
  expect(told).toEqual([]);
});

it('handshakes that end without a reason end it when there are too many, with keys', () => {
  const { verdict, told } = judge('KEY');
  for (let k = 0; k < 9; k++) expect(verdict('handshake ended')).toBeNull();
  expect(verdict('handshake ended')?.message).toMatch(
    /^the worker at a: handshake ended: what it is; use the/,
  );
  expect(told).toEqual([]);
});

it('without keys they are told of, and it goes on', () => {
  const { verdict, told } = judge(null);
  for (let k = 0; k < 12; k++) expect(verdict('handshake ended')).toBeNull();
  expect(told).toEqual(['handshake ended', 'handshake ended', 'handshake ended']);
});

it('after a word from the other side they are those of a connection that broke', () => {
  const { verdict, told } = judge('KEY', true);
  for (let k = 0; k < 100; k++) expect(verdict('handshake ended')).toBeNull();
  expect(told).toEqual([]);
  expect(verdict('unlisted key')).not.toBeNull();
});
