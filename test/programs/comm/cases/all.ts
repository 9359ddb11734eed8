import { collectiveErrorCases } from './collective-errors.js';
import { collectiveCases } from './collectives.js';
import { errorCases } from './errors.js';
import { gatheringCases } from './gathering.js';
import { groupCases } from './groups.js';
import { messageCases } from './messages.js';
import { nonblockingCases } from './nonblocking.js';
import { operationCases } from './operations.js';
import { reductionCases } from './reductions.js';
import { requestCases } from './requests.js';
import type { Case } from './tools.js';
import { topologyCases } from './topologies.js';
import { valueCases } from './values.js';
import { waitingCases } from './waiting.js';

const BY_MESSAGES = ', by messages';

/** A case whose collectives go by messages: same results, same bits. */
const byMessages = (c: Case): Case => ({
  ...c,
  name: c.name + BY_MESSAGES,
  async body(comm) {
    const other = comm.dup({ collectives: 'messages' });
    await c.body(other);
    other.free();
  },
});

/** The conformance suite: what every transport must do, whatever the number of ranks. */
export const conformance: readonly Case[] = [
  ...messageCases,
  ...valueCases,
  ...requestCases,
  ...waitingCases,
  ...errorCases,
  ...collectiveCases,
  ...gatheringCases,
  ...reductionCases,
  ...operationCases,
  ...collectiveErrorCases,
  ...nonblockingCases,
  ...[...gatheringCases, ...operationCases].map(byMessages),
  ...groupCases,
  ...topologyCases,
];

/** The suite for ranks on several hosts, whose collectives all go by messages: that twice would be the same twice. */
export const conformanceOverHosts = conformance.filter((c) => !c.name.endsWith(BY_MESSAGES));
