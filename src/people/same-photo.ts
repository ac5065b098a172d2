import { isDeepStrictEqual } from 'node:util';
import type { Example, ExampleDetails, Person } from '../gallery/gallery.js';
import type { EnrolmentWarning } from './quality-gate.js';

/**
 * The example that was enrolled from the same face of the same photo: the SHA-256 of the file and the measurements of the
 * face are equal. Two people may be enrolled from one photo. Groups that do not use an example may enrol it again.
 */
export function sameExample({ examples }: Pick<Person, 'examples'>, details: ExampleDetails): Example | undefined {
  return examples.find((example) => isSame(example, details));
}

function isSame({ crop, details: known }: Example, details: ExampleDetails): boolean {
  if (crop === null || known?.photoHash === undefined || known.photoHash !== details.photoHash) return false;
  const [{ groups: usedBy }, { groups }] = [known, details];
  return (
    isDeepStrictEqual(measurementsOf(known), measurementsOf(details)) &&
    (usedBy === undefined || (groups !== undefined && groups.every((group) => usedBy.includes(group))))
  );
}

/** Without the quality score, which older examples lack. */
function measurementsOf({ confidence, boxInCrop, quality }: ExampleDetails) {
  const { facePx, sharpness, brightness, contrast, pose } = quality ?? {};
  return { confidence, boxInCrop, facePx, sharpness, brightness, contrast, pose };
}

/** A warning if the photo is enrolled under another name. Looks at all people; an import uses {@link EnrolledPhotos}. */
export function duplicateWarnings(
  people: readonly Person[],
  name: string,
  details: ExampleDetails,
): readonly EnrolmentWarning[] {
  const other = people.find((person) => person.name !== name && sameExample(person, details) !== undefined);
  return other === undefined ? [] : [duplicateOf(other.name)];
}

/** The examples of all people by the SHA-256 of their photos, so that an import need not search them for each photo. */
export class EnrolledPhotos {
  private readonly byHash = new Map<string, { readonly name: string; readonly example: Example }[]>();

  constructor(people: readonly Person[]) {
    for (const { name, examples } of people) for (const example of examples) this.add(name, example);
  }

  add(name: string, example: Example): void {
    const hash = example.details?.photoHash;
    if (hash === undefined) return;
    const same = this.byHash.get(hash);
    if (same) same.push({ name, example });
    else this.byHash.set(hash, [{ name, example }]);
  }

  /** As {@link duplicateWarnings}. */
  warnings(name: string, details: ExampleDetails): readonly EnrolmentWarning[] {
    const enrolled = this.byHash.get(details.photoHash ?? '') ?? [];
    const other = enrolled.find((one) => one.name !== name && isSame(one.example, details));
    return other === undefined ? [] : [duplicateOf(other.name)];
  }
}

function duplicateOf(name: string): EnrolmentWarning {
  return { code: 'duplicate', message: `The same photo is enrolled under the name "${name}".` };
}
