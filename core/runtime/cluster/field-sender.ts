import { setImmediate } from 'node:timers/promises';
import { HaloweaveError } from '../../base/errors.js';
import { gatherSteps } from '../../kernels/partition/gather.js';
import type { GatherTable } from '../../kernels/program.js';
import type { Heap } from '../../memory/heap.js';
import { Freight, type Mesh } from '../../transport/zeromq/mesh.js';
import { PieceCourier } from './piece-courier.js';

/** Bytes of a field in one message; four of them are under way at once. */
const FIELD_BYTES = 1 << 20;

/** Sends whole fields of the final state from the host of rank 0 to the coordinator. */
export class FieldSender {
  readonly #courier: PieceCourier;
  #ended = false;

  constructor(mesh: Pick<Mesh, 'send'>) {
    this.#courier = new PieceCourier(mesh);
  }

  /**
   * Puts a field together out of the heap, with a turn of the event loop after every part, and queues it in messages of at
   * most 1 MiB. What is sent is a copy. Resolves when it is queued, or `end` was called.
   */
  async send(
    to: number,
    epoch: number,
    { heap, table, field, cycles }: { heap: Heap; table: GatherTable; field: number; cycles: number },
  ): Promise<void> {
    const name = table.fields[field]?.name;
    if (name === undefined)
      throw new HaloweaveError(
        'format',
        `field ${field} is wanted, and the domain has ${table.fields.length}`,
      );
    const steps = gatherSteps(heap, table, name);
    let step = steps.next();
    while (!step.done) {
      await setImmediate();
      // The heap goes with the epoch.
      if (this.#ended) return;
      step = steps.next();
    }
    const { buffer, byteOffset, byteLength } = step.value.data;
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < byteLength; at += FIELD_BYTES)
      chunks.push(new Uint8Array(buffer, byteOffset + at, Math.min(FIELD_BYTES, byteLength - at)));
    const head = { cycles, part: field, request: 0, bytes: 0, offset: 0, found: true };
    this.#courier.send(to, Freight.field, epoch, head, chunks);
  }

  /** The epoch is over: nothing more is read or sent. */
  end(): void {
    this.#ended = true;
    this.#courier.dropBefore(Number.POSITIVE_INFINITY);
  }
}
