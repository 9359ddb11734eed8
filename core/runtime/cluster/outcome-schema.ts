import { z } from 'zod';
import { HaloweaveError } from '../../base/errors.js';
import type { RankResult } from '../rank-entry.js';

const count = z.number().min(0);
const words = z.custom<Uint32Array>((v) => v instanceof Uint32Array, 'no Uint32Array');
const doubles = z.custom<Float64Array>((v) => v instanceof Float64Array, 'no Float64Array');
const numbers = z.record(z.string(), z.number());

const kernel = z.looseObject({
  cycles: count,
  parts: count,
  cells: count,
  seconds: count,
  interrupted: z.boolean(),
  measures: numbers,
  control: numbers,
  hash: words.nullable(),
  results: z.record(z.string(), z.unknown()),
  counters: z.looseObject({
    partitions: count,
    workunits: count,
    messages: count,
    haloBytes: count,
    haloBytesBetweenRanks: count,
    seconds: z.strictObject({ compute: z.number(), halo: z.number(), wait: z.number() }),
  }),
  costs: z.strictObject({ seconds: doubles, samples: doubles }),
  workunits: count,
  state: z.array(z.string()),
  gather: z
    .strictObject({
      shape: z.array(count),
      dims: z.array(count),
      halo: count,
      periodic: z.array(z.boolean()),
      fields: z.array(
        z.strictObject({
          name: z.string(),
          dtype: z.string(),
          centring: z.enum(['cell', 'vertex']),
          components: count,
          vector: z.boolean(),
        }),
      ),
      blocks: doubles,
    })
    .nullable(),
});

const outcome = z.strictObject({
  rank: count,
  kernel: kernel.nullable(),
  value: z.unknown(),
  registered: z
    .strictObject({ hash: words, spans: z.array(z.strictObject({ name: z.string(), ends: doubles })) })
    .nullable(),
  seconds: count,
  sent: count,
  sentBytes: count,
  unreceived: count,
  stale: count,
  nondeterministic: count,
});

const result = z.discriminatedUnion('ok', [
  z.strictObject({ ok: z.literal(true), outcome }),
  z.strictObject({
    ok: z.literal(false),
    rank: count,
    error: z.strictObject({
      name: z.string(),
      message: z.string(),
      stack: z.string(),
      code: z.string().nullable(),
      place: z.record(z.string(), z.unknown()),
      aborted: z.boolean(),
    }),
  }),
]);

/** How a rank of another host ended, if that is what it is. @throws HaloweaveError 'format'. */
export function checkResult(decoded: unknown, rank: number): RankResult {
  const checked = result.safeParse(decoded);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    throw new HaloweaveError(
      'format',
      `the outcome of rank ${rank} is none: ${issue?.path.join('.')}: ${issue?.message}`,
    );
  }
  const found = checked.data as RankResult;
  if ((found.ok ? found.outcome.rank : found.rank) !== rank)
    throw new HaloweaveError('format', `the outcome of rank ${rank} is that of another`);
  return found;
}
