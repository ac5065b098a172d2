import type { PersonDetails } from '../../gallery/gallery.js';
import { parsePersonDetails } from '../../people/person-details.js';
import { parsePersonName } from '../../people/person-name.js';
import { RostroError } from '../../shared/errors.js';
import { type NamedBy, type NamedPath, namesFromPaths } from './names-from-paths.js';
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
  /** Undefined where a list names the people. */
  readonly namedBy?: readonly NamedPath['from'][];
}

/** What an import would do, to be shown before it begins. */
export interface PlanSummary {
  /** What names the people. */
  readonly namedBy: readonly ('list' | NamedPath['from'])[];
  readonly people: readonly { readonly name: string; readonly photos: readonly string[] }[];
  /** Files that would not be enrolled, whatever they show. */
  readonly refused: readonly ImportLine[];
}

interface PhotoAssignment {
  readonly photo: PlannedPhoto;
  readonly name: string;
  readonly row?: ListedPhoto;
}

/** @param paths relative, with forward slashes */
export function planFromPaths(paths: readonly string[], by: NamedBy): ImportPlan {
  const named = namesFromPaths(paths, by);
  const plan = planOf(named, (path) => {
    if ('error' in path) throw path.error;
    return { photo: { file: path.file, line: null, face: null }, name: path.name };
  });
  return { ...plan, namedBy: [...new Set(named.flatMap((path) => ('from' in path ? [path.from] : [])))].sort() };
}

export function summaryOf({ namedBy, people, refused }: ImportPlan): PlanSummary {
  return {
    namedBy: namedBy ?? ['list'],
    people: people.map(({ name, photos }) => ({ name, photos: photos.map(({ file }) => file) })),
    refused,
  };
}

export function planFromList({ rows, bad }: PhotoList): ImportPlan {
  const { people, refused } = planOf(rows, (row) => {
    const { file, line, face } = row;
    return { photo: { file, line, face }, name: parsePersonName(row.person!), row };
  });
  const badLines = bad.map(({ message, ...row }) => refusedLine(row, new RostroError('bad_row', message)));
  return { people, refused: [...badLines, ...refused] };
}

/** The plan with details of everyone; those of the list have precedence. */
export function withDetails(plan: ImportPlan, details: Partial<PersonDetails>): ImportPlan {
  return { ...plan, people: plan.people.map((one) => ({ ...one, details: { ...details, ...one.details } })) };
}

/** Sets the face to enrol per file. @param faces file -> face index */
export function withChosenFaces(plan: ImportPlan, faces: ReadonlyMap<string, number>): ImportPlan {
  // A spreadsheet may have composed the accents of the names.
  const byForm = new Map([...faces].map(([file, face]) => [file.normalize('NFC'), face]));
  const faceOf = (file: string) => faces.get(file) ?? byForm.get(file.normalize('NFC'));
  const chosen = (photo: PlannedPhoto) => ({ ...photo, face: faceOf(photo.file) ?? photo.face });
  return { ...plan, people: plan.people.map((one) => ({ ...one, photos: one.photos.map(chosen) })) };
}

function planOf<T extends Partial<ImportLine> & { readonly file: string }>(
  items: readonly T[],
  nameOf: (item: T) => PhotoAssignment,
): ImportPlan {
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
      const { file, line = null, person = null } = item;
      refused.push(refusedLine({ file, line, person }, error));
    }
  }
  return { people: [...people.values()], refused };
}

/**
 * Merges a row into the details of its person: adds groups and metadata, replaces consent and expiry; the id must not change.
 * @throws RostroError `bad_row` where the id differs from an earlier row; `bad_details`
 */
export function mergeRow(
  before: Partial<PersonDetails>,
  { id, groups, metadata, consent, expires }: ListedPhoto,
): Partial<PersonDetails> {
  if (id !== null && before.id !== undefined && before.id !== id) {
    throw new RostroError('bad_row', `The person has the id "${before.id}" in a row above, and "${id}" here.`);
  }
  return parsePersonDetails({
    ...before,
    ...(id !== null && { id }),
    ...(groups.length > 0 && { groups: [...new Set([...(before.groups ?? []), ...groups])] }),
    ...(metadata !== null && { metadata: { ...before.metadata, ...metadata } }),
    ...(consent !== null && { consent }),
    ...(expires !== null && { expires }),
  });
}
