import type { PersonDetails } from '../../gallery/gallery.js';
import { parsePersonDetails } from '../../people/person-details.js';
import { nameFromFileName, parsePersonName } from '../../people/person-name.js';
import { RostroError } from '../../shared/errors.js';
import type { ListedPhoto, PhotoList } from './photo-list.js';
import { type ImportLine, refusal } from './report.js';

/** A photo to be looked at. */
export interface PlannedPhoto {
  readonly file: string;
  /** Of the list; null where a folder or a file's name says who it is. */
  readonly line: number | null;
  /** Which of several faces is meant. */
  readonly face: number | null;
}

export interface PlannedPerson {
  readonly name: string;
  readonly photos: readonly PlannedPhoto[];
  /** What the list says of them; empty where it says nothing. */
  readonly details: Partial<PersonDetails>;
}

/** Who is to be enrolled with which photos, and what cannot be used whatever it shows. */
export interface ImportPlan {
  readonly people: readonly PlannedPerson[];
  readonly refused: readonly ImportLine[];
}

/** Where a photo's person is named: by its folder, and where it lies in none by its file; or always by its file. */
export type NamedBy = 'folder' | 'file';

interface Named {
  readonly photo: PlannedPhoto;
  readonly name: string;
  readonly row?: ListedPhoto;
}

/** @param paths relative, with forward slashes */
export function planFromPaths(paths: readonly string[], by: NamedBy): ImportPlan {
  return planOf(paths, (file) => {
    const [name, ...folders] = file.split('/').reverse();
    const isFolders = by === 'folder' && folders.length > 0;
    const photo = { file, line: null, face: null };
    return { photo, name: isFolders ? parsePersonName(folders[0]) : nameFromFileName(name) };
  });
}

export function planFromList({ rows, bad }: PhotoList): ImportPlan {
  const { people, refused } = planOf(rows, (row) => {
    const { file, line, face } = row;
    return { photo: { file, line, face }, name: parsePersonName(row.person!), row };
  });
  const badLines = bad.map(({ message, ...row }) => refusal(row, new RostroError('bad_row', message)));
  return { people, refused: [...badLines, ...refused] };
}

/** Chosen faces take the place of what the plan says: file -> face. */
export function withChoices(plan: ImportPlan, faces: ReadonlyMap<string, number>): ImportPlan {
  const chosen = (photo: PlannedPhoto) => ({ ...photo, face: faces.get(photo.file) ?? photo.face });
  return { ...plan, people: plan.people.map((one) => ({ ...one, photos: one.photos.map(chosen) })) };
}

function planOf<T extends string | ListedPhoto>(items: readonly T[], nameOf: (item: T) => Named): ImportPlan {
  const people = new Map<string, { name: string; photos: PlannedPhoto[]; details: Partial<PersonDetails> }>();
  const refused: ImportLine[] = [];
  for (const item of items) {
    try {
      const { name, photo, row } = nameOf(item);
      const person = people.get(name) ?? { name, photos: [], details: {} };
      if (row) person.details = withRow(person.details, row);
      person.photos.push(photo);
      people.set(name, person);
    } catch (error) {
      if (!(error instanceof RostroError)) throw error;
      refused.push(refusal(typeof item === 'string' ? { file: item, line: null, person: null } : item, error));
    }
  }
  return { people: [...people.values()], refused };
}

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
