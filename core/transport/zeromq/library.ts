import { createRequire } from 'node:module';
import { HaloweaveError } from '../../base/errors.js';

type Library = typeof import('zeromq');

const require = createRequire(import.meta.url);
let loaded: Library | null = null;

/**
 * ZeroMQ, loaded by whoever is the first to need it: ranks and runs on threads do not, and go on where its compiled part
 * cannot be loaded. @throws HaloweaveError 'usage' that says why not.
 */
export function zeromq(): Library {
  if (loaded) return loaded;
  try {
    loaded = require('zeromq') as Library;
    return loaded;
  } catch (cause) {
    throw new HaloweaveError(
      'usage',
      `networked workers need ZeroMQ, and its addon cannot be loaded on ${process.platform} ${process.arch}: ${(cause as Error).message}; npm install zeromq again, or run on threads`,
      {},
      { cause },
    );
  }
}
