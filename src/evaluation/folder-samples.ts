import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { samplesOf, type Samples } from '../matching/classifiers/samples.js';
import { isPhotoName, listDataset } from './dataset.js';
import type { PhotoResult } from './embed-photos.js';

export interface PersonPhotos {
  readonly name: string;
  readonly paths: readonly string[];
}

export interface FolderSamples {
  readonly samples: Samples;
  /** Photos that gave no embedding, and why. */
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
}

/** A folder of people's folders. @throws RostroError `no_file` */
export async function peopleInFolder(dir: string): Promise<PersonPhotos[]> {
  const byPerson = new Map<string, string[]>();
  for (const { person, path } of await listDataset(dir)) byPerson.set(person, [...(byPerson.get(person) ?? []), path]);
  return [...byPerson].map(([name, paths]) => ({ name, paths }));
}

/**
 * Photos of people who are not to be named: a folder of people's folders, or of photos, each then taken for another
 * person. @throws RostroError `no_file`
 */
export async function strangersInFolder(dir: string): Promise<PersonPhotos[]> {
  const entries = await readdir(dir).catch(() => []);
  const photos: PersonPhotos[] = [];
  for (const name of entries.sort()) {
    const path = join(dir, name);
    if (isPhotoName(name) && (await stat(path)).isFile()) photos.push({ name, paths: [path] });
  }
  return photos.length > 0 ? photos : peopleInFolder(dir);
}

/** @param results path -> what was found in the photo */
export function samplesFrom(people: readonly PersonPhotos[], results: ReadonlyMap<string, PhotoResult>): FolderSamples {
  const skipped: { path: string; reason: string }[] = [];
  const everyone = people.map(({ name, paths }) => ({
    name,
    examples: paths.flatMap((path) => {
      const result = results.get(path);
      if (result && 'embedding' in result) return [{ embedding: result.embedding }];
      skipped.push({ path, reason: result ? result.failure.message : 'it was not reached' });
      return [];
    }),
  }));
  return { samples: samplesOf(everyone), skipped };
}
