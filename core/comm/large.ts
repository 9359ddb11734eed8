import { dtypeInfo } from '../memory/dtype.js';
import { type Address, addressOf } from '../memory/heap.js';
import type { CellViews, Transport } from '../transport/transport.js';
import { ARENA, OFFSET, PAYLOAD, SOURCE } from '../wire/cell.js';
import { PIECE_CONTEXT, TRANSFER_CONTEXT } from '../wire/tags.js';
import { MAX_TRANSFER, NOTE, NOTE_COUNT, NOTE_DIRECT, Note } from '../wire/transfer.js';
import type { Arrival, Channels } from './channel.js';
import { type Landing, type Outgoing, readShape } from './payload.js';
import { RemoteReceive, RemoteRefusal, RemoteSend } from './remote-rendezvous.js';
import {
  type LargeSend,
  type Progressing,
  ReceiveTransfer,
  refuse,
  SendTransfer,
  type Transfer,
} from './rendezvous.js';

/**
 * One rank's messages above the eager limit: through a descriptor in memory with ranks that share it (rendezvous.ts), by
 * notes and pieces with others (remote-rendezvous.ts). Either way a send waits for its receive.
 */
export class LargeMessages {
  readonly #transport: Transport;
  readonly #follow: (step: Progressing) => void;
  readonly #sends = new Map<number, RemoteSend>();
  readonly #receives = new Map<number, RemoteReceive>();
  #transfers = 0;
  readonly #wake = (peer: number): void => this.#transport.wake(peer);

  /** `follow` has something stepped until it is over. */
  constructor(transport: Transport, channels: Channels, follow: (step: Progressing) => void) {
    this.#transport = transport;
    this.#follow = follow;
    channels.add(TRANSFER_CONTEXT, (note) => this.#note(note));
    channels.add(PIECE_CONTEXT, (piece) => this.#piece(piece));
  }

  /** Makes a send ready; its mode and address are to be told to the peer. */
  send(o: Outgoing, peer: number): LargeSend {
    const t = this.#transport;
    if (t.sharesMemory(peer)) return new SendTransfer(t.heap, o, peer, this.#wake);
    do this.#transfers = this.#transfers === MAX_TRANSFER ? 1 : this.#transfers + 1;
    while (this.#sends.has(this.#transfers));
    const transfer = this.#transfers;
    const send = new RemoteSend(t, o, peer, transfer, () => this.#sends.delete(transfer));
    this.#sends.set(transfer, send);
    return send;
  }

  /** Begins to receive a message that has been matched. */
  receive(v: CellViews, cell: number, landing: Landing): Transfer {
    const t = this.#transport;
    const source = v.i32[cell + SOURCE]!;
    if (t.sharesMemory(source))
      return new ReceiveTransfer(t.heap, addressIn(v, cell), landing, source, this.#wake);
    const transfer = v.i32[cell + ARENA]!;
    const key = keyOf(source, transfer);
    const receive = new RemoteReceive(t, source, transfer, landing, () => this.#receives.delete(key));
    this.#receives.set(key, receive);
    return receive;
  }

  /** Refuses a message that has been matched to a receive that cannot take it: its sender is released. */
  refuse(v: CellViews, cell: number): void {
    const t = this.#transport;
    const source = v.i32[cell + SOURCE]!;
    if (t.sharesMemory(source)) refuse(t.heap, addressIn(v, cell), source, this.#wake);
    else {
      const refusal = new RemoteRefusal(t, source, v.i32[cell + ARENA]!);
      if (!refusal.step()) this.#follow(refusal);
    }
  }

  /** The shape that an announced ndarray has. */
  shapeOf(v: CellViews, cell: number): number[] {
    const t = this.#transport;
    if (!t.sharesMemory(v.i32[cell + SOURCE]!)) return readShape(v.u32, cell + PAYLOAD);
    return ReceiveTransfer.shapeOf(t.heap, addressIn(v, cell));
  }

  #note({ source, tag, views, offset }: Arrival): void {
    const words = views[WORDS] as Int32Array;
    const at = offset / 4 - NOTE;
    // A transfer that is not there any more has been refused or withdrawn.
    switch (words[at + NOTE] as Note) {
      case Note.matched:
        this.#sends.get(tag)?.matched(words[at + NOTE_DIRECT]!);
        break;
      case Note.refused:
        this.#sends.get(tag)?.refused();
        break;
      case Note.acknowledged:
        this.#sends.get(tag)?.acknowledged(words[at + NOTE_COUNT]!);
        break;
      case Note.landed:
        this.#receives.get(keyOf(source, tag))?.landed();
        break;
    }
  }

  #piece({ source, tag, bytes, views, offset }: Arrival): void {
    const piece = (views[BYTE] as Uint8Array).subarray(offset, offset + bytes);
    this.#receives.get(keyOf(source, tag))?.take(piece);
  }
}

// By which an arrival's views are found.
const WORDS = dtypeInfo('i32').code;
const BYTE = dtypeInfo('u8').code;

const addressIn = (v: CellViews, cell: number): Address =>
  addressOf(v.u32[cell + ARENA]!, v.u32[cell + OFFSET]!);

/** Transfers are numbered by their sender, below 2^31. */
const keyOf = (source: number, transfer: number): number => source * 2 ** 31 + transfer;
