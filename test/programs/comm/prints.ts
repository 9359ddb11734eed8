/** Every rank prints numbered lines, short and very long ones. */
import type { Args, Communicator } from 'haloweave';

export default function main(comm: Communicator, args: Args) {
  const lines = Number(args.lines);
  for (let k = 0; k < lines; k++) {
    const length = k % 4 === 0 ? 9000 : 20;
    console.log(`${comm.rank} ${k} ${'abcdefghij'[comm.rank]!.repeat(length)}`);
  }
  process.stderr.write(`rank ${comm.rank} to standard error\n`);
  return { lines };
}
