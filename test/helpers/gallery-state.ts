import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

interface Described {
  readonly name: string;
  readonly id: string | null;
  readonly metadata: object;
  readonly groups: readonly string[];
  readonly examples: readonly { readonly crop: string; readonly details: { readonly photoHash: string } }[];
}

/** Who is in the files of a data folder, and of which photos: what stays the same however they came in. */
export async function galleryState(dataDir: string) {
  const people = await describedPeople(dataDir);
  return people.map(({ name, id, metadata, groups, examples }) => ({
    name,
    id,
    metadata,
    groups,
    photos: examples.map(({ details }) => details.photoHash).sort(),
  }));
}

/** The sidecars by name. */
export async function describedPeople(dataDir: string): Promise<Described[]> {
  const folder = join(dataDir, 'embeddings');
  const files = (await readdir(folder).catch(() => [])).filter((file) => /^[^.].*\.json$/.test(file));
  const people = await Promise.all(
    files.map(async (file) => JSON.parse(await readFile(join(folder, file), 'utf8')) as Described),
  );
  return people.sort((a, b) => (a.name < b.name ? -1 : 1));
}
