import { existsSync, readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import type { Reached } from './fault-points.js';

/** Resolves when a program has got to a point; rejects if what runs it ends before. */
export async function reached(folder: string, id: number, end: Promise<unknown>): Promise<Reached> {
  const path = join(folder, String(id));
  let look: () => void = () => {};
  const there = new Promise<void>((resolve) => {
    look = () => {
      if (existsSync(path)) resolve();
    };
  });
  const watcher = watch(folder, () => look());
  try {
    look();
    const over = end.then((how) => {
      if (!existsSync(path))
        throw new Error(`it ended before it got to point ${id}:\n${JSON.stringify(how, null, 1)}`);
    });
    await Promise.race([there, over]);
    return JSON.parse(readFileSync(path, 'utf8')) as Reached;
  } finally {
    watcher.close();
  }
}
