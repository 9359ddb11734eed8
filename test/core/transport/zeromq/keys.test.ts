import { describe, expect, it } from 'vitest';
import {
  formatKeys,
  isKey,
  newKeyPair,
  parseKeys,
  publicKeyOf,
  serverKey,
} from '../../../../core/transport/zeromq/keys.js';

// The pair of the manual of zmq_curve.
const PUBLIC = 'Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID';
const SECRET = 'D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs';
const OTHER = 'rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7';
const WHOLE = `# mine\nversion = 1\npublic = ${PUBLIC}\nsecret = ${SECRET}\nallow = ${OTHER} node-7\n`;

const parsed =
  (text: string): (() => unknown) =>
  () =>
    parseKeys(text, 'k');

describe('keys', () => {
  it('a secret key has one public key', () => {
    expect(publicKeyOf(SECRET)).toBe(PUBLIC);
    for (let k = 0; k < 20; k++) {
      const pair = newKeyPair();
      expect(isKey(pair.publicKey) && isKey(pair.secretKey)).toBe(true);
      expect(publicKeyOf(pair.secretKey)).toBe(pair.publicKey);
    }
  });
});

describe('the text of a key file', () => {
  it('is read', () => {
    const keys = { publicKey: PUBLIC, secretKey: SECRET, allowed: new Map([[OTHER, 'node-7']]) };
    expect(parseKeys(WHOLE, 'k')).toEqual(keys);
    // Written by an editor of another system, with blanks, without names, in another order.
    const other = `version=1\r\n  secret =${SECRET}\r\n\r\n # x\r\nallow=${OTHER}\r\npublic= ${PUBLIC} `;
    expect(parseKeys(other, 'k')).toEqual({ ...keys, allowed: new Map([[OTHER, 'key-1']]) });
  });

  it('is written as it is read', () => {
    const pair = newKeyPair();
    const keys = {
      ...pair,
      allowed: new Map([
        [pair.publicKey, 'me'],
        [OTHER, 'node-7'],
      ]),
    };
    expect(parseKeys(formatKeys(keys), 'k')).toEqual(keys);
  });

  const line = (k: number, text: string): string => {
    const lines = WHOLE.split('\n');
    lines[k - 1] = text;
    return lines.join('\n');
  };
  it.each<[string, string, string]>([
    ['nothing', '', "key file k has no 'public =' line: it is empty"],
    ['blanks', '\n \n', "has no 'public =' line: it is empty"],
    [
      'cut after the public key',
      WHOLE.slice(0, WHOLE.indexOf('secret')),
      "no 'secret =' line: was it cut short",
    ],
    [
      'cut within the secret key',
      WHOLE.slice(0, WHOLE.indexOf('secret') + 30),
      'line 4: a key is 40 characters',
    ],
    ['garbage', '\u0000\u0001\u00ff', "line 1: it is none of 'version = …'"],
    ['no version', line(2, ''), "line 3: 'version = 1' has to come first"],
    ['another version', line(2, 'version = 2'), 'line 2: this haloweave reads version 1'],
    ['two versions', line(1, 'version = 1'), "line 2: there is a second 'version ='"],
    ['an entry that is none', line(5, 'deny = x'), "line 5: it is none of 'version = …'"],
    ['an entry without value', line(3, 'public ='), 'line 3: it is none of'],
    ['a key that is none', line(3, `public = ${PUBLIC.slice(1)}"`), 'line 3: a key is 40 characters of Z85'],
    ['a key too long', line(4, `secret = ${SECRET}0`), 'line 4: a key is 40 characters of Z85'],
    ['two public keys', line(5, `public = ${PUBLIC}`), "line 5: there is a second 'public ='"],
    ['two secret keys', line(5, `secret = ${SECRET}`), "line 5: there is a second 'secret ='"],
    ['a public key of another', line(3, `public = ${OTHER}`), 'does not belong to the secret key'],
    ['an allowed key that is none', line(5, 'allow = node-7'), "line 5: after 'allow =' comes a public key"],
    ['a name that is none', line(5, `allow = ${OTHER} a\u001bb`), 'line 5: a name is one word'],
    ['two names', line(5, `allow = ${OTHER} a b`), 'line 5: a name is one word'],
    ['a key allowed twice', `${WHOLE}allow = ${OTHER} b\n`, 'line 6: this key is allowed twice'],
    ['a name given twice', `${WHOLE}allow = ${PUBLIC} node-7\n`, 'line 6: two keys are called node-7'],
  ])('is refused: %s', (_, text, message) => {
    expect(parsed(text)).toThrow(message);
    expect(parsed(text)).toThrow(expect.objectContaining({ code: 'usage' }));
  });

  it('is never repeated in an error: it may be the secret key', () => {
    for (const text of [line(4, `sceret = ${SECRET}`), line(4, `secret : ${SECRET}`), line(4, SECRET)])
      expect(parsed(text)).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining(SECRET.slice(3, 12)) as string }),
      );
  });
});

describe('the key that a server has to have', () => {
  const keys = parseKeys(WHOLE, 'k');
  it('is that of the one file, the one told, or the one with the name told', () => {
    expect(serverKey(keys, null)).toBe(PUBLIC);
    expect(serverKey(keys, OTHER)).toBe(OTHER);
    expect(serverKey(keys, 'node-7')).toBe(OTHER);
    expect(() => serverKey(keys, 'node-8')).toThrow('key=node-8: neither a public key');
  });
});
