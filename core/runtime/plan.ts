import { HaloweaveError } from '../base/errors.js';
import { type PartsSpec, parseParts } from '../decomposition/factor.js';
import type { KernelOptions } from '../kernels/program.js';
import type { RunOptions } from './run-options.js';

/** Parts a rank when none are asked for: enough to overlap waiting with work, few enough to cost nothing. */
const PARTS_PER_RANK = 4;

/**
 * What a kernel is asked for, from what `run` was; parts and cycles are those of a checkpoint that it goes on from.
 * @throws HaloweaveError 'usage'.
 */
export function kernelOptions(
  options: RunOptions,
  ranks: number,
  mode: 'plain' | 'silent' | 'checked',
  resumed: { parts: PartsSpec; cycles: number | null } | null = null,
): KernelOptions {
  checkCycles(options.cycles);
  return {
    parts: resumed?.parts ?? partsOf(options.parts) ?? { kind: 'default', count: ranks * PARTS_PER_RANK },
    cycles: resumed ? resumed.cycles : (options.cycles ?? null),
    hash: options.hash ?? true,
    check: mode === 'checked',
    silent: mode === 'silent',
    save: options.save !== undefined,
    keep: options.save !== undefined || (options.keep ?? true),
  };
}

/** Parts as they were asked for, null for the default. */
export function partsOf(parts: RunOptions['parts']): PartsSpec | null {
  if (parts === undefined) return null;
  if (typeof parts === 'string') return parseParts(parts);
  return parseParts(typeof parts === 'number' ? String(parts) : parts.join('x'));
}

function checkCycles(cycles: number | undefined): void {
  if (cycles === undefined || (Number.isSafeInteger(cycles) && cycles >= 0)) return;
  throw new HaloweaveError('usage', `cycles is ${cycles}: use a whole number of 0 or more`);
}
