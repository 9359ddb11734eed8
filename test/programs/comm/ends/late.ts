/** Programs that only look as if they could never end: nobody may call them deadlocked. */
import type { Communicator } from 'haloweave';

const LONG = 3500;

/** Busy for so many ms, in one piece. */
function compute(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

type Program = (comm: Communicator) => unknown;

const programs: Record<string, Program> = {
  computes: (comm) => {
    if (comm.rank === 0) compute(LONG);
    comm.barrier();
  },
  timer: async (comm) => {
    if (comm.rank === 0) {
      await pause(LONG);
      for (let r = 1; r < comm.size; r++) comm.send(1, r);
    } else comm.recv(0);
  },
  /** The timer runs beside an awaited receive that only its own message can complete. */
  beside: async (comm) => {
    const later = pause(LONG).then(() => comm.send(1, comm.rank, 1));
    await comm.irecv(comm.rank, 1);
    await later;
  },
  /** The event loop is blocked by work while a receive is awaited. */
  blocked: async (comm) => {
    const got = comm.irecv(comm.rank, 1).then((x) => x);
    await pause(100);
    compute(LONG);
    comm.send(1, comm.rank, 1);
    await got;
  },
  limit: (comm) => {
    try {
      comm.within(LONG).recv((comm.rank + 1) % comm.size, 1);
    } catch (error) {
      if ((error as { code?: string }).code !== 'timeout') throw error;
      return;
    }
    throw new Error('nothing was sent');
  },
};

export default async function main(comm: Communicator, args: { kind: string }) {
  await programs[args.kind]!(comm);
  return 'ended well';
}
