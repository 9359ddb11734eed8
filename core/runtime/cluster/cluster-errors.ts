import { HaloweaveError } from '../../base/errors.js';
import type { SerialisedError } from '../../wire/host-messages.js';
import type { RunOptions } from '../run-options.js';

/** A run that no host can go on with. */
export function lostError(message: string): SerialisedError {
  return { name: 'HaloweaveError', message, stack: message, code: 'lost', place: {}, aborted: false };
}

/** Refuses what runs on several hosts cannot do. */
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
