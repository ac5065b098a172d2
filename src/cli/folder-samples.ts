import { resolve } from 'node:path';
import { samplesFrom, type FolderSamples, type PersonPhotos } from '../evaluation/folder-samples.js';
import type { Batch } from './batch.js';
import { embedFiles } from './embed-files.js';

/** Embeds the photos of a folder. */
export async function embedFolder(
  people: readonly PersonPhotos[],
  batch: Batch,
  aligned: boolean,
): Promise<FolderSamples> {
  const resolved = people.map(({ name, paths }) => ({ name, paths: paths.map((path) => resolve(path)) }));
  const paths = resolved.flatMap((person) => person.paths);
  return samplesFrom(resolved, await embedFiles(paths, batch, { aligned, mirrored: false }));
}

/** Says on standard error which photos could not be used. */
export function sayWhatWasSkipped({ skipped }: FolderSamples): void {
  for (const { path, reason } of skipped) console.error(`${path}: ${reason}`);
}
