import type { Identity } from '../access/gate.js';
import { RostroError } from '../shared/errors.js';
import type { Wishes } from '../people/name-faces.js';

/** What a request wishes for, within the group that its key belongs to. @throws RostroError `forbidden` for another group */
export function withinGroup(wishes: Wishes, { group }: Pick<Identity, 'group'>): Wishes {
  if (group === null) return wishes;
  if (wishes.group !== undefined && wishes.group !== group) throw beyondGroup(group);
  return { ...wishes, group };
}

export function beyondGroup(group: string): RostroError {
  return new RostroError(
    'forbidden',
    `This key belongs to the group "${group}": it recognises the people of that group, and manages them under /api/v1 alone.`,
  );
}
