/** Carries out a list of messages: every rank sends its own in order and receives what is for it in another. */
import assert from 'node:assert/strict';
import {
  type Args,
  type Communicator,
  copy,
  free,
  type NdArray,
  ndarray,
  type Request,
  sum,
} from 'haloweave';

export interface Transmission {
  from: number;
  to: number;
  tag: number;
  /** Elements. */
  n: number;
  how: 'send' | 'isend' | 'object';
  /** Whether the source lies in the shared heap. */
  heap: boolean;
}

const EAGER = 64 * 1024;

export default function main(comm: Communicator, args: Args) {
  const transmissions = args.transmissions as Transmission[];
  let noise = Number(args.seed) + comm.rank;
  const below = (n: number): number => {
    noise = (Math.imul(noise, 1664525) + 1013904223) >>> 0;
    return Math.floor((noise / 2 ** 32) * n);
  };
  const sends: Request<void>[] = [];
  const arrays: NdArray[] = [];
  // Number of the transmission, by source and tag, in the order in which they must arrive.
  const due = new Map<string, number[]>();
  transmissions.forEach((t, k) => {
    if (t.to !== comm.rank) return;
    const key = `${t.from} ${t.tag}`;
    due.set(key, [...(due.get(key) ?? []), k]);
  });
  let received = 0;
  const receive = (key: string, queue: number[]): void => {
    const [from = 0, tag = 0] = key.split(' ').map(Number);
    const k = queue.shift()!;
    const t = transmissions[k]!;
    if (queue.length === 0) due.delete(key);
    received++;
    if (t.how === 'object') {
      assert.deepEqual(comm.recv(from, tag), { k, list: new Array(Math.min(t.n, 2000)).fill(k) });
      return;
    }
    const into = new Float64Array(t.n + below(2));
    const got = below(2) === 0 ? comm.recv<Float64Array>(from, tag) : into;
    const n = got === into ? comm.recvInto(into, from, tag) : got.length;
    assert.equal(n, t.n);
    for (let i = 0; i < n; i++) assert.equal(got[i], k + i);
  };
  transmissions.forEach((t, k) => {
    if (t.from !== comm.rank) return;
    if (t.how === 'object') comm.send({ k, list: new Array(Math.min(t.n, 2000)).fill(k) }, t.to, t.tag);
    else {
      let data = Float64Array.from({ length: t.n }, (_, i) => k + i);
      if (t.heap) {
        const a = copy(comm.heap, ndarray(data));
        arrays.push(a);
        data = a.data;
      }
      // A blocking send of a large array waits for its receive, which may come after this rank's own.
      if (t.how === 'send' && data.byteLength <= EAGER) comm.send(data, t.to, t.tag);
      else sends.push(comm.isend(data, t.to, t.tag));
    }
    // What has been sent to oneself is there already; of others' messages nobody knows.
    const own = due.get(`${comm.rank} ${t.tag}`);
    if (t.to === comm.rank && own && below(3) === 0 && own[0]! <= k) receive(`${comm.rank} ${t.tag}`, own);
  });
  while (due.size > 0) {
    const keys = [...due.keys()];
    const key = keys[below(keys.length)]!;
    receive(key, due.get(key)!);
  }
  for (const s of sends) s.wait();
  comm.barrier();
  for (const a of arrays) free(comm.heap, a);
  return comm.allreduce(received, sum);
}
