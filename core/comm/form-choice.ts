import { HaloweaveError } from '../base/errors.js';
import type { CollectiveForm } from './collective-form.js';
import type { Endpoint } from './endpoint.js';
import type { Group } from './group.js';
import { MessageCollectives } from './message-collectives.js';
import { operationName } from './operations/all.js';
import { SharedCollectives } from './shared/collectives.js';

/** A group's collectives: the form in which calls that wait are carried out, and that of those that do not. */
export interface CollectiveForms {
  readonly waiting: CollectiveForm;
  readonly nonblocking: MessageCollectives;
}

/** The one place where it is decided how a group's collectives are carried out: through its board if it has one. */
export function collectiveForms(endpoint: Endpoint, group: Group): CollectiveForms {
  const nonblocking = new MessageCollectives(endpoint, group, operationName);
  if (group.collectives !== 'messages' && group.board)
    return { waiting: new SharedCollectives(endpoint, group.board, group), nonblocking };
  if (group.collectives === 'shared')
    throw new HaloweaveError(
      'argument',
      `rank ${group.rank}: collectives 'shared' were asked for, but the ranks of this communicator share no memory: use 'auto'`,
      { rank: group.rank },
    );
  return { waiting: nonblocking, nonblocking };
}
