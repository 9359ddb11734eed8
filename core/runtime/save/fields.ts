import { HaloweaveError } from '../../base/errors.js';
import type { KernelOutcome } from '../../kernels/program.js';
import type { RunResult } from '../run-options.js';
import { saveState } from './save.js';

/** Writes the state fields that rank 0 has named, as `result.gather` gives them. Gives the paths of the files. */
export function saveFields(
  folder: string,
  kernel: KernelOutcome | null,
  result: Pick<RunResult, 'gather'>,
): Promise<string[]> {
  if (!kernel?.gather)
    throw new HaloweaveError('usage', `--save ${folder}: this program has no grid to save`);
  const { fields } = kernel.gather;
  return saveState(
    folder,
    kernel.gather,
    kernel.state.map((name) => {
      const { centring, components } = fields.find((f) => f.name === name)!;
      return { name, array: result.gather(name), centring, components };
    }),
  );
}
