import { watch } from 'node:fs';
import { checkpointsIn } from '../../../core/runtime/checkpoint/folder.js';

/** Resolves once a folder has the checkpoint after so many cycles; rejects if the run that writes it ends before. */
export async function checkpointWritten(
  folder: string,
  cycles: number,
  end: Promise<unknown>,
): Promise<void> {
  let look: () => void = () => {};
  const there = new Promise<void>((resolve) => {
    look = () => {
      if (checkpointsIn(folder).includes(cycles)) resolve();
    };
  });
  const watcher = watch(folder, () => look());
  try {
    look();
    const over = end.then(() => {
      if (!checkpointsIn(folder).includes(cycles))
        throw new Error(`the run ended, and the checkpoint after ${cycles} cycles was not written`);
    });
    await Promise.race([there, over]);
  } finally {
    watcher.close();
  }
}
