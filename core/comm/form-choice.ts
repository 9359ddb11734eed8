import type { CollectiveForm } from './collective-form.js';
import type { Endpoint } from './endpoint.js';
import type { Group } from './group.js';
import { SharedCollectives } from './shared/collectives.js';

/** How collectives are carried out; 'auto' takes the board where there is one. */
export type FormChoice = 'auto' | 'shared' | 'messages';

/** The one place where it is decided how a group's collectives are carried out. */
export function collectiveForm(endpoint: Endpoint, group: Group, _choice: FormChoice): CollectiveForm {
  return new SharedCollectives(endpoint, group);
}
