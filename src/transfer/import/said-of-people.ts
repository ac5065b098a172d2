import { RostroError } from '../../shared/errors.js';
import type { PersonDetails } from '../../gallery/gallery.js';
import { parsePersonDetails } from '../../people/person-details.js';
import type { ListedPhoto } from './photo-list.js';

/**
 * What a list says of a person, row by row: groups and metadata add up, an id holds once it was given.
 * @throws RostroError `bad_row` where a row says something else than the ones before, or nothing that can be kept
 */
export function withRow(before: Partial<PersonDetails>, { id, groups, metadata }: ListedPhoto): Partial<PersonDetails> {
  if (id !== null && before.id !== undefined && before.id !== id) {
    throw new RostroError('bad_row', `The person has the id "${before.id}" in a row above, and "${id}" here.`);
  }
  return parsePersonDetails({
    ...before,
    ...(id !== null && { id }),
    ...(groups.length > 0 && { groups: [...new Set([...(before.groups ?? []), ...groups])] }),
    ...(metadata !== null && { metadata: { ...before.metadata, ...metadata } }),
  });
}
