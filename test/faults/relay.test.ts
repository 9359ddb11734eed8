import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { fc, it } from '@fast-check/vitest';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { Relay } from '../support/faults/relay.js';

let server: Server;
let port: number;
const accepted: Socket[] = [];

beforeEach(async () => {
  // Sends back what it gets.
  server = createServer((socket) => {
    accepted.push(socket);
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});

afterEach(async () => {
  for (const s of accepted.splice(0)) s.destroy();
  await new Promise((resolve) => server.close(resolve));
});

/** Connects, and collects what comes. */
async function client(to: number): Promise<{ socket: Socket; got: () => string; closed: Promise<void> }> {
  const socket = connect(to, '127.0.0.1');
  let text = '';
  socket.setEncoding('utf8').on('data', (t: string) => {
    text += t;
  });
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  return { socket, got: () => text, closed };
}

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
};

describe('a relay', () => {
  it('keeps order and loses nothing, whatever the jitter', async () => {
    await using relay = await Relay.to(port, { seed: 7, faults: { delay: 20, jitter: 15 } });
    const c = await client(relay.port);
    let sent = '';
    for (let k = 0; k < 500; k++) {
      const line = `line ${k}\n`;
      sent += line;
      c.socket.write(line);
      if (k % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 3));
    }
    await until(() => c.got().length >= sent.length);
    expect(c.got()).toBe(sent);
    c.socket.destroy();
    await c.closed;
  });

  it.prop([fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 2 }), fc.integer({ min: 0 })])(
    'lets nothing pass earlier than its delay, or later than its jitter says',
    async (times, seed) => {
      await using relay = await Relay.to(port, { seed, faults: { delay: 200, jitter: 50 } });
      for (const t of times) {
        expect(relay.arrival(t)).toBeGreaterThanOrEqual(t + 150);
        expect(relay.arrival(t)).toBeLessThan(t + 250);
      }
    },
  );

  it('ends one side when the other ends', async () => {
    await using relay = await Relay.to(port, { faults: { delay: 5, jitter: 0 } });
    const c = await client(relay.port);
    c.socket.end('last words');
    await c.closed;
    expect(c.got()).toBe('last words');
    await until(() => relay.open === 0);
  });

  it('lets nothing pass while it is stalled, and everything after', async () => {
    await using relay = await Relay.to(port);
    const c = await client(relay.port);
    relay.stall();
    c.socket.write('abc');
    const other = await client(port);
    other.socket.write('x');
    await until(() => other.got() === 'x');
    expect(c.got()).toBe('');
    expect(c.socket.destroyed).toBe(false);
    relay.resume();
    await until(() => c.got() === 'abc');
    for (const { socket } of [c, other]) socket.destroy();
    await Promise.all([c.closed, other.closed]);
  });

  it('resets connections when it is cut, and makes new ones', async () => {
    await using relay = await Relay.to(port);
    const c = await client(relay.port);
    relay.cut();
    await c.closed;
    const again = await client(relay.port);
    again.socket.write('here');
    await until(() => again.got() === 'here');
    again.socket.destroy();
    await again.closed;
    expect(relay.connections).toBe(2);
  });

  it('accepts connections that go nowhere while it is down', async () => {
    await using relay = await Relay.to(port);
    relay.down();
    const c = await client(relay.port);
    c.socket.write('nobody hears');
    relay.up();
    await c.closed;
    expect(c.got()).toBe('');
  });
});
