import { chmodSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, describe, expect, it } from 'vitest';
import { Dealer, Router } from 'zeromq';
import {
  type ClusterSecurity,
  openClusterSecurity,
} from '../../../../core/runtime/cluster/cluster-security.js';
import { openNetwork } from '../../../../core/runtime/cluster/network.js';
import { formatKeys, newKeyPair } from '../../../../core/transport/zeromq/keys.js';
import { networkContext } from '../../../../core/transport/zeromq/sockets.js';
import { ZeromqMesh } from '../../../../core/transport/zeromq/zeromq-mesh.js';
import { Freight } from '../../../../core/wire/network.js';
import { ScratchFolder } from '../../../support/paths.js';
import { Inbox, Open, Refusals } from '../../../support/refusals.js';

const folder = new ScratchFolder();
afterAll(() => folder[Symbol.dispose]());

function keyFile(name: string, own = newKeyPair(), others: [string, string][] = []): string {
  const text = formatKeys({ ...own, allowed: new Map([[own.publicKey, name], ...others]) });
  const path = folder.write(name, text);
  chmodSync(path, 0o600);
  return path;
}

/** A message from one to the other over control sockets. */
async function talks(
  open: Open,
  from: ClusterSecurity,
  to: ClusterSecurity,
  key: string | null,
): Promise<void> {
  const options = { context: networkContext(), linger: 0 };
  const server = open.socket(new Router({ ...options, ...to.control.server() }));
  to.control.watch(server);
  await server.bind(await to.toBind('tcp://127.0.0.1:*'));
  const inbox = new Inbox(server);
  const client = open.socket(new Dealer({ ...options, ...from.control.client(from.serverKey(key)) }));
  from.control.watch(client, from.serverKey(key));
  client.connect(await from.toConnect(server.lastEndpoint!));
  await client.send('hello');
  await inbox.has('hello');
}

describe('control links', () => {
  it('one file for all, a file each with the key told or its name, no keys', async () => {
    await using open = new Open();
    const secure = async (path: string | null) => open.add(await openClusterSecurity(path, () => {}));
    const all = keyFile('all');
    await talks(open, await secure(all), await secure(all), null);
    const [a, b] = [newKeyPair(), newKeyPair()];
    const one = await secure(keyFile('a', a, [[b.publicKey, 'b']]));
    const other = await secure(keyFile('b', b, [[a.publicKey, 'a']]));
    await talks(open, one, other, b.publicKey);
    await talks(open, other, one, 'a');
    await talks(open, await secure(null), await secure(null), null);
  });

  it('endpoints beyond this machine need a file', async () => {
    await using open = new Open();
    const none = open.add(await openClusterSecurity(null, () => {}));
    expect(() => none.serverKey('node7')).toThrow('key=node7 is named, but this side has no keys');
    await expect(none.toBind('tcp://0.0.0.0:7100')).rejects.toThrow('this needs keys');
    await expect(none.toConnect('tcp://10.0.0.1:7100')).rejects.toThrow('this needs keys');
    const keys = open.add(await openClusterSecurity(keyFile('far'), () => {}));
    expect(await keys.toBind('tcp://0.0.0.0:7100')).toBe('tcp://0.0.0.0:7100');
    await expect(openClusterSecurity(`${folder.path}/none`, () => {})).rejects.toThrow('keygen makes one');
  });
});

describe('a handshake that ends without a reason', () => {
  for (const path of [null, 'ends'])
    it(`is told of control links and not of data links, ${path ? 'with keys' : 'without keys'}`, async () => {
      await using open = new Open();
      const refusals = new Refusals();
      const security = open.add(await openClusterSecurity(path === null ? null : keyFile(path), refusals.on));
      // Nothing that speaks ZeroMQ: it ends each connection at once.
      let ended = 0;
      const server = createServer((socket) => {
        ended++;
        socket.destroy();
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const endpoint = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const { publicKey } = newKeyPair();
      const options = { context: networkContext(), linger: 0, reconnectInterval: 1 };
      const client = (links: 'control' | 'data'): void => {
        const key = path === null ? null : publicKey;
        const socket = open.socket(new Dealer({ ...options, ...security[links].client(key) }));
        security[links].watch(socket, key);
        socket.connect(endpoint);
      };
      try {
        client('data');
        while (ended < 20) await new Promise(setImmediate);
        expect(refusals.names).toEqual([]);
        client('control');
        await refusals.first('handshake ended');
      } finally {
        server.close();
      }
    });
});

describe('data links', () => {
  /** A mesh, the hosts it has heard from, and its refusals. */
  async function host(open: Open, number: number, path: string) {
    const refusals = new Refusals();
    const security = open.add(await openClusterSecurity(path, refusals.on));
    const mesh = await ZeromqMesh.open({ host: number, security: security.data, tcpOnly: true });
    let heard: (from: number) => void = () => {};
    const first = new Promise<number>((resolve) => {
      heard = resolve;
    });
    mesh.onMessage = (from) => heard(from);
    mesh.onBroken = (from, reason) => {
      throw new Error(`the link to host ${from} broke: ${reason}`);
    };
    return { mesh, security, refusals, first };
  }

  it('hosts that know of each other exchange messages, whoever learns first; others are refused', async () => {
    const path = keyFile('mesh');
    await using open = new Open();
    const one = await host(open, 1, path);
    const two = await host(open, 2, path);
    const three = await host(open, 3, path);
    using _ = {
      [Symbol.dispose]: () => {
        for (const h of [one, two, three]) h.mesh.close();
      },
    };
    // The lower number connects. Host 2 hears of host 1 when host 1 has come already.
    one.security.admit([two.mesh.address]);
    one.mesh.connect(two.mesh.address);
    one.mesh.send(2, Freight.records, 1, [Uint8Array.of(7)]);
    two.security.admit([one.mesh.address]);
    two.mesh.connect(one.mesh.address);
    expect(await two.first).toBe(1);
    two.mesh.send(1, Freight.records, 1, [Uint8Array.of(8)]);
    expect(await one.first).toBe(2);
    // Host 3 does not list host 1, which has a key of the same file: data links have keys of their own.
    one.mesh.connect(three.mesh.address);
    one.mesh.send(3, Freight.records, 1, [Uint8Array.of(9)]);
    await three.refusals.first('unlisted key');
    // That it gets through once it is listed, a handshake's interval later, is shown for any such list in curve.test.ts.
    three.security.admit([one.mesh.address]);
    expect([...three.security.data.domain!.allowed.keys()]).toEqual([one.mesh.address.publicKey]);
    // Once it is off the list, nobody is on it.
    three.security.admit([]);
    expect(three.security.data.domain!.allowed.size).toBe(0);
  });

  it('a host that is dropped is off the list at once, the others stay', async () => {
    await using open = new Open();
    const security = open.add(await openClusterSecurity(keyFile('dropped'), () => {}));
    const options = { host: 1, security: security.data, admit: security.admit, tcpOnly: true };
    const network = await openNetwork(options, () => {});
    const hosts = [2, 3].map((host) => ({
      ...network.mesh.address,
      host,
      publicKey: newKeyPair().publicKey,
    }));
    network.admit(hosts);
    const listed = () => [...security.data.domain!.allowed];
    const [two, three] = hosts.map((h) => [h.publicKey, `host-${h.host}`]);
    expect(listed()).toEqual([two, three]);
    network.drop(2);
    expect(listed()).toEqual([three]);
    network.close();
  });

  it('without keys are bound and connected to on this machine only, whatever a peer says of its address', async () => {
    await expect(ZeromqMesh.open({ host: 1, listen: 'tcp://0.0.0.0:*', tcpOnly: true })).rejects.toThrow(
      'host 1 cannot listen on tcp://0.0.0.0:*: tcp://0.0.0.0:*: this needs keys',
    );
    const mesh = await ZeromqMesh.open({ host: 1, tcpOnly: true });
    mesh.onMessage = () => {};
    mesh.onBroken = () => {};
    const peer = {
      ...mesh.address,
      host: 2,
      instance: '0123456789abcdef',
      endpoints: ['tcp://10.0.0.1:7100'],
    };
    expect(() => mesh.connect(peer)).toThrow('tcp://10.0.0.1:7100: this needs keys');
    mesh.close();
  });
});
