/** Rank 1 ends in the way that `how` names, while the others wait for it. */
import type { Args, Communicator } from 'haloweave';

export default async function main(comm: Communicator, args: Args) {
  if (comm.rank !== 1) return comm.recv(1, 1);
  if (args.how === 'exit') process.exit(7);
  if (args.how === 'memory') {
    const all: unknown[] = [];
    for (;;) all.push(new Array(100_000).fill(all.length));
  }
  if (args.how === 'rejection') {
    void unheeded();
    await new Promise((resolve) => setTimeout(resolve, 1_000_000));
  }
  if (args.how === 'string') throw 'only a text';
  if (args.how === 'promise') await unheeded();
  throw new Error(`how is '${String(args.how)}'`);
}

async function unheeded(): Promise<never> {
  throw new RangeError('nobody caught this');
}
