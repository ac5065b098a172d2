import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { samplePhoto } from './shared.js';

/** Three people on the sample photos of face-api, each with room around the face. */
const PEOPLE = {
  Ada: { photo: samplePhoto(1), left: 1300, top: 50, width: 560, height: 560 },
  Bo: { photo: samplePhoto(2), left: 1300, top: 0, width: 500, height: 560 },
  Cy: { photo: samplePhoto(4), left: 540, top: 0, width: 440, height: 460 },
} as const;

/** Genuine and impostor pairs in two folds over the photos of `writePeopleFolders`. */
export const PAIRS = [
  '2\t2',
  ...['Ada\t1\t2', 'Bo\t1\t2', 'Ada\t1\tBo\t1', 'Bo\t2\tCy\t1'],
  ...['Cy\t1\t2', 'Ada\t2\t1', 'Ada\t2\tCy\t2', 'Bo\t1\tCy\t2'],
  '',
].join('\n');

/** `Ada/Ada_0001.jpg`, `Ada/Ada_0002.jpg` (darker, smaller, cut closer) and so on: laid out as LFW is. */
export async function writePeopleFolders(dir: string): Promise<void> {
  for (const [name, { photo, ...region }] of Object.entries(PEOPLE)) {
    await mkdir(join(dir, name), { recursive: true });
    const closer = { ...region, left: region.left + 30, top: region.top + 20, width: region.width - 60 };
    await sharp(photo)
      .extract(region)
      .jpeg()
      .toFile(join(dir, name, `${name}_0001.jpg`));
    const small = sharp(photo).extract({ ...closer, height: region.height - 40 });
    await small
      .resize(300)
      .modulate({ brightness: 0.85 })
      .jpeg()
      .toFile(join(dir, name, `${name}_0002.jpg`));
  }
}

/** A picture of the sky. */
export async function writeSky(path: string): Promise<void> {
  const sky = { create: { width: 200, height: 150, channels: 3, background: '#69c' } } as const;
  await writeFile(path, await sharp(sky).jpeg().toBuffer());
}

/** The source of an example. */
export function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The gallery after all photos of the folder were enrolled, as `galleryState` has it. */
export async function enrolledFrom(folder: string) {
  const people = (await readdir(folder)).sort();
  return Promise.all(
    people.map(async (name) => {
      const files = await readdir(join(folder, name));
      const hashes = await Promise.all(files.map(async (file) => hashOf(await readFile(join(folder, name, file)))));
      return { name, id: null, metadata: {}, groups: [], photos: hashes.sort() };
    }),
  );
}
