import { RostroError } from '../errors.js';
import { idTaken } from '../store/details.js';
import type { Gallery, PersonDetails } from '../store/gallery.js';
import { parsePersonDetails } from './person-details.js';

/**
 * What a further photo says of a person, put together with what is known: groups join, metadata is replaced. Another id
 * than theirs means somebody else of the same name, who must not become one with them unasked.
 * @throws RostroError `person_exists`, `id_taken`, `bad_details`
 */
export function detailsToAdd(
  name: string,
  given: Partial<PersonDetails>,
  gallery: Pick<Gallery, 'people'>,
): Partial<PersonDetails> {
  if (Object.keys(given).length === 0) return given;
  const everyone = gallery.people();
  const known = everyone.find((person) => person.name === name);
  if (given.id) refuseOtherId(given.id, name, everyone, known?.id ?? null);
  const groups = given.groups && [...(known?.groups ?? []), ...given.groups];
  return parsePersonDetails({ ...given, ...(groups && { groups }) });
}

function refuseOtherId(id: string, name: string, everyone: ReturnType<Gallery['people']>, own: string | null): void {
  const bearer = everyone.find((person) => person.id === id);
  if (bearer && bearer.name !== name) throw idTaken(id, bearer);
  if (own !== null && own !== id) {
    throw new RostroError('person_exists', `"${name}" is already enrolled, with the id "${own}".`);
  }
}
