import type { EmbedderContract } from '../../faces/embed/embedder.js';
import type { RostroError } from '../../shared/errors.js';
import { corrupt } from '../errors.js';
import { plainStem } from './file-stem.js';
import { embeddingFile } from './layout.js';
import type { StoredPerson } from './read-person.js';

export interface SiftedPeople {
  readonly usable: readonly StoredPerson[];
  /** Readable each by itself, but not what the gallery can hold. */
  readonly unfit: readonly { readonly person: StoredPerson; readonly error: RostroError }[];
}

/** Keeps apart whose rows have another length than the embedder's, and who is there twice. */
export function siftPeople(people: readonly StoredPerson[], running: EmbedderContract): SiftedPeople {
  const unfit: { person: StoredPerson; error: RostroError }[] = [];
  const byName = new Map<string, StoredPerson>();
  for (const person of [...people].sort(ownNameFirst)) {
    const file = embeddingFile(person.stem);
    const twin = byName.get(person.name);
    if (person.dimension !== running.dimension) {
      const what = `its rows have ${person.dimension} values where ${running.name} makes ${running.dimension}`;
      unfit.push({ person, error: corrupt(file, what) });
    } else if (twin) {
      unfit.push({
        person,
        error: corrupt(file, `${embeddingFile(twin.stem)} is of the same person, "${person.name}"`),
      });
    } else byName.set(person.name, person);
  }
  return { usable: [...byName.values()], unfit };
}

/** Of two files of one person the one counts that is called as Rostro would call it. */
function ownNameFirst(a: StoredPerson, b: StoredPerson): number {
  const isOther = ({ stem, name }: StoredPerson): number => Number(stem !== plainStem(name));
  return isOther(a) - isOther(b) || (a.stem < b.stem ? -1 : 1);
}
