import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { Dealer, Router } from 'zeromq';
import { openSecurity, type Security, withoutKeys } from '../../../../core/transport/zeromq/curve.js';
import { type KeyPair, newKeyPair } from '../../../../core/transport/zeromq/keys.js';
import type { RefusalName } from '../../../../core/transport/zeromq/refusal.js';
import { networkContext } from '../../../../core/transport/zeromq/sockets.js';
import { decodeBounded, encodeBounded, RefusedMessage } from '../../../../core/wire/bounded-decode.js';
import { mutated, random } from '../../../support/mutate.js';
import { Inbox, Open, Refusals } from '../../../support/refusals.js';

const SERVER = newKeyPair();
const FRIEND = newKeyPair();
const STRANGER = newKeyPair();
/** The only one that no list has ever: a process remembers those that one had. */
const NOBODY = newKeyPair();

/** A client that is left without an answer tries again after so many ms. */
const HANDSHAKE = 1000;
const options = () => ({ context: networkContext(), linger: 0, handshakeInterval: HANDSHAKE });

/** A server on loopback and what it received and refused. */
class Server {
  readonly open = new Open();
  readonly refusals = new Refusals();
  readonly security: Security;
  readonly socket: Router;
  readonly inbox: Inbox;

  private constructor(security: (refusals: Refusals) => Security, refusals: Refusals) {
    this.refusals = refusals;
    this.security = this.open.add(security(refusals));
    this.socket = this.open.socket(new Router({ ...options(), ...this.security.server() }));
    this.security.watch(this.socket);
    this.inbox = new Inbox(this.socket);
  }

  static async with(allowed: readonly KeyPair[], later = false): Promise<Server> {
    const refusals = new Refusals();
    const list = allowed.map((pair, k) => [pair.publicKey, `friend-${k}`] as const);
    const security = await openSecurity({ pair: SERVER, allowed: list, later, onRefusal: refusals.on });
    return Server.#bound(new Server(() => security, refusals));
  }

  static plain(): Promise<Server> {
    return Server.#bound(new Server((refusals) => withoutKeys(refusals.on), new Refusals()));
  }

  static async #bound(server: Server): Promise<Server> {
    // A socket that receives cannot be bound.
    const fresh = server.socket;
    await fresh.bind('tcp://127.0.0.1:*');
    return server;
  }

  get endpoint(): string {
    return this.socket.lastEndpoint!;
  }

  /** A client, and what it reports. Null keys: none. */
  async client(pair: KeyPair | null, expected: string | null, says: string): Promise<Refusals> {
    const refusals = new Refusals();
    const security = pair
      ? this.open.add(await openSecurity({ pair, allowed: [], onRefusal: refusals.on }))
      : withoutKeys(refusals.on);
    const socket = this.open.socket(new Dealer({ ...options(), ...security.client(expected) }));
    security.watch(socket, expected);
    socket.connect(this.endpoint);
    await socket.send(says);
    return refusals;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.open[Symbol.asyncDispose]();
  }
}

describe('who is refused is named, on either side, and nothing it says arrives', () => {
  type Case = [
    string,
    { client: KeyPair | null; expects: KeyPair | null; server: RefusalName; self: RefusalName },
  ];
  it.each<Case>([
    [
      'a key that nobody knows',
      { client: NOBODY, expects: SERVER, server: 'unknown key', self: 'unlisted key' },
    ],
    [
      'another server key than the server has',
      { client: FRIEND, expects: STRANGER, server: 'wrong server key', self: 'handshake ended' },
    ],
    ['no keys', { client: null, expects: null, server: 'plaintext client', self: 'server with keys' }],
  ])('%s', async (_, { client, expects, server, self }) => {
    await using there = await Server.with([FRIEND]);
    const here = await there.client(client, expects?.publicKey ?? null, 'secret');
    const [refused, told] = await Promise.all([there.refusals.first(server), here.first(self)]);
    expect(told.address).toBe(there.endpoint);
    if (server === 'unknown key') {
      expect(refused).toMatchObject({ address: '127.0.0.1', key: NOBODY.publicKey });
      expect(refused.text).toContain(`allow = ${NOBODY.publicKey}`);
      expect(told.key).toBe(SERVER.publicKey);
    }
    // Who is listed gets through at the same time, and what it says is all that arrived.
    await there.client(FRIEND, SERVER.publicKey, 'hello');
    await there.inbox.has('hello');
    expect(there.inbox.got).toEqual(['hello']);
    expect(new Set(there.refusals.names)).toEqual(new Set([server]));
  });

  it('a client with keys at a server without', async () => {
    await using there = await Server.plain();
    const here = await there.client(FRIEND, SERVER.publicKey, 'secret');
    await Promise.all([there.refusals.first('client with keys'), here.first('plaintext server')]);
    await there.client(null, null, 'hello');
    await there.inbox.has('hello');
    expect(there.inbox.got).toEqual(['hello']);
  });

  it('a key that was taken off the list: its connection stays, its next one is refused', async () => {
    await using there = await Server.with([FRIEND, STRANGER]);
    await there.client(FRIEND, SERVER.publicKey, 'one');
    await there.inbox.has('one');
    there.security.domain!.forbid(FRIEND.publicKey);
    const here = await there.client(FRIEND, SERVER.publicKey, 'two');
    const refused = await there.refusals.first('unlisted key');
    expect(refused).toMatchObject({ address: '127.0.0.1', key: FRIEND.publicKey });
    expect(refused.text).toContain("'friend-0'");
    await here.first('unlisted key');
    await there.client(STRANGER, SERVER.publicKey, 'three');
    await there.inbox.has('three');
    expect(there.inbox.got).toEqual(['one', 'three']);
    expect(there.security.domain!.refused).toBe(1);
  });

  it('a key that is on the list of another link of the process only', async () => {
    await using here = await Server.with([FRIEND]);
    await using there = await Server.with([STRANGER]);
    await there.client(FRIEND, SERVER.publicKey, 'secret');
    await there.refusals.first('unlisted key');
    await here.client(STRANGER, SERVER.publicKey, 'secret');
    await here.refusals.first('unlisted key');
    await here.client(FRIEND, SERVER.publicKey, 'here');
    await there.client(STRANGER, SERVER.publicKey, 'there');
    await Promise.all([here.inbox.has('here'), there.inbox.has('there')]);
    expect([here.inbox.got, there.inbox.got]).toEqual([['here'], ['there']]);
  });

  it('a server whose list is closed lets in nobody, whoever was on it', async () => {
    await using other = await Server.with([]);
    await using there = await Server.with([FRIEND]);
    await there.security.close();
    await there.client(FRIEND, SERVER.publicKey, 'secret');
    expect((await other.refusals.first('unknown domain')).key).toBe(FRIEND.publicKey);
    expect(there.inbox.got).toEqual([]);
  });

  it('a server whom nobody answers lets in nobody', async () => {
    await using there = await Server.with([FRIEND]);
    await there.security.close();
    const context = networkContext();
    await using open = new Open();
    const refusals = new Refusals();
    const socket = open.socket(
      new Dealer({ context, linger: 0, curveServerKey: SERVER.publicKey, ...pairOf(FRIEND) }),
    );
    withoutKeys(refusals.on).watch(socket, SERVER.publicKey);
    socket.connect(there.endpoint);
    await socket.send('secret');
    await Promise.all([there.refusals.first('no key check'), refusals.first('handshake ended')]);
    expect(there.inbox.got).toEqual([]);
  });
});

const pairOf = ({ publicKey, secretKey }: KeyPair) => ({
  curvePublicKey: publicKey,
  curveSecretKey: secretKey,
});

describe('a list that changes', () => {
  it('may have a key a moment after its client has come', async () => {
    await using there = await Server.with([STRANGER], true);
    const here = await there.client(FRIEND, SERVER.publicKey, 'patience');
    await there.client(STRANGER, SERVER.publicKey, 'hello');
    await there.inbox.has('hello');
    there.security.domain!.allow(FRIEND.publicKey, 'friend');
    await there.inbox.has('patience');
    expect(here.names).not.toContain('unlisted key');
  });

  it('a client that is refused by such a list tries again, and gets through once it is listed', async () => {
    await using there = await Server.with([], true);
    const fresh = newKeyPair();
    const here = await there.client(fresh, SERVER.publicKey, 'patience');
    await there.refusals.first('unknown key');
    await here.first('handshake ended');
    expect(there.inbox.got).toEqual([]);
    there.security.domain!.allow(fresh.publicKey, 'friend');
    await there.inbox.has('patience');
    expect(here.names).not.toContain('unlisted key');
  });
});

describe('a security knows', () => {
  it('whether a peer has what it has', async () => {
    await using open = new Open();
    const secure = open.add(await openSecurity({ pair: SERVER, allowed: [], onRefusal: () => {} }));
    expect(() => secure.client(null)).toThrow('a host without keys cannot be talked to');
    expect(() => withoutKeys(() => {}).client(SERVER.publicKey)).toThrow('with keys only');
  });
});

describe('garbage', () => {
  it('before the handshake hurts nobody', async () => {
    await using there = await Server.with([FRIEND]);
    const port = Number(there.endpoint.split(':').at(-1));
    const draw = random(7);
    // The greeting of ZMTP 3.1 for CURVE, by which garbage gets into the handshake.
    const greeting = Buffer.alloc(64);
    Buffer.from('ff00000000000000017f0301', 'hex').copy(greeting);
    greeting.write('CURVE', 12);
    for (let k = 0; k < 300; k++) {
      const bytes = Buffer.from(Array.from({ length: draw(300) }, () => draw(256)));
      const said = [bytes, Buffer.concat([greeting, bytes]), greeting.subarray(0, draw(64))][k % 3]!;
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => {});
      socket.on('data', () => {});
      socket.end(said);
      await new Promise((resolve) => socket.on('close', resolve));
    }
    await there.client(FRIEND, SERVER.publicKey, 'hello');
    await there.inbox.has('hello');
    expect(there.inbox.got).toEqual(['hello']);
    const fine: RefusalName[] = [
      'plaintext client',
      'malformed handshake',
      'handshake ended',
      'wrong server key',
    ];
    expect(there.refusals.names.filter((name) => !fine.includes(name))).toEqual([]);
    expect(there.refusals.names.length).toBeGreaterThan(50);
  });

  it('ten thousand messages of somebody with a key are decoded or refused, all counted, in flat memory', async () => {
    const COUNT = 10_000;
    /** What the issue allows a process to grow by. */
    const GROWTH = 64 * 2 ** 20;
    await using open = new Open();
    const context = networkContext();
    const friend = [FRIEND.publicKey, 'friend'] as const;
    const secure = open.add(await openSecurity({ pair: SERVER, allowed: [friend], onRefusal: () => {} }));
    const server = open.socket(new Router({ context, linger: 0, ...secure.server() }));
    await server.bind('tcp://127.0.0.1:*');
    const client = open.socket(
      new Dealer({ context, linger: 0, curveServerKey: SERVER.publicKey, ...pairOf(FRIEND) }),
    );
    client.connect(server.lastEndpoint!);
    const sound = [
      encodeBounded({ type: 'hello', host: 1, slots: [1, 2], name: 'x' }),
      encodeBounded([1, 'é']),
    ];
    const draw = random(11);
    const sending = (async () => {
      for (let k = 0; k < COUNT; k++) await client.send(mutated(sound, draw));
    })();
    let decoded = 0;
    const refused = new Map<string, number>();
    let before = 0;
    for (let k = 0; k < COUNT; k++) {
      const [, ...frames] = await server.receive();
      if (k === COUNT / 10) before = process.memoryUsage().rss;
      try {
        expect(frames).toHaveLength(1);
        decodeBounded(frames[0]!);
        decoded++;
      } catch (error) {
        if (!(error instanceof RefusedMessage)) throw error;
        refused.set(error.reason, (refused.get(error.reason) ?? 0) + 1);
      }
    }
    await sending;
    expect(decoded + [...refused.values()].reduce((a, b) => a + b)).toBe(COUNT);
    expect(decoded).toBeGreaterThan(COUNT / 10);
    expect(refused.size).toBeGreaterThan(4);
    expect(process.memoryUsage().rss - before).toBeLessThan(GROWTH);
  });
});
