import {
  $,
  Const,
  f64,
  f64x2,
  func,
  global,
  i32,
  i32x4,
  i64x2,
  type Local,
  local,
  Module,
  v128,
} from 'wasmati';
import { OUTSIDE } from '../base/lanes.js';
import type { RowSums } from '../base/row-window.js';
import { memoryOf } from '../memory/arena.js';
import { compile, onMemory, type WasmModule } from './engine.js';
import { arenaMemory, eachRow, UNROLL } from './rows.js';

interface RowExports {
  /** Cuts and sums; 1 if every element lies in the window, else 0 and the sums mean nothing. */
  sum(
    at: number,
    rows: number,
    bytes: number,
    stride: number,
    limitHigh: number,
    leastHigh: number,
    coarse: number,
  ): number;
  /** Adds to sums near `base`; 1 if every element's magnitude has a high word of `low` or less than the span above. */
  lanes(at: number, rows: number, bytes: number, stride: number, low: number, base: number): number;
  coarse(): number;
  fine(): number;
}

/**
 * The inner loops of `ExactSum.addRows`, two doubles an instruction. `lanes` does what `Lanes` does. For `sum`, each element x of the rows is cut into
 * q = (x + coarse) − coarse and r = x − q, both without error, and these are summed apart. Whether all of them
 * lie in the window is seen from the largest and the least high word of their magnitudes, zeros left out.
 */
function emit(): WasmModule {
  const memory = arenaMemory();
  const sumCoarse = global(Const.f64(0), { mutable: true });
  const sumFine = global(Const.f64(0), { mutable: true });

  const sum = func(
    {
      in: [i32, i32, i32, i32, i32, i32, f64],
      locals: [
        ...[i32, i32, i32],
        ...[v128, v128, v128, v128, v128, v128, v128, v128, v128, v128, v128],
      ] as const,
      out: [i32],
    },
    (
      [at, rows, bytes, stride, limitHigh, leastHigh, coarse],
      [p, end, turns, x, q, size, c, mask, largest, least, coarseA, coarseB, fineA, fineB],
    ) => {
      const take = (load: () => void, coarseSum: Local<'v128'>, fineSum: Local<'v128'>): void => {
        load();
        local.set(x);
        // The magnitude's bits as integers are in the order of the magnitudes.
        local.set(size, v128.and(x, mask));
        local.set(largest, i32x4.max_u(largest, size));
        i64x2.eq(size, v128.const('i64x2', [0n, 0n]));
        v128.or($, size);
        local.set(size);
        local.set(least, i32x4.min_u(least, size));
        f64x2.add(x, c);
        f64x2.sub($, c);
        local.set(q);
        local.set(coarseSum, f64x2.add(coarseSum, q));
        f64x2.sub(x, q);
        local.set(q);
        local.set(fineSum, f64x2.add(fineSum, q));
      };
      local.set(c, f64x2.splat(coarse));
      local.set(mask, v128.const('i64x2', [0x7fff_ffff_ffff_ffffn, 0x7fff_ffff_ffff_ffffn]));
      local.set(least, v128.const('i64x2', [0xffff_ffff_ffff_ffffn, 0xffff_ffff_ffff_ffffn]));
      eachRow(
        { at, rows, bytes, stride, p, end, turns },
        (k, offset) =>
          take(
            () => v128.load({ offset, align: 8 }, p),
            k % 2 === 0 ? coarseA : coarseB,
            k % 2 === 0 ? fineA : fineB,
          ),
        // With a zero beside it.
        () => take(() => v128.load64_zero({ align: 8 }, p), coarseA, fineA),
      );
      local.set(coarseA, f64x2.add(coarseA, coarseB));
      local.set(fineA, f64x2.add(fineA, fineB));
      global.set(sumCoarse, f64.add(f64x2.extract_lane(0, coarseA), f64x2.extract_lane(1, coarseA)));
      global.set(sumFine, f64.add(f64x2.extract_lane(0, fineA), f64x2.extract_lane(1, fineA)));
      i32.lt_u(i32x4.extract_lane(1, largest), limitHigh);
      i32.lt_u(i32x4.extract_lane(3, largest), limitHigh);
      i32.and();
      i32.ge_u(i32x4.extract_lane(1, least), leastHigh);
      i32.and();
      i32.ge_u(i32x4.extract_lane(3, least), leastHigh);
      i32.and();
    },
  );
  const lanes = func(
    {
      in: [i32, i32, i32, i32, i32, f64],
      locals: [
        ...[i32, i32, i32, i32],
        ...[v128, v128, v128, v128, v128, v128, v128, v128, v128, v128, v128, v128],
        ...[f64, f64, f64, f64],
      ] as const,
      out: [i32],
    },
    (
      [at, rows, bytes, stride, low, base],
      [p, end, turns, odd, x, t, least, outside, s0, s1, s2, s3, f0, f1, f2, f3, y, u, s, f],
    ) => {
      const sumsOf = [s0, s1, s2, s3];
      const lostOf = [f0, f1, f2, f3];
      local.set(least, i32x4.splat(low));
      for (const sum of sumsOf) local.set(sum, f64x2.splat(base));
      local.set(s, base);
      eachRow(
        { at, rows, bytes, stride, p, end, turns },
        (k, offset) => {
          const sum = sumsOf[k]!;
          const lost = lostOf[k]!;
          v128.load({ offset, align: 8 }, p);
          local.set(x);
          i32x4.sub(x, least);
          v128.or($, outside);
          local.set(outside);
          local.set(t, f64x2.add(sum, x));
          f64x2.sub(t, sum);
          local.set(sum);
          f64x2.sub(x, sum);
          f64x2.add($, lost);
          local.set(lost);
          local.set(sum, t);
        },
        () => {
          i32.load({ offset: 4 }, p);
          i32.sub($, low);
          i32.or($, odd);
          local.set(odd);
          local.set(y, f64.load({}, p));
          local.set(u, f64.add(s, y));
          f64.sub(u, s);
          local.set(s);
          f64.sub(y, s);
          f64.add($, f);
          local.set(f);
          local.set(s, u);
        },
      );
      f64.sub(s, base);
      local.set(u);
      for (let k = 0; k < UNROLL; k++) {
        const far = local.get(u);
        f64.add(far, f64.sub(f64x2.extract_lane(0, sumsOf[k]!), base));
        f64.add($, f64.sub(f64x2.extract_lane(1, sumsOf[k]!), base));
        local.set(u);
        f64.add(f, f64x2.extract_lane(0, lostOf[k]!));
        f64.add($, f64x2.extract_lane(1, lostOf[k]!));
        local.set(f);
      }
      local.get(u);
      global.set(sumCoarse);
      local.get(f);
      global.set(sumFine);
      // Bits above the span: the sign, which the mask leaves out, may have carried into the difference.
      i32.or(odd, i32x4.extract_lane(1, outside));
      i32.or($, i32x4.extract_lane(3, outside));
      i32.and($, OUTSIDE);
      i32.eqz();
    },
  );
  const readCoarse = func({ in: [], out: [f64] }, () => global.get(sumCoarse));
  const readFine = func({ in: [], out: [f64] }, () => global.get(sumFine));
  const module = Module({ memory, exports: { sum, lanes, coarse: readCoarse, fine: readFine } });
  return compile(module.toBytes());
}

let compiled: WasmModule | null = null;

/** Sums rows of doubles in one memory for `ExactSum.addRows`; made once a memory and thread, in about a millisecond. */
export class WasmRowSums implements RowSums {
  readonly #exports: RowExports;
  coarse = 0;
  fine = 0;

  constructor(memory: object) {
    compiled ??= emit();
    this.#exports = onMemory<RowExports>(compiled, memory);
  }

  lanes(first: number, rows: number, length: number, stride: number, low: number, base: number): boolean {
    const e = this.#exports;
    if (e.lanes(first * 8, rows, length * 8, stride * 8, low, base) === 0) return false;
    this.coarse = e.coarse();
    this.fine = e.fine();
    return true;
  }

  sum(
    first: number,
    rows: number,
    length: number,
    stride: number,
    limitHigh: number,
    leastHigh: number,
    coarse: number,
  ): boolean {
    const e = this.#exports;
    if (e.sum(first * 8, rows, length * 8, stride * 8, limitHigh, leastHigh, coarse) === 0) return false;
    this.coarse = e.coarse();
    this.fine = e.fine();
    return true;
  }
}

const byBuffer = new WeakMap<ArrayBufferLike, { sums: WasmRowSums; all: Float64Array }>();

/**
 * The row sums of the arena that a buffer belongs to, with a view of the whole arena, made once a thread; null for
 * an array outside of the heap.
 */
export function rowSumsOn(buffer: ArrayBufferLike): { sums: WasmRowSums; all: Float64Array } | null {
  let r = byBuffer.get(buffer);
  if (r) return r;
  const memory = memoryOf(buffer);
  if (!memory) return null;
  r = { sums: new WasmRowSums(memory), all: new Float64Array(buffer) };
  byBuffer.set(buffer, r);
  return r;
}
