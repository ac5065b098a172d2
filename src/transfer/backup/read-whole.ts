import { RostroError } from '../../shared/errors.js';
import type { EmbeddedPerson, Gallery, Person } from '../../gallery/gallery.js';

/** A person as they are at one moment, with their crops. */
export interface PersonRead {
  readonly person: EmbeddedPerson;
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
  gallery: Pick<Gallery, 'people' | 'person' | 'embeddedPerson' | 'crop'>,
  seen: Pick<Person, 'name' | 'examples'>,
  taken: ReadonlySet<string>,
): Promise<PersonRead | null> {
  for (let attempt = 1; ; attempt++) {
    const person = whoIs(gallery, seen, taken);
    if (person === null) return null;
    const read = await readAll(gallery, person).catch(unlessGone);
    if (read && (whoIs(gallery, seen, taken) === person || attempt === MAX_TRIES)) return read;
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

async function readAll(gallery: Pick<Gallery, 'embeddedPerson' | 'crop'>, { name }: Person): Promise<PersonRead> {
  const person = await gallery.embeddedPerson(name);
  const crops = new Map<string, Uint8Array>();
  let missing = 0;
  for (const { id, crop } of person.examples) {
    if (crop === null) continue;
    const bytes = await gallery.crop(name, id).catch(unlessAway);
    if (bytes === null) missing++;
    else crops.set(id, bytes);
  }
  return { person, crops, missing };
}

/** A database that is away would leave out everybody's crops without a word. */
function unlessAway(error: unknown): null {
  if (error instanceof RostroError && error.code === 'database_unreachable') throw error;
  return null;
}

/** Whoever was renamed or erased meanwhile is looked for again. */
function unlessGone(error: unknown): null {
  if (error instanceof RostroError && error.code === 'person_not_found') return null;
  throw error;
}
