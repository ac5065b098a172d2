import { readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { RostroError } from '../shared/errors.js';
import { findPhoto, listDataset, type PhotoRef } from './dataset.js';
import { strangersInFolder } from './folder-samples.js';
import { fieldsOf, linesOf, photoKey, photoRef } from './pairs.js';

/** To enrol; another photo of someone enrolled; or of someone who is not. */
export type OpenSetRole = 'enrol' | 'probe' | 'stranger';

/** A line of an open-set file. */
export interface OpenSetLine extends PhotoRef {
  readonly role: OpenSetRole;
  /** A group of people whose errors are counted separately. */
  readonly group: string | null;
}

export interface OpenSetPhoto extends Pick<OpenSetLine, 'role' | 'person' | 'group'> {
  /** Shown to the user: `Ada_Lovelace 3`, or the path in the folder. */
  readonly label: string;
  /** Null when there is no such file. */
  readonly path: string | null;
}

const ROLES: readonly OpenSetRole[] = ['enrol', 'probe', 'stranger'];
const GROUPS_FILE = 'groups.txt';

/**
 * Reads a file of photos for open-set identification. A line has `enrol`, `probe` or `stranger`, the name of the person,
 * the number of the photo and, optionally, a group, separated as in `pairs.txt`. Probes are of people who are enrolled,
 * strangers are not enrolled.
 * @throws RostroError `bad_openset`, with the line number
 */
export function parseOpenSet(text: string): OpenSetLine[] {
  const lines = linesOf(text).map((line, i) => parseLine(line, i + 1));
  const enrolled = new Set(lines.filter(({ role }) => role === 'enrol').map(({ person }) => person));
  const seen = new Set<string>();
  lines.forEach(({ role, person, number }, i) => {
    const photo = photoKey({ person, number });
    if (seen.has(photo)) throw lineError(i + 1, `has the photo ${photo} again`);
    seen.add(photo);
    if (role === 'probe' && !enrolled.has(person))
      throw lineError(i + 1, `is a probe of ${person}, who is not enrolled`);
    if (role === 'stranger' && enrolled.has(person)) throw lineError(i + 1, `is a stranger, but ${person} is enrolled`);
  });
  for (const role of ROLES) {
    if (!lines.some((line) => line.role === role)) throw openSetError(`The open-set file has no "${role}" line.`);
  }
  return lines;
}

function parseLine(line: string, number: number): OpenSetLine {
  const [role, person, photo, group = '', ...rest] = fieldsOf(line);
  const known = ROLES.find((one) => one === role);
  if (known === undefined || (photo as string | undefined) === undefined || rest.length > 0) {
    throw lineError(
      number,
      'must be "enrol", "probe" or "stranger", a person, the number of a photo and maybe a group',
    );
  }
  const ref = photoRef(person, photo, (what) => lineError(number, what));
  return { role: known, ...ref, group: group === '' ? null : group };
}

/** Finds the photos in a folder laid out as LFW is. */
export function locateOpenSet(lines: readonly OpenSetLine[], dir: string): Promise<OpenSetPhoto[]> {
  return Promise.all(
    lines.map(async ({ role, person, number, group }) => {
      const ref = { person, number };
      return { role, person, group, label: photoKey(ref), path: await findPhoto(dir, ref) };
    }),
  );
}

/**
 * The photos of a folder with the folders `enrol`, `probe` and `stranger`. Each has one folder per person; `stranger` may
 * have photos instead, each of a different person. A file `groups.txt` gives groups: lines with a person and a group.
 * @throws RostroError `no_file` or `bad_openset`
 */
export async function openSetInFolder(dir: string): Promise<OpenSetPhoto[]> {
  const groups = await readGroups(join(dir, GROUPS_FILE));
  const photo = (role: OpenSetRole, person: string, path: string): OpenSetPhoto => {
    const label = relative(dir, path).split(sep).join('/');
    return { role, person, label, path, group: groups.get(person) ?? null };
  };
  const [enrol, probe] = await Promise.all(
    (['enrol', 'probe'] as const).map(async (role) =>
      (await listDataset(join(dir, role))).map(({ person, path }) => photo(role, person, path)),
    ),
  );
  const strangers = (await strangersInFolder(join(dir, 'stranger'))).flatMap(({ name, paths }) =>
    paths.map((path) => photo('stranger', name, path)),
  );
  const enrolled = new Set(enrol.map(({ person }) => person));
  const unknown = probe.find(({ person }) => !enrolled.has(person));
  if (unknown) throw openSetError(`probe/${unknown.person} needs a folder enrol/${unknown.person}.`);
  const known = strangers.find(({ person }) => enrolled.has(person));
  if (known) throw openSetError(`stranger/${known.person} is a person in the folder enrol too.`);
  return [...enrol, ...probe, ...strangers];
}

async function readGroups(file: string): Promise<Map<string, string>> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return '';
    throw new RostroError('no_file', `Cannot read ${file}: ${message}.`, { cause });
  });
  const lines = text.trim() === '' ? [] : linesOf(text);
  return new Map(
    lines.map((line, i) => {
      const fields = fieldsOf(line);
      if (fields.length === 2 && fields.every(Boolean)) return [fields[0], fields[1]] as const;
      throw openSetError(`Line ${i + 1} of ${GROUPS_FILE} must be a person and a group, separated by a tab.`, i + 1);
    }),
  );
}

function lineError(line: number, what: string): RostroError {
  return openSetError(`Line ${line} of the open-set file ${what}.`, line);
}

function openSetError(message: string, line?: number): RostroError {
  return new RostroError('bad_openset', message, line === undefined ? {} : { details: { line } });
}
