import { join } from 'node:path';
import { HaloweaveError } from '../../base/errors.js';
import { verifyCheckpoint, type WholeCheckpoint } from './file.js';
import { checkpointName, checkpointsIn } from './folder.js';

/**
 * The newest checkpoint of a folder that is whole. A newer one that is damaged is named in a warning, with the one that is
 * taken for it.
 * @throws HaloweaveError 'usage' if there is none; 'format' if all are damaged, saying what is wrong with each.
 */
export async function newestCheckpoint(
  folder: string,
  warn: (message: string) => void,
): Promise<WholeCheckpoint> {
  let list: number[];
  try {
    list = checkpointsIn(folder);
  } catch (cause) {
    throw new HaloweaveError(
      'usage',
      `--resume ${folder}: cannot read that folder: ${(cause as Error).message}`,
      {},
      { cause },
    );
  }
  const wrong: string[] = [];
  for (const cycles of list) {
    const name = checkpointName(cycles);
    try {
      const found = await verifyCheckpoint(join(folder, name));
      if (wrong.length > 0) warn(`--resume ${folder}: ${wrong.join('; ')}; going on from ${name} instead`);
      return found;
    } catch (error) {
      if (!(error instanceof HaloweaveError) || error.code !== 'format') throw error;
      wrong.push(`${name} is damaged: ${error.message}`);
    }
  }
  if (wrong.length === 0)
    throw new HaloweaveError(
      'usage',
      `--resume ${folder}: there is no checkpoint in it; run with --checkpoint ${folder} --every CYCLES to have some`,
    );
  throw new HaloweaveError('format', `--resume ${folder}: no checkpoint is whole: ${wrong.join('; ')}`);
}
