import type { Communicator } from '../../comm/communicator.js';
import type { Endpoint } from '../../comm/endpoint.js';
import { arrayAt, empty, zeros } from '../../memory/array.js';
import type { Heap } from '../../memory/heap.js';
import type { NdArray } from '../../memory/ndarray.js';
import type { Transport } from '../../transport/transport.js';
import type { Hosts } from '../hosts.js';
import type { Args } from '../program.js';
import type { Frame, PartitionDefinition } from './definition.js';
import type { FrameSink } from './domain-runtime.js';
import { FrameMessages } from './frame-messages.js';
import { arrayShape, copyOwned } from './gather.js';
import type { FieldTypes, GridDomain } from './grid.js';
import type { OwnedPart } from './owned-part.js';

/** Frames under way at once: one that is being filled while the other is being written. */
export const FRAMES = 2;
/** Words a counter: a cache line. */
const LINE = 16;

/**
 * Whole states on their way to `output.write`: every part copies its cells into a frame in the shared
 * heap when it begins a cycle that is due; rank 0 writes a frame when all parts are in it. A part that
 * would need a third frame waits until the first has been written. Parts on other hosts send their cells: see `FarFrames`.
 */
export class Frames implements FrameSink {
  readonly every: number;
  readonly #output: NonNullable<PartitionDefinition<FieldTypes>['output']>;
  readonly #domain: GridDomain;
  readonly #args: Args;
  readonly #transport: Transport;
  readonly #hosts: Hosts;
  readonly #fields: number[];
  readonly #arrays: NdArray[][];
  readonly #counters: Int32Array;
  /** On rank 0, if there are other hosts. */
  readonly #messages: FrameMessages | null;
  #written = 0;
  onWriting: (() => void) | null = null;
  onWritten: ((state: number) => void) | null = null;

  constructor(
    output: NonNullable<PartitionDefinition<FieldTypes>['output']>,
    domain: GridDomain,
    args: Args,
    owner: Int32Array,
    hosts: Hosts,
    endpoint: Endpoint,
    heap: Heap,
    addresses: readonly number[],
  ) {
    const { transport } = endpoint;
    this.every = output.every;
    this.#output = output;
    this.#domain = domain;
    this.#args = args;
    this.#transport = transport;
    this.#hosts = hosts;
    this.#fields = outputFields(output, domain);
    const shapes = this.#fields.map((f) => arrayShape(domain.geometry, domain.fields[f]!));
    let next = 0;
    this.#arrays = this.#fields.map((f, k) =>
      Array.from({ length: FRAMES }, () =>
        arrayAt(heap, addresses[next++]!, shapes[k]!, domain.fields[f]!.dtype.name),
      ),
    );
    this.#counters = arrayAt(heap, addresses[next]!, [LINE * (FRAMES + 1)], 'i32').data as Int32Array;
    this.#messages =
      hosts.count > 1 && transport.rank === 0
        ? new FrameMessages(
            endpoint,
            hosts,
            owner,
            domain,
            this.#fields,
            (position, n) => this.#arrays[position]![n % FRAMES]!.data,
            (n) => void Atomics.add(this.#counters, LINE * (1 + (n % FRAMES)), 1),
          )
        : null;
  }

  /** Rank 0 makes the frames for the ranks of its host; gives the places to all. Collective. */
  static allocate(
    output: NonNullable<PartitionDefinition<FieldTypes>['output']>,
    domain: GridDomain,
    comm: Communicator,
  ): number[] {
    const { heap } = comm;
    const frames = (f: number): number[] => {
      const { dtype } = domain.fields[f]!;
      const shape = arrayShape(domain.geometry, domain.fields[f]!);
      return Array.from({ length: FRAMES }, () => heap.locate(empty(heap, shape, dtype.name).data));
    };
    return comm.bcast(
      comm.rank === 0
        ? [
            ...outputFields(output, domain).flatMap(frames),
            heap.locate(zeros(heap, LINE * (FRAMES + 1), 'i32').data),
          ]
        : [],
    );
  }

  /** Copies a part's cells into the frame of a state; false if the frame is still in use. */
  put(part: OwnedPart, cycle: number): boolean {
    const n = cycle / this.every;
    const written = Atomics.load(this.#counters, 0);
    if (n < written) return true;
    if (n - written >= FRAMES) return false;
    const slot = n % FRAMES;
    this.#fields.forEach((f, k) => {
      const { layout, lo, shape } = part.object._extents[f]!;
      copyOwned(part.object._arrays[f]!.data, 0, layout, lo, shape, this.#arrays[k]![slot]!.data);
    });
    const count = Atomics.add(this.#counters, LINE * (1 + slot), 1) + 1;
    if (count === this.#domain.parts) this.#transport.wake(0);
    return true;
  }

  /** On rank 0: writes the next frame if it is complete. */
  writeNext(): boolean {
    const slot = this.#written % FRAMES;
    if (Atomics.load(this.#counters, LINE * (1 + slot)) !== this.#domain.parts) return false;
    this.onWriting?.();
    this.#output.write(
      {
        cycle: this.#written * this.every,
        fields: Object.fromEntries(this.#output.fields.map((name, k) => [name, this.#arrays[k]![slot]!])),
      },
      { args: this.#args },
    );
    Atomics.store(this.#counters, LINE * (1 + slot), 0);
    Atomics.store(this.#counters, 0, ++this.#written);
    this.onWritten?.((this.#written - 1) * this.every + 1);
    for (let r = 1; r < this.#transport.size; r++) if (this.#hosts.near(r)) this.#transport.wake(r);
    this.#messages?.tell(this.#written);
    return true;
  }

  /** On rank 0: writes the final state if it is due. No part begins a cycle with it, so none has put it in a frame. */
  writeFinal(cycle: number, gather: (field: string) => NdArray): void {
    if (this.#transport.rank !== 0 || cycle % this.every !== 0 || cycle < this.next) return;
    const fields = this.#output.fields.map((name) => [name, gather(name)]);
    this.onWriting?.();
    this.#output.write(
      { cycle, fields: Object.fromEntries(fields) as Frame['fields'] },
      { args: this.#args },
    );
    this.onWritten?.(cycle + 1);
  }

  skipTo(state: number): void {
    this.#written = Math.ceil(state / this.every);
    if (this.#transport.rank === 0) Atomics.store(this.#counters, 0, this.#written);
  }

  /** The state of the next frame that has not been written. */
  get next(): number {
    return this.#written * this.every;
  }
}

/** Numbers of the fields that are put out. */
export function outputFields(output: { fields: readonly string[] }, domain: GridDomain): number[] {
  return output.fields.map((name) => domain.fields.findIndex((f) => f.name === name));
}
