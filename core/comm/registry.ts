import type { ResultHash } from './result-hash.js';

/** What all communicators of a rank have in common. */
export class Registry {
  /** The next context that this rank has not used: even. */
  nextContext: number;
  /** Where results are registered; null if the run computes no hash. */
  results: ResultHash | null;

  constructor(nextContext: number, results: ResultHash | null = null) {
    this.nextContext = nextContext;
    this.results = results;
  }
}
