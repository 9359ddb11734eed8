import type { Group } from './group.js';
import type { Buffer } from './payload.js';
import type { Request, Status } from './request.js';

/** A nonblocking receive that waits for its message. */
export interface Posted {
  /** Rank of the run, or ANY_SOURCE. */
  source: number;
  tag: number;
  context: number;
  /** In whose numbers the status tells the source. */
  group: Group;
  buffer: Buffer | null;
  status: Status | null;
  request: Request<unknown>;
  /** The KIND word of the record that it met; set then, even if that could not be read. */
  word?: number;
}
