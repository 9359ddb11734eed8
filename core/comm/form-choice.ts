import type { CollectiveForm } from './collective-form.js';
import type { Endpoint } from './endpoint.js';
import type { CollectiveChoice, Group } from './group.js';
import { MessageCollectives } from './message-collectives.js';
import { operationName } from './operations/all.js';
import { SharedCollectives } from './shared/collectives.js';

/**
 * The one place where it is decided how a group's collectives are carried out: 'auto' takes the board where there
 * is one.
 */
export function collectiveForm(endpoint: Endpoint, group: Group, choice: CollectiveChoice): CollectiveForm {
  return choice === 'messages' || group.board === null
    ? new MessageCollectives(endpoint, group, operationName)
    : new SharedCollectives(endpoint, group);
}
