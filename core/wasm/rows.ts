import { block, br, br_if, i32, importMemory, type Local, local, loop } from 'wasmati';

/** Pages of the largest 32-bit memory: what an arena may have at most. */
const MAX_PAGES = 65536;
/** Vectors a turn of the inner loop: enough independent sums to hide the latency of an addition. */
export const UNROLL = 4;
const VECTOR_BYTES = 16;
const TURN_BYTES = UNROLL * VECTOR_BYTES;

type I32 = Local<'i32'>;

/** Any arena of the heap, as the memory that a module imports. */
export const arenaMemory = () => importMemory({ min: 0, max: MAX_PAGES, shared: true });

/** The numbers that a loop over rows counts with: those it is given, and those it works with. */
export interface RowLocals {
  /** First byte of the row; `rows` rows of `bytes` bytes, `stride` bytes apart. All but `bytes` and `stride` are used up. */
  at: I32;
  rows: I32;
  bytes: I32;
  stride: I32;
  p: I32;
  end: I32;
  turns: I32;
}

/**
 * Emits a loop over one row or more of doubles: `vector(k, offset)` for each of `UNROLL` vectors at p + offset, then
 * `single()` for each double at p that is left of a row.
 */
export function eachRow(
  { at, rows, bytes, stride, p, end, turns }: RowLocals,
  vector: (k: number, offset: number) => void,
  single: () => void,
): void {
  loop(null, (nextRow) => {
    local.set(p, at);
    local.set(end, i32.add(at, bytes));
    block(null, (noTurns) => {
      local.set(turns, i32.div_u(bytes, TURN_BYTES));
      i32.eqz(turns);
      br_if(noTurns);
      loop(null, (nextTurn) => {
        for (let k = 0; k < UNROLL; k++) vector(k, k * VECTOR_BYTES);
        local.set(p, i32.add(p, TURN_BYTES));
        local.set(turns, i32.sub(turns, 1));
        local.get(turns);
        br_if(nextTurn);
      });
    });
    block(null, (rowDone) => {
      loop(null, (nextOne) => {
        i32.ge_u(p, end);
        br_if(rowDone);
        single();
        local.set(p, i32.add(p, 8));
        br(nextOne);
      });
    });
    local.set(at, i32.add(at, stride));
    local.set(rows, i32.sub(rows, 1));
    local.get(rows);
    br_if(nextRow);
  });
}
