import { collectiveCases } from './collectives.js';
import { errorCases } from './errors.js';
import { groupCases } from './groups.js';
import { messageCases } from './messages.js';
import { reductionCases } from './reductions.js';
import { requestCases } from './requests.js';
import type { Case } from './tools.js';
import { topologyCases } from './topologies.js';
import { valueCases } from './values.js';
import { waitingCases } from './waiting.js';

/** The conformance suite: what every transport must do, whatever the number of ranks. */
export const conformance: readonly Case[] = [
  ...messageCases,
  ...valueCases,
  ...requestCases,
  ...waitingCases,
  ...errorCases,
  ...collectiveCases,
  ...reductionCases,
  ...groupCases,
  ...topologyCases,
];
