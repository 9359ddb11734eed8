import { type Communicator, empty, sum } from 'haloweave';

/** Messages and collectives of every kind, for a trace; then, if asked, the end that a bug would make. */
export default function main(comm: Communicator, args: { fails?: boolean; rounds?: number }) {
  const { rank, size } = comm;
  const right = (rank + 1) % size;
  const left = (rank + size - 1) % size;
  const small = new Float64Array(3);
  // Large messages: private arrays, and arrays of the heap.
  const large = new Float64Array(50_000).fill(rank);
  const shared = empty(comm.heap, 50_000);
  for (let k = 0; k < (args.rounds ?? 3); k++) {
    comm.send(small, right, k);
    comm.recvInto(small, left, k);
    comm.send({ words: ['to', right] }, right, k);
    comm.recv(left, k);
    const requests = [comm.irecv(left, 50), comm.isend(large, right, 50)];
    for (const r of requests) r.wait();
    const into = comm.irecvInto(shared, left, 60);
    comm.isend(large, right, 60).wait();
    into.wait();
    comm.barrier();
    comm.allreduce(rank, sum);
    comm.bcast('a word', k % size);
    comm.allgather([rank]);
  }
  // Communicators made of it, with a limit, with a topology.
  const half = comm.split(rank % 2)!;
  half.within(60_000).allgather(rank);
  const grid = comm.cartesian([0], [true])!;
  grid.neighbourAllgather(rank + grid.coords()[0]!);
  grid.free();
  if (args.fails && rank === size - 1) throw new Error('planted');
  if (args.fails) comm.recv(size - 1, 99);
}
