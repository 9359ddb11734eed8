import type { Cluster, RunOptions, RunResult } from 'haloweave';
import { expect } from 'vitest';

/** Runs a program, and does something once, when so many cycles have been seen. */
export async function during(
  cluster: Cluster,
  file: string,
  options: RunOptions,
  after: number,
  act: () => void,
): Promise<RunResult> {
  let done = false;
  const result = await cluster.run(file, {
    progressEvery: 10,
    ...options,
    onProgress: ({ cycle }) => {
      if (done || cycle < after) return;
      done = true;
      act();
    },
  });
  expect(done).toBe(true);
  return result;
}
