import type { PersonDetails } from '../../gallery/gallery.js';
import { parsePersonDetails } from '../../people/person-details.js';
import { nameFromFileName, parsePersonName } from '../../people/person-name.js';
import { RostroError } from '../../shared/errors.js';
import type { ListedPhoto, PhotoList } from './photo-list.js';
import { type ImportLine, refusedLine } from './report.js';

/** A photo to import. */
export interface PlannedPhoto {
  readonly file: string;
  /** Line in the list; null where there is no list. */
  readonly line: number | null;
  /** Index of the face to enrol where there are several. */
  readonly face: number | null;
}

export interface PlannedPerson {
  readonly name: string;
  readonly photos: readonly PlannedPhoto[];
  /** Details from the list; empty where there are none. */
  readonly details: Partial<PersonDetails>;
}

/** The people to enrol with their photos, and the lines that are invalid. */
export interface ImportPlan {
  readonly people: readonly PlannedPerson[];
  readonly refused: readonly ImportLine[];
}

/** Source of the name: the folder (the file name for photos without one), or always the file name. */
export type NamedBy = 'folder' | 'file';

interface PhotoAssignment {
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
  const badLines = bad.map(({ message, ...row }) => refusedLine(row, new RostroError('bad_row', message)));
  return { people, refused: [...badLines, ...refused] };
}

/** Sets the face to enrol per file. @param faces file -> face index */
export function withChosenFaces(plan: ImportPlan, faces: ReadonlyMap<string, number>): ImportPlan {
  // A spreadsheet may have composed the accents of the names.
  const byForm = new Map([...faces].map(([file, face]) => [file.normalize('NFC'), face]));
  const faceOf = (file: string) => faces.get(file) ?? byForm.get(file.normalize('NFC'));
  const chosen = (photo: PlannedPhoto) => ({ ...photo, face: faceOf(photo.file) ?? photo.face });
  return { ...plan, people: plan.people.map((one) => ({ ...one, photos: one.photos.map(chosen) })) };
}

function planOf<T extends string | ListedPhoto>(items: readonly T[], nameOf: (item: T) => PhotoAssignment): ImportPlan {
  const people = new Map<string, { name: string; photos: PlannedPhoto[]; details: Partial<PersonDetails> }>();
  const refused: ImportLine[] = [];
  for (const item of items) {
    try {
      const { name, photo, row } = nameOf(item);
      const person = people.get(name) ?? { name, photos: [], details: {} };
      if (row) person.details = mergeRow(person.details, row);
      person.photos.push(photo);
      people.set(name, person);
    } catch (error) {
      if (!(error instanceof RostroError)) throw error;
      refused.push(refusedLine(typeof item === 'string' ? { file: item, line: null, person: null } : item, error));
    }
  }
  return { people: [...people.values()], refused };
}

/**
 * Merges a row into the details of its person: adds groups and metadata; the id must not change.
 * @throws RostroError `bad_row` where the id differs from an earlier row; `bad_details`
 */
export function mergeRow(
  before: Partial<PersonDetails>,
  { id, groups, metadata }: ListedPhoto,
): Partial<PersonDetails> {
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
