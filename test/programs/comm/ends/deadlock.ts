/** Programs that can never end, one a kind. */
import type { Communicator } from 'haloweave';

type Program = (comm: Communicator) => unknown;

const programs: Record<string, Program> = {
  /** Each waits for its successor. */
  circle: (comm) => comm.recv((comm.rank + 1) % comm.size, 7),
  /** One ends and is waited for. */
  ended: (comm) => (comm.rank === 0 ? null : comm.recv(0, 3)),
  /** One does not come to the barrier. */
  barrier: (comm) => (comm.rank === comm.size - 1 ? comm.recv(0, 1) : comm.barrier()),
  /** The message is there, under another tag. */
  tag: (comm) => {
    comm.send(comm.rank, (comm.rank + 1) % comm.size, 5);
    return comm.recv((comm.rank + comm.size - 1) % comm.size, 6);
  },
  /** Large sends wait for their receives. */
  large: (comm) => comm.send(new Float64Array(100_000), (comm.rank + 1) % comm.size, 2),
  await: async (comm) => await comm.irecv((comm.rank + 1) % comm.size, 4),
  /** Some wait asynchronously, some do not. */
  mixed: async (comm) =>
    comm.rank === 0 ? await comm.irecv(1, 4) : comm.recvInto(new Float64Array(1), comm.rank - 1, 8),
  probe: (comm) => comm.probe((comm.rank + 1) % comm.size, 9),
};

export default async function main(comm: Communicator, args: { kind: string }) {
  await programs[args.kind]!(comm);
}
