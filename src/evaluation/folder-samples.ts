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
  /** Photos without an embedding, and the reason. */
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
}

/** The people of a dataset with one folder per person. @throws RostroError `no_file` */
export async function peopleInFolder(dir: string): Promise<PersonPhotos[]> {
  const byPerson = new Map<string, string[]>();
  for (const { person, path } of await listDataset(dir)) byPerson.set(person, [...(byPerson.get(person) ?? []), path]);
  return [...byPerson].map(([name, paths]) => ({ name, paths }));
}

/**
 * Photos of strangers: a folder per person, or a folder of photos, each of a different person.
 * @throws RostroError `no_file`
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

/** @param results path -> result of the photo */
export function samplesFrom(people: readonly PersonPhotos[], results: ReadonlyMap<string, PhotoResult>): FolderSamples {
  const skipped: { path: string; reason: string }[] = [];
  const labelled = people.map(({ name, paths }) => ({
    name,
    examples: paths.flatMap((path) => {
      const result = results.get(path);
      if (result && 'embedding' in result) return [{ embedding: result.embedding }];
      skipped.push({ path, reason: result ? result.failure.message : 'it was not reached' });
      return [];
    }),
  }));
  return { samples: samplesOf(labelled), skipped };
}
