/** What ranks of several hosts do, beside the suites that every transport runs. */
import type { RankTools } from '../../support/rank-thread.js';
import conform from './conformance.js';
import play from './properties.js';

export const conformance = ({ comm }: RankTools) => conform(comm);
export const properties = ({ comm, args }: RankTools) => play(comm, args);
