import { isDeepStrictEqual } from 'node:util';
import type { Example, ExampleDetails, Person } from '../gallery/gallery.js';
import type { EnrolmentWarning } from './quality-gate.js';

/**
 * The example that was enrolled from the same face of the same photo: the SHA-256 of the file and the measurements of the
 * face are equal. Two people may be enrolled from one photo. Groups that do not use an example may enrol it again.
 */
export function sameExample(
  { examples }: Pick<Person, 'examples'>,
  { groups, ...details }: ExampleDetails,
): Example | undefined {
  return examples.find(({ crop, details: known }) => {
    if (crop === null || known?.photoHash === undefined || known.photoHash !== details.photoHash) return false;
    const { groups: usedBy, ...measured } = known;
    return (
      isDeepStrictEqual(measured, details) &&
      (usedBy === undefined || (groups !== undefined && groups.every((group) => usedBy.includes(group))))
    );
  });
}

/** A warning if the photo is enrolled under another name. */
export function duplicateWarnings(
  people: readonly Person[],
  name: string,
  details: ExampleDetails,
): readonly EnrolmentWarning[] {
  const other = people.find((person) => person.name !== name && sameExample(person, details) !== undefined);
  return other === undefined
    ? []
    : [{ code: 'duplicate', message: `The same photo is enrolled under the name "${other.name}".` }];
}
