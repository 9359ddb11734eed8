import { describe, expect, it } from 'vitest';
import { Context, Dealer, Router } from 'zeromq';
import { newKeyPair } from '../../../../core/transport/zeromq/keys.js';
import { openZapDomain } from '../../../../core/transport/zeromq/zap.js';
import { Open, Refusals } from '../../../support/refusals.js';

const ADDRESS = 'inproc://zeromq.zap.01';

/** Asks the handler of a context, as libzmq would. */
async function ask(context: Context, frames: (string | Buffer)[]): Promise<string[]> {
  await using open = new Open();
  const socket = open.socket(new Dealer({ context, linger: 0 }));
  socket.connect(ADDRESS);
  await socket.send(['', ...frames]);
  return (await socket.receive()).map(String);
}

describe('the handler of a context', () => {
  it('answers as RFC 27 says', async () => {
    const context = new Context();
    const refusals = new Refusals();
    const key = Buffer.from('54fcba24e93249969316fb617c872bb0c1d1ff14800427c594cbfacf1bc2d652', 'hex');
    const name = 'rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7';
    const domain = await openZapDomain({ context, allowed: [[name, 'friend']], onRefusal: refusals.on });
    const request = (id: string, of: string, mechanism: string, ...credentials: (string | Buffer)[]) =>
      ask(context, ['1.0', id, of, '10.0.0.7', '', mechanism, ...credentials]);
    expect(await request('1', domain.name, 'CURVE', key)).toEqual(['', '1.0', '1', '200', 'OK', name, '']);
    const no = (id: string, status = '400') => ['', '1.0', id, status, 'refused', '', ''];
    expect(await request('2', domain.name, 'CURVE', Buffer.alloc(32))).toEqual(no('2'));
    expect(await request('3', domain.name, 'NULL')).toEqual(no('3'));
    expect(await request('4', domain.name, 'PLAIN', 'user', 'password')).toEqual(no('4'));
    expect(await request('5', domain.name, 'GSSAPI', 'principal')).toEqual(no('5'));
    expect(await request('6', 'elsewhere', 'CURVE', key)).toEqual(no('6'));
    expect(await request('7', domain.name, 'CURVE', key.subarray(1))).toEqual(no('7', '500'));
    expect(await ask(context, ['2.0', '8', domain.name, '', '', 'CURVE', key])).toEqual(no('8', '500'));
    expect(await ask(context, [])).toEqual(no('', '500'));
    expect(refusals.names).toEqual([
      'unknown key',
      'plaintext client',
      'plaintext client',
      'unknown mechanism',
      'unknown domain',
      ...Array.from({ length: 3 }, () => 'malformed request'),
    ]);
    for (const { address } of refusals.seen.slice(0, 5)) expect(address).toBe('10.0.0.7');
    expect(domain.refused).toBe(8);
    await domain.close();
  });

  it('is there for as long as anybody needs it, and can come again', async () => {
    const context = new Context();
    const open = () => openZapDomain({ context, onRefusal: () => {} });
    // At once, and one while another goes.
    const [a, b] = await Promise.all([open(), open()]);
    expect(a.name).not.toBe(b.name);
    const closing = a.close();
    const c = await open();
    await closing;
    await Promise.all([b.close(), c.close()]);
    await c.close();
    // Its place is free the moment that it is gone: others may take it, and it says so.
    await using taken = new Open();
    const socket = taken.socket(new Router({ context, linger: 0 }));
    await socket.bind(ADDRESS);
    await expect(open()).rejects.toThrow('is taken by other code in this process');
    await socket.unbind(ADDRESS);
    await (await open()).close();
  });

  it('names a plaintext client of a socket with a list and without CURVE', async () => {
    const context = new Context();
    await using open = new Open();
    const refusals = new Refusals();
    const domain = open.add(await openZapDomain({ context, onRefusal: refusals.on }));
    const options = { context, linger: 0 };
    const server = open.socket(new Router({ ...options, zapDomain: domain.name, zapEnforceDomain: true }));
    await server.bind('tcp://127.0.0.1:*');
    const client = open.socket(new Dealer(options));
    client.connect(server.lastEndpoint!);
    await client.send('x');
    expect(await refusals.first('plaintext client')).toMatchObject({ address: '127.0.0.1', key: null });
  });

  it('a list can be looked at and changed', async () => {
    const [one, two] = [newKeyPair().publicKey, newKeyPair().publicKey];
    const domain = await openZapDomain({
      context: new Context(),
      allowed: [[one, 'one']],
      onRefusal: () => {},
    });
    domain.allow(two, 'two');
    domain.forbid(one);
    expect([...domain.allowed]).toEqual([[two, 'two']]);
    await domain.close();
  });
});
