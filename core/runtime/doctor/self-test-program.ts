// What the doctor runs on ranks. It imports nothing: it is bundled like a user's program, and takes all from its communicator.
import type { Communicator } from '../../comm/communicator.js';

/** How long each test goes on, in ms: four of them and two runs of heat end within ten seconds. */
const DURATION = 1500;
/** Calls between two looks at the clock. */
const BATCH = 200;
const MAX = { reduction: 'max' } as const;

export interface SelfTestArgs {
  test: 'ring' | 'collectives' | 'latency' | 'bandwidth';
  /** Doubles that `bandwidth` copies on each rank. */
  elements?: number;
}

/** Figures by name: µs a message or call, GB/s. */
export type SelfTestFigures = Record<string, number>;

export default function main(comm: Communicator, args: SelfTestArgs): SelfTestFigures {
  switch (args.test) {
    case 'ring':
      return ring(comm);
    case 'collectives':
      return {
        barrier: timed(comm, () => comm.barrier()),
        allreduce: timed(comm, () => {
          const top = comm.allreduce(comm.rank, MAX);
          if (top !== comm.size - 1) throw new Error(`allreduce: the largest rank is ${top} of ${comm.size}`);
        }),
      };
    case 'latency':
      return latency(comm);
    case 'bandwidth':
      return bandwidth(comm, args.elements ?? 0);
  }
}

/** Microseconds a call that all ranks make together. Rank 0 says when it has been long enough, so all stop together. */
function timed(comm: Communicator, call: () => void): number {
  const start = performance.now();
  let calls = 0;
  let elapsed = 0;
  while (comm.bcast(elapsed, 0) < DURATION / 2) {
    for (let k = 0; k < BATCH; k++) call();
    calls += BATCH;
    elapsed = performance.now() - start;
  }
  return (elapsed * 1000) / calls;
}

/** A token that every rank raises goes round: µs a message, half a turn of the clock for two ranks. */
function ring(comm: Communicator): SelfTestFigures {
  const { rank, size } = comm;
  const right = (rank + 1) % size;
  const left = (rank + size - 1) % size;
  const token = new Float64Array(1);
  let rounds = 0;
  const round = timed(comm, () => {
    if (rank > 0) comm.recvInto(token, left, 1);
    token[0]! += 1;
    comm.send(token, right, 1);
    if (rank === 0) comm.recvInto(token, left, 1);
    rounds++;
  });
  const counted = comm.bcast(token[0]!, 0);
  if (counted !== rounds * size)
    throw new Error(`ring: ${rounds} rounds of ${size} ranks counted ${counted}, not ${rounds * size}`);
  return { message: round / size };
}

/** 8 bytes there and back between ranks 0 and 1, the others only taking part in the clock: half of the time. */
function latency(comm: Communicator): SelfTestFigures {
  const buffer = new Float64Array(1);
  const trip = timed(comm, () => {
    if (comm.rank === 0) {
      comm.send(buffer, 1, 2);
      comm.recvInto(buffer, 1, 2);
    } else if (comm.rank === 1) {
      comm.recvInto(buffer, 0, 2);
      buffer[0]! += 1;
      comm.send(buffer, 0, 2);
    }
  });
  return { latency: trip / 2 };
}

/** Every rank copies its own array, at the same time: bytes copied a second, all ranks together. */
function bandwidth(comm: Communicator, elements: number): SelfTestFigures {
  const source = new Float64Array(elements).fill(comm.rank + 1);
  const target = new Float64Array(elements);
  target.set(source); // the first touch of memory is slow and not what is measured
  comm.barrier();
  const start = performance.now();
  let copies = 0;
  while (performance.now() - start < DURATION / 2) {
    target.set(source);
    copies++;
  }
  const rate = (copies * elements * 8) / (performance.now() - start) / 1e6;
  if (target[elements - 1] !== comm.rank + 1)
    throw new Error('memory: a copy has other contents than its source');
  return { bandwidth: comm.allreduce(rate, { reduction: 'sum' }) };
}
