import {
  $,
  block,
  br,
  br_if,
  Const,
  f64,
  f64x2,
  func,
  global,
  i32,
  i32x4,
  i64x2,
  importMemory,
  type Local,
  local,
  loop,
  Module,
  v128,
} from 'wasmati';
import type { RowSums } from '../base/row-window.js';
import { memoryOf } from '../memory/arena.js';
import { compile, onMemory, type WasmModule } from './engine.js';

/** Pages of the largest 32-bit memory: what an arena may have at most. */
const MAX_PAGES = 65536;
/** Vectors a turn of the inner loop: enough independent sums to hide the latency of an addition. */
const UNROLL = 4;
const VECTOR_BYTES = 16;
const TURN_BYTES = UNROLL * VECTOR_BYTES;

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
  coarse(): number;
  fine(): number;
}

/**
 * The inner loop of `ExactSum.addRows`, two doubles an instruction. Each element x of the rows is cut into
 * q = (x + coarse) − coarse and r = x − q, both without error, and these are summed apart. Whether all of them
 * lie in the window is seen from the largest and the least high word of their magnitudes, zeros left out.
 */
function emit(): WasmModule {
  const memory = importMemory({ min: 0, max: MAX_PAGES, shared: true });
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
      loop(null, (nextRow) => {
        local.set(p, at);
        local.set(end, i32.add(at, bytes));
        block(null, (noTurns) => {
          local.set(turns, i32.div_u(bytes, TURN_BYTES));
          i32.eqz(turns);
          br_if(noTurns);
          loop(null, (nextTurn) => {
            for (let k = 0; k < UNROLL; k++)
              take(
                () => v128.load({ offset: k * VECTOR_BYTES, align: 8 }, p),
                k % 2 === 0 ? coarseA : coarseB,
                k % 2 === 0 ? fineA : fineB,
              );
            local.set(p, i32.add(p, TURN_BYTES));
            local.set(turns, i32.sub(turns, 1));
            local.get(turns);
            br_if(nextTurn);
          });
        });
        // What is left of the row, one by one, with a zero beside it.
        block(null, (rowDone) => {
          loop(null, (nextOne) => {
            i32.ge_u(p, end);
            br_if(rowDone);
            take(() => v128.load64_zero({ align: 8 }, p), coarseA, fineA);
            local.set(p, i32.add(p, 8));
            br(nextOne);
          });
        });
        local.set(at, i32.add(at, stride));
        local.set(rows, i32.sub(rows, 1));
        local.get(rows);
        br_if(nextRow);
      });
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
  const readCoarse = func({ in: [], out: [f64] }, () => global.get(sumCoarse));
  const readFine = func({ in: [], out: [f64] }, () => global.get(sumFine));
  const module = Module({ memory, exports: { sum, coarse: readCoarse, fine: readFine } });
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
