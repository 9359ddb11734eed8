import { HaloweaveError } from '../../base/errors.js';
import type { RunOptions } from '../run-options.js';

/** Refuses options of runs on threads. @throws HaloweaveError 'usage' that says what to take instead. */
export function refuseForeign(options: RunOptions): void {
  if (options.check)
    throw new HaloweaveError(
      'usage',
      'a run on several hosts cannot be checked: --check moves partitions between ranks that share memory; check it with --transport threads',
    );
  if (options.trace !== undefined)
    throw new HaloweaveError(
      'usage',
      'a run on several hosts cannot be traced yet: trace it with --transport threads',
    );
  if (options.apart) throw new HaloweaveError('usage', 'apart is for runs on threads');
}
