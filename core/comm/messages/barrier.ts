import { ahead, behind, ceilLog2 } from '../../topology/rounds.js';
import type { Call, Steps } from './call.js';
import { raw } from './items.js';

const NOTHING = raw(new Uint8Array(0));

/**
 * Dissemination: in round k a rank tells the one 2^k ahead that it and the 2^k behind it have come. After
 * ⌈log₂ size⌉ rounds all have heard of all.
 *
 * Source: D. Hensgen, R. Finkel, U. Manber, "Two algorithms for barrier synchronization" (1988).
 */
export function* barrier(call: Call): Steps {
  const { rank, size } = call;
  for (let k = 0; k < ceilLog2(size); k++) {
    call.send(NOTHING, ahead(rank, 1 << k, size));
    yield* call.take(call.expect(behind(rank, 1 << k, size)));
  }
}
