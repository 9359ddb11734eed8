import type { Socket } from 'zeromq';
import type { OnRefusal, RefusalName } from './refusal.js';

/** What a socket is, as far as its handshakes go wrong. */
interface Side {
  readonly role: 'server' | 'client';
  readonly keys: boolean;
}

/**
 * Reports every handshake of a socket that fails, by name, as soon as libzmq's monitor tells of it. Call it once the socket has its
 * options, before it is bound or connected; `serverKey` is what a client expects, for the log. What a `ZapDomain` refuses it reports itself, with the key, so that a
 * server's event about it is left out.
 *
 * After 'unlisted key', 'plaintext …' and '… with keys' a client's socket never tries again by itself; after the others it
 * does. Listens with `events.on`: others may too, but nobody may call `events.receive`.
 */
export function watchHandshakes(socket: Socket, serverKey: string | null, onRefusal: OnRefusal): void {
  const keys = socket.securityMechanism === 'curve';
  // A socket without keys may do both. Of its failures only the texts differ, and those bind that others connect to.
  let bound = socket.curveServer;
  socket.events.on('bind', () => {
    bound = true;
  });
  const side = (): Side => ({ role: bound ? 'server' : 'client', keys });
  const report = (address: string, [name, text]: [RefusalName, string]): void =>
    onRefusal({ name, address, key: bound ? null : serverKey, text: `${text} (${address})` });
  socket.events.on('handshake:error:protocol', ({ address, error }) =>
    report(address, protocolFailure(error.code, side())),
  );
  socket.events.on('handshake:error:auth', ({ address }) => {
    if (!bound)
      report(address, [
        'unlisted key',
        "the server refused this host's key: it has to be in the server's list",
      ]);
  });
  socket.events.on('handshake:error:other', ({ address, error }) =>
    report(address, otherFailure(error.code, side())),
  );
}

function protocolFailure(code: string, { role, keys }: Side): [RefusalName, string] {
  if (code === 'ERR_ZMTP_MECHANISM_MISMATCH') {
    if (role === 'server')
      return keys
        ? ['plaintext client', 'a client without keys came to a link that wants them: start it with --keys']
        : [
            'client with keys',
            'a client with keys came to a link without: give both sides --keys, or neither',
          ];
    return keys
      ? ['plaintext server', 'the server has no keys and this host wants them: start it with --keys']
      : ['server with keys', 'the server wants keys and this host has none: give --keys here too'];
  }
  if (code === 'ERR_ZMTP_CRYPTOGRAPHIC')
    return role === 'server'
      ? ['wrong server key', "a client expects another server's key than this one's: compare the key files"]
      : ['wrong server key', 'the server cannot prove that it has the key that was expected of it'];
  if (code.startsWith('ERR_ZAP_'))
    return ['no key check', `the answer whether a key is allowed made no sense (${code})`];
  return ['malformed handshake', `the other side does not speak ZeroMQ's protocol as it should (${code})`];
}

function otherFailure(code: string, { role, keys }: Side): [RefusalName, string] {
  // libzmq's answer when nobody answers at the address of RFC 27.
  if (role === 'server' && keys && code === 'EFAULT')
    return [
      'no key check',
      'a client was sent away because nobody could be asked whether its key is allowed',
    ];
  if (code === 'EAGAIN') return ['handshake ended', 'the handshake took longer than it may'];
  const cause =
    role === 'client' && keys
      ? ': most likely it has another key than expected, or does not list ours yet'
      : '';
  return ['handshake ended', `the other side ended the connection during the handshake${cause} (${code})`];
}
