// The peer of `bench network`: two processes with one zeromq.js PAIR socket each, and nothing else.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { curveKeyPair, Pair } from 'zeromq';
import { median } from '../report.js';

export interface PairFigures {
  /** Half a round trip of 8 B, in µs. */
  latency: number;
  /** A one-way stream of 1 MiB messages, in GB/s. */
  bandwidth: number;
}

/** Keys of both ends; without them nothing is encrypted. */
interface Keys {
  server: { publicKey: string; secretKey: string };
  client: { publicKey: string; secretKey: string };
}

/** What the forked process is told. */
interface Setup {
  endpoint: string;
  keys: Keys | null;
}

const WARM = 500;
/** An odd number, so that the median is a measurement. */
const BATCHES = 9;
const TRIPS = 500;
const MIB = 1 << 20;
const STREAM = 300;

/** Measures a pair over loopback TCP; `curve` says whether it is encrypted. */
export async function zeromqPair(curve: boolean): Promise<PairFigures> {
  const keys: Keys | null = curve ? { server: curveKeyPair(), client: curveKeyPair() } : null;
  const socket = new Pair({ linger: 0 });
  if (keys) {
    socket.curveServer = true;
    socket.curveSecretKey = keys.server.secretKey;
  }
  await socket.bind('tcp://127.0.0.1:*');
  const child = fork(fileURLToPath(import.meta.url), ['echo'], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  child.send({ endpoint: socket.lastEndpoint!, keys } satisfies Setup);
  try {
    return { latency: await pingPong(socket), bandwidth: await stream(socket) };
  } finally {
    await socket.send('end');
    if (child.exitCode === null) await once(child, 'exit');
    socket.close();
  }
}

async function pingPong(socket: Pair): Promise<number> {
  const message = Buffer.alloc(8, 1);
  const trips = async (n: number): Promise<number> => {
    const start = performance.now();
    for (let k = 0; k < n; k++) {
      await socket.send(message);
      await socket.receive();
    }
    return ((performance.now() - start) * 1000) / n / 2;
  };
  await trips(WARM);
  const times: number[] = [];
  for (let b = 0; b < BATCHES; b++) times.push(await trips(TRIPS));
  return median(times);
}

async function stream(socket: Pair): Promise<number> {
  const message = Buffer.alloc(MIB, 1);
  const times: number[] = [];
  for (let b = 0; b < BATCHES; b++) {
    await socket.send('stream');
    const start = performance.now();
    for (let k = 0; k < STREAM; k++) await socket.send(message);
    await socket.receive();
    times.push(performance.now() - start);
  }
  return (STREAM * MIB) / median(times) / 1e6;
}

/** The other end: answers small messages at once, and a stream once all of it is here. */
async function echo({ endpoint, keys }: Setup): Promise<void> {
  const socket = new Pair({ linger: 0 });
  if (keys) {
    socket.curveServerKey = keys.server.publicKey;
    socket.curvePublicKey = keys.client.publicKey;
    socket.curveSecretKey = keys.client.secretKey;
  }
  socket.connect(endpoint);
  for await (const [message] of socket) {
    const word = message!.length < 8 ? message!.toString() : '';
    if (word === 'end') break;
    if (word === 'stream') {
      for (let k = 0; k < STREAM; k++) await socket.receive();
      await socket.send('all');
    } else await socket.send(message!);
  }
  socket.close();
}

if (process.argv[2] === 'echo' && process.send)
  process.once('message', (setup: Setup) => {
    void echo(setup).then(() => process.disconnect());
  });
