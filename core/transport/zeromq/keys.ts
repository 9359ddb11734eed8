import { createPrivateKey, createPublicKey } from 'node:crypto';
import { HaloweaveError } from '../../base/errors.js';
import { z85Decode, z85Encode } from '../../base/z85.js';
import { zeromq } from './library.js';

/** A pair of CURVE keys: 32 bytes each, as 40 characters of Z85. */
export interface KeyPair {
  readonly publicKey: string;
  readonly secretKey: string;
}

/** What a key file holds. */
export interface Keys extends KeyPair {
  /** Public keys of those that may connect to whoever uses this file, and what they are called. */
  readonly allowed: ReadonlyMap<string, string>;
}

const VERSION = 1;
/** 32 bytes in Z85. */
const KEY_CHARACTERS = 40;
/** What a key may be called: one word that is safe in a log, in a host file and on a command line. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/;

export const isKey = (text: string): boolean => text.length === KEY_CHARACTERS && z85Decode(text) !== null;
export const isKeyName = (text: string): boolean => NAME.test(text);

/** A fresh pair, from the system's random numbers. */
export function newKeyPair(): KeyPair {
  const { publicKey, secretKey } = zeromq().curveKeyPair();
  return { publicKey, secretKey };
}

/**
 * The public key that belongs to a secret one: X25519 of it and the base point.
 *
 * Source: RFC 7748 (X25519); ZeroMQ RFC 26 (CurveZMQ).
 */
export function publicKeyOf(secretKey: string): string {
  // PKCS #8 of a raw X25519 key: a fixed head (RFC 8410, section 7), then its 32 bytes.
  const head = Buffer.from('302e020100300506032b656e04220420', 'hex');
  const der = Buffer.concat([head, z85Decode(secretKey)!]);
  const spki = createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
  return z85Encode(spki.export({ format: 'der', type: 'spki' }).subarray(-32));
}

/**
 * The keys in the text of a key file: a line each, `name = value`, with `#` beginning a line of comment.
 *
 * ```
 * version = 1
 * public = KEY             what others need to know of this host
 * secret = KEY             what nobody else may know
 * allow = KEY [NAME]       may connect to whoever uses this file; any number of lines
 * ```
 *
 * Errors name the line and never repeat what stands in it: it may be the secret key.
 */
export function parseKeys(text: string, source: string): Keys {
  const found = new Map<string, string>();
  const allowed = new Map<string, string>();
  const lines = text.split(/\r?\n/);
  for (const [k, line] of lines.entries()) {
    const refuse = (why: string): never => {
      throw new HaloweaveError('usage', `key file ${source}, line ${k + 1}: ${why}`);
    };
    if (/^\s*(#|$)/.test(line)) continue;
    const [, name, value] = /^\s*(version|public|secret|allow)\s*=\s*(\S.*?)\s*$/.exec(line) ?? [];
    if (name === undefined || value === undefined)
      return refuse("it is none of 'version = …', 'public = …', 'secret = …', 'allow = …' and '# …'");
    if (name !== 'version' && !found.has('version')) refuse(`'version = ${VERSION}' has to come first`);
    if (name === 'version') {
      if (value !== String(VERSION)) refuse(`this haloweave reads version ${VERSION} of key files`);
    } else if (name === 'allow') {
      const [key = '', called = `key-${allowed.size + 1}`, ...more] = value.split(/\s+/);
      if (!isKey(key)) refuse(`after 'allow =' comes a public key, ${KEY_CHARACTERS} characters of Z85`);
      if (!NAME.test(called) || more.length > 0)
        refuse('a name is one word of letters, digits and ._@-, up to 64 characters');
      if (allowed.has(key)) refuse('this key is allowed twice');
      if ([...allowed.values()].includes(called)) refuse(`two keys are called ${called}`);
      allowed.set(key, called);
      continue;
    } else if (!isKey(value)) refuse(`a key is ${KEY_CHARACTERS} characters of Z85`);
    if (found.has(name)) refuse(`there is a second '${name} ='`);
    found.set(name, value);
  }
  const publicKey = found.get('public');
  const secretKey = found.get('secret');
  if (publicKey === undefined || secretKey === undefined) {
    const missing = publicKey === undefined ? 'public' : 'secret';
    throw new HaloweaveError(
      'usage',
      `key file ${source} has no '${missing} =' line${text.trim() === '' ? ': it is empty' : ': was it cut short?'} ` +
        '(haloweave keygen makes one)',
    );
  }
  if (publicKeyOf(secretKey) !== publicKey)
    throw new HaloweaveError(
      'usage',
      `key file ${source}: the public key does not belong to the secret key; copy the file again, or make a new one`,
    );
  return { publicKey, secretKey, allowed };
}

/** The text of a key file. */
export function formatKeys({ publicKey, secretKey, allowed }: Keys): string {
  return [
    '# A key file of haloweave. Whoever can read it can run programs on every worker that allows its key:',
    '# keep its mode 0600, copy it over ssh only. SECURITY.md says what it protects.',
    `version = ${VERSION}`,
    '',
    '# Others need to know this one to connect to whoever uses this file.',
    `public = ${publicKey}`,
    '# Nobody else may know this one.',
    `secret = ${secretKey}`,
    '',
    '# Who may connect to whoever uses this file: a public key and a name, a line each.',
    ...[...allowed].map(([key, name]) => `allow = ${key} ${name}`),
    '',
  ].join('\n');
}

/**
 * The public key that a server has to prove, for a client with these keys. `told` is what the user said of the server (`key=` in
 * a host file): a public key, or the name of one that `keys` allows. Without it the server has the client's own file.
 */
export function serverKey(keys: Keys, told: string | null): string {
  if (told === null) return keys.publicKey;
  for (const [key, name] of keys.allowed) if (name === told) return key;
  if (isKey(told)) return told;
  throw new HaloweaveError(
    'usage',
    `key=${told}: neither a public key (${KEY_CHARACTERS} characters of Z85) nor the name of a key that the key file allows`,
  );
}
