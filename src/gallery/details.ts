import { isDeepStrictEqual } from 'node:util';
import { RostroError } from '../shared/errors.js';
import type { Person, PersonDetails, Said } from './gallery.js';

/** Of whom nobody has said anything. */
export const NO_DETAILS: PersonDetails = { id: null, metadata: {}, groups: [] };

/** @param known whoever bears the name now; null for nobody. @throws RostroError where it refuses them */
export function saidOf(said: Said, known: Person | null): Partial<PersonDetails> {
  return typeof said === 'function' ? said(known) : said;
}

/** What is given takes the place of what was there; groups come sorted, each once. */
export function changedDetails(before: PersonDetails, given: Partial<PersonDetails>): PersonDetails {
  const { id = before.id, metadata = before.metadata, groups = before.groups } = given;
  return { id, metadata, groups: [...new Set(groups)].sort() };
}

/** Of two people who are one: `into`'s own, and of `from`'s what `into` lacks. */
export function joinedDetails(from: PersonDetails, into: PersonDetails): PersonDetails {
  return {
    id: into.id ?? from.id,
    metadata: { ...from.metadata, ...into.metadata },
    groups: [...new Set([...into.groups, ...from.groups])].sort(),
  };
}

export function saysTheSame(a: PersonDetails, b: PersonDetails): boolean {
  return a.id === b.id && isDeepStrictEqual(a.metadata, b.metadata) && isDeepStrictEqual(a.groups, b.groups);
}

export function idTaken(id: string, { name }: Pick<Person, 'name'>): RostroError {
  return new RostroError('id_taken', `The id "${id}" is that of "${name}" already.`, { details: { name } });
}

/** For both sides of a merge. @throws RostroError `bad_request` */
export function refuseMergingWithSelf(from: string, into: string): void {
  if (from === into) throw new RostroError('bad_request', `"${into}" cannot be merged with themselves.`);
}
