import { collectiveErrorCases } from './collective-errors.js';
import { collectiveCases } from './collectives.js';
import { errorCases } from './errors.js';
import { gatheringCases } from './gathering.js';
import { messageCases } from './messages.js';
import { operationCases } from './operations.js';
import { reductionCases } from './reductions.js';
import { requestCases } from './requests.js';
import type { Case } from './tools.js';
import { valueCases } from './values.js';

/** The conformance suite: what every transport must do, whatever the number of ranks. */
export const conformance: readonly Case[] = [
  ...messageCases,
  ...valueCases,
  ...requestCases,
  ...errorCases,
  ...collectiveCases,
  ...gatheringCases,
  ...reductionCases,
  ...operationCases,
  ...collectiveErrorCases,
];
