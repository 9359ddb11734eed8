import { block, br, br_if, func, i32, i64, if_, type Local, local, loop, Module, v128 } from 'wasmati';
import { memoryOf } from '../memory/arena.js';
import type { CopyBox } from '../memory/copy-box.js';
import { compile, onMemory, type WasmModule } from './engine.js';
import { arenaMemory } from './rows.js';

type I32 = Local<'i32'>;

/** Rows of 8 bytes, the faces along the last axis of a scalar field of doubles, have a loop of their own. */
function emit(): WasmModule {
  const arena = arenaMemory();
  const copyBox = func(
    {
      in: [i32, i32, i32, i32, i32, i32, i32, i32, i32],
      locals: [i32, i32, i32, i32, i32, i32],
      out: [],
    },
    ([from, to, planes, rows, bytes, fromPlane, fromRow, toPlane, toRow], [s, d, row, at, turns, whole]) => {
      const advance = (): void => {
        local.set(s, i32.add(s, fromRow));
        local.set(d, i32.add(d, toRow));
        local.set(row, i32.sub(row, 1));
      };
      const chunk = (size: number, end: I32, copy: (p: I32, q: I32) => void): void => {
        block(null, (done) => {
          loop(null, (next) => {
            i32.gt_u(i32.add(at, size), end);
            br_if(done);
            copy(s, d);
            local.set(at, i32.add(at, size));
            br(next);
          });
        });
      };
      // Four vectors at a time, then single ones; half a vector and less is left of each row.
      local.set(turns, i32.and(bytes, -64));
      local.set(whole, i32.and(bytes, -16));
      loop(null, (nextPlane) => {
        local.set(s, from);
        local.set(d, to);
        local.set(row, rows);
        i32.eq(bytes, 8);
        if_(
          null,
          () => {
            loop(null, (next) => {
              local.get(d);
              i64.load({ align: 4 }, s);
              i64.store({ align: 4 });
              advance();
              local.get(row);
              br_if(next);
            });
          },
          () => {
            loop(null, (nextRow) => {
              local.set(at, i32.const(0));
              chunk(64, turns, (p, q) => {
                for (let k = 0; k < 4; k++)
                  v128.store(
                    { align: 4, offset: 16 * k },
                    i32.add(q, at),
                    v128.load({ align: 4, offset: 16 * k }, i32.add(p, at)),
                  );
              });
              chunk(16, whole, (p, q) => {
                v128.store({ align: 4 }, i32.add(q, at), v128.load({ align: 4 }, i32.add(p, at)));
              });
              chunk(8, bytes, (p, q) => {
                i64.store({ align: 4 }, i32.add(q, at), i64.load({ align: 4 }, i32.add(p, at)));
              });
              chunk(4, bytes, (p, q) => {
                i32.store({}, i32.add(q, at), i32.load({}, i32.add(p, at)));
              });
              advance();
              local.get(row);
              br_if(nextRow);
            });
          },
        );
        local.set(from, i32.add(from, fromPlane));
        local.set(to, i32.add(to, toPlane));
        local.set(planes, i32.sub(planes, 1));
        local.get(planes);
        br_if(nextPlane);
      });
    },
  );
  const module = Module({ memory: arena, exports: { copyBox } });
  return compile(module.toBytes());
}

let compiled: WasmModule | null = null;
const byBuffer = new WeakMap<ArrayBufferLike, CopyBox>();

/** The box copy within the arena that a buffer belongs to, made once a thread; null for an array outside of the heap. */
export function copyBoxOn(buffer: ArrayBufferLike): CopyBox | null {
  const known = byBuffer.get(buffer);
  if (known) return known;
  const memory = memoryOf(buffer);
  if (!memory) return null;
  compiled ??= emit();
  const { copyBox } = onMemory<{ copyBox: CopyBox }>(compiled, memory);
  byBuffer.set(buffer, copyBox);
  return copyBox;
}
