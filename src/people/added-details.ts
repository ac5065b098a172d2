import { RostroError } from '../shared/errors.js';
import { idTaken } from '../gallery/details.js';
import type { Gallery, Person, PersonDetails } from '../gallery/gallery.js';
import { parsePersonDetails } from './person-details.js';

/**
 * What a further photo says of a person, put together with what is known: groups join, metadata is replaced. Another id
 * than theirs means somebody else of the same name, who must not become one with them unasked.
 * @param known whoever bears the name; null for nobody
 * @throws RostroError `person_exists`, `bad_details`
 */
export function detailsToAdd(given: Partial<PersonDetails>, known: Person | null): Partial<PersonDetails> {
  if (Object.keys(given).length === 0) return given;
  const own = known?.id ?? null;
  if (known && own !== null && given.id && given.id !== own) {
    throw new RostroError('person_exists', `"${known.name}" is already enrolled, with the id "${own}".`);
  }
  const groups = given.groups && [...(known?.groups ?? []), ...given.groups];
  return parsePersonDetails({ ...given, ...(groups && { groups }) });
}

/**
 * Tells before any work what the gallery would refuse as it is now.
 * @throws RostroError `person_exists`, `id_taken`, `bad_details`
 */
export function refuseAddition(name: string, given: Partial<PersonDetails>, gallery: Pick<Gallery, 'people'>): void {
  const everyone = gallery.people();
  const bearer = given.id && everyone.find((person) => person.id === given.id);
  if (bearer && bearer.name !== name) throw idTaken(bearer.id!, bearer);
  detailsToAdd(given, everyone.find((person) => person.name === name) ?? null);
}
