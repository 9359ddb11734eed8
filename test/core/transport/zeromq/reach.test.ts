import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { endpointToBind, endpointToConnect, requireLocal } from '../../../../core/transport/zeromq/reach.js';

const loopback = Object.entries(networkInterfaces()).find(([, list]) => list?.every((a) => a.internal))?.[0];

describe('without keys', () => {
  it.each([
    'tcp://127.0.0.1:5555',
    'tcp://127.0.0.1:*',
    'tcp://127.9.8.7:0',
    'tcp://[::1]:5555',
    'tcp://[0:0:0:0:0:0:0:1]:5555',
    'tcp://[::ffff:127.0.0.1]:5555',
    'ipc:///tmp/some/path',
  ])('%s is bound as it is', async (endpoint) => {
    expect(await endpointToBind(endpoint, false)).toBe(endpoint);
    expect(() => requireLocal(endpoint)).not.toThrow();
  });

  it('localhost and the loopback interface become an address', async () => {
    expect(await endpointToBind('tcp://localhost:5555', false)).toMatch(
      /^tcp:\/\/(127\.\d+\.\d+\.\d+|\[::1\]):5555$/,
    );
    expect(await endpointToConnect('tcp://localhost:5555', false)).toMatch(
      /^tcp:\/\/(127\.\d+\.\d+\.\d+|\[::1\]):5555$/,
    );
    if (loopback !== undefined)
      expect(await endpointToBind(`tcp://${loopback}:*`, false)).toMatch(/^tcp:\/\/(127\.|\[::1\])/);
  });

  it.each([
    'tcp://*:5555',
    'tcp://0.0.0.0:5555',
    'tcp://[::]:5555',
    'tcp://10.1.2.3:5555',
    'tcp://128.0.0.1:5555',
    'tcp://[fe80::1]:5555',
    'tcp://[::ffff:10.0.0.1]:5555',
  ])('%s is refused', async (endpoint) => {
    const error = {
      code: 'usage',
      message: expect.stringContaining(`${endpoint}: this needs keys`) as string,
    };
    await expect(endpointToBind(endpoint, false)).rejects.toMatchObject(error);
    if (!endpoint.includes('*'))
      await expect(endpointToConnect(endpoint, false)).rejects.toMatchObject(error);
    expect(() => requireLocal(endpoint)).toThrow(expect.objectContaining(error));
  });

  it('an interface that others reach is refused, and a name is only local as an address', async () => {
    const outside = Object.entries(networkInterfaces()).find(([, list]) => list?.some((a) => !a.internal));
    if (outside)
      await expect(endpointToBind(`tcp://${outside[0]}:5555`, false)).rejects.toThrow('this needs keys');
    await expect(endpointToConnect('tcp://no-such-host.invalid:5555', false)).rejects.toThrow(
      "'no-such-host.invalid' cannot be resolved",
    );
    expect(() => requireLocal('tcp://localhost:5555')).toThrow('this needs keys');
    expect(() => requireLocal('ipc://@abstract')).toThrow('this needs keys');
  });
});

describe('with keys', () => {
  it.each(['tcp://*:5555', 'tcp://0.0.0.0:*', 'tcp://10.1.2.3:5555', 'tcp://node7.cluster:5555'])(
    '%s is as good as any',
    async (endpoint) => {
      expect(await endpointToBind(endpoint, true)).toBe(endpoint);
    },
  );
});

describe('what is no endpoint', () => {
  it.each([
    '10.0.0.1:5555',
    'tcp://10.0.0.1',
    'tcp://10.0.0.1:port',
    'tcp://10.0.0.1:65536',
    'tcp://127.0.0.1:0;10.0.0.1:5555',
    'udp://127.0.0.1:5555',
    'inproc://x',
    'ipc://@abstract',
    '',
  ])("'%s' is refused, keys or not", async (endpoint) => {
    for (const keys of [false, true]) {
      await expect(endpointToBind(endpoint, keys)).rejects.toThrow('an endpoint is tcp://ADDRESS:PORT');
      await expect(endpointToConnect(endpoint, keys)).rejects.toThrow('an endpoint is tcp://ADDRESS:PORT');
    }
  });

  it.each(['tcp://*:5555', 'tcp://127.0.0.1:*', 'tcp://127.0.0.1:0'])(
    '%s cannot be connected to',
    async (e) => {
      await expect(endpointToConnect(e, true)).rejects.toThrow('without an address and a port');
    },
  );
});
