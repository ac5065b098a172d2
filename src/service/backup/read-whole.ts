import type { Gallery, Person } from '../../store/gallery.js';

/** A person as they are at one moment, with their crops. */
export interface PersonRead {
  readonly person: Person;
  /** Example id -> crop. */
  readonly crops: ReadonlyMap<string, Uint8Array>;
  /** Crops that the gallery speaks of and does not have. */
  readonly missing: number;
}

/** So often a person who changes while they are read is read anew. */
const MAX_TRIES = 20;

/**
 * Reads a person and their crops while others may change them.
 * @param seen of a moment ago
 * @param taken names that are read in their own right; whoever is renamed is read under the new name, unless it is one of
 *   these
 * @returns null for a person who is gone
 */
export async function readWhole(
  gallery: Pick<Gallery, 'people' | 'person' | 'crop'>,
  seen: Pick<Person, 'name' | 'examples'>,
  taken: ReadonlySet<string>,
): Promise<PersonRead | null> {
  for (let attempt = 1; ; attempt++) {
    const person = whoIs(gallery, seen, taken);
    if (person === null) return null;
    const read = await readCrops(gallery, person);
    if (whoIs(gallery, seen, taken) === person || attempt === MAX_TRIES) return read;
  }
}

function whoIs(
  gallery: Pick<Gallery, 'people' | 'person'>,
  { name, examples }: Pick<Person, 'name' | 'examples'>,
  taken: ReadonlySet<string>,
): Person | null {
  try {
    return gallery.person(name);
  } catch {
    const ids = new Set(examples.map(({ id }) => id));
    const renamed = gallery.people().find((person) => person.examples.some(({ id }) => ids.has(id)));
    return renamed && !taken.has(renamed.name) ? renamed : null;
  }
}

async function readCrops(gallery: Pick<Gallery, 'crop'>, person: Person): Promise<PersonRead> {
  const crops = new Map<string, Uint8Array>();
  let missing = 0;
  for (const { id, crop } of person.examples) {
    if (crop === null) continue;
    const bytes = await gallery.crop(person.name, id).catch(() => null);
    if (bytes === null) missing++;
    else crops.set(id, bytes);
  }
  return { person, crops, missing };
}
