/**
 * Random sequences of collectives on random communicators, drawn from `--seed` and begun with `--collectives shared` or
 * `messages`; `--apart` where ranks are on several hosts. What fails says how to play it again.
 */
import assert from 'node:assert/strict';
import type { Args, CollectiveChoice, Communicator } from 'haloweave';
import { play } from './properties/play.js';
import { type Step, scenarios } from './properties/scenario.js';

export default function main(comm: Communicator, args: Args): Record<string, number> {
  const seed = Number(args.seed ?? 1);
  const collectives = (args.collectives ?? 'auto') as CollectiveChoice;
  const drawn = scenarios(comm.size, seed, Number(args.runs ?? 30));
  assert.equal(new Set(comm.allgather(JSON.stringify(drawn))).size, 1, 'all ranks draw the same');
  const played: Record<string, number> = {};
  for (const [k, scenario] of drawn.entries()) {
    if (args.only !== undefined && Number(args.only) !== k) continue;
    const world = comm.dup({ collectives });
    try {
      play(world, args.apart ? scenario.map(withoutMemory) : scenario);
    } catch (cause) {
      const e = cause as Error & { code?: string };
      if (e.code === 'aborted') throw e;
      throw new Error(
        `scenario ${k} of seed ${seed} on rank ${comm.rank} of ${comm.size} (again: -n ${comm.size} -- --seed ${seed} --collectives ${collectives} --only ${k}): ${e.message}`,
        { cause },
      );
    }
    world.free();
    for (const step of scenario) {
      const name = step.kind === 'collective' ? step.call : step.kind;
      played[name] = (played[name] ?? 0) + 1;
    }
  }
  // What was lent and what communicators met in has been given back.
  comm.barrier();
  comm.barrier();
  assert.equal(comm.heap.blocks, 0, 'blocks left in the heap');
  comm.barrier();
  return played;
}

/** A step for ranks of several hosts, which cannot ask for collectives through shared memory. */
function withoutMemory(step: Step): Step {
  return step.kind === 'split' && step.collectives === 'shared' ? { ...step, collectives: 'auto' } : step;
}
