import { type Engine, engine, node } from './engine.js';
import type { Finding } from './finding.js';
import { blas, mpi } from './libraries.js';
import { memory, processors } from './machine.js';
import { network } from './network.js';
import { names, temporaryFolder } from './surroundings.js';
import type { System } from './system.js';

/** Everything that can be found out without running a program, in the order of the report. `engines` as in package.json. */
export async function inspect(system: System, e: Engine, engines: string): Promise<Finding[]> {
  return [
    processors(system),
    ...memory(system),
    node(system, engines),
    ...engine(e),
    temporaryFolder(system),
    await names(system),
    blas(system),
    mpi(system),
    ...(await network(system)),
  ];
}
