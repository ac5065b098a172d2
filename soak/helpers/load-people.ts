import { existsSync } from 'node:fs';
import { readdir, readFile, symlink } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import sharp from 'sharp';
import { twoPortraits } from './photos.js';

const shared = fileURLToPath(new URL('../../../shared', import.meta.url));
const samples = fileURLToPath(new URL('../../node_modules/@vladmandic/face-api/demo', import.meta.url));

export interface LoadPhoto {
  readonly bytes: Buffer;
  /** The enrolled person on the photo; null for a stranger. */
  readonly expected: string | null;
}

/** The enrolled people, photos to recognise, and a photo of the guests, who are enrolled and deleted. */
export interface LoadPeople {
  readonly networks: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly enrolled: ReadonlyMap<string, Buffer>;
  readonly photos: readonly LoadPhoto[];
  /** A JPEG. */
  readonly guest: Buffer;
}

/**
 * Five people, two strangers and a guest with MTCNN and FaceNet, if their files are beside the checkout; otherwise one
 * of each with SSD.
 */
export async function loadPeople(dataDir: string): Promise<LoadPeople> {
  if (!existsSync(join(shared, 'models', 'npy'))) return fewPeople();
  for (const folder of ['npy', 'model']) await symlink(join(shared, 'models', folder), join(dataDir, folder));
  const people = join(shared, 'images', 'people');
  const enrolled = new Map<string, Buffer>();
  const photos: LoadPhoto[] = [];
  for (const [i, name] of (await readdir(people)).sort().entries()) {
    const files = (await readdir(join(people, name))).sort();
    const crops = await Promise.all(files.map((file) => readFile(join(people, name, file))));
    if (i < 5) enrolled.set(name, crops[0]);
    if (i < 7) photos.push(...crops.slice(1).map((bytes) => ({ bytes, expected: i < 5 ? name : null })));
    else {
      const guest = await sharp(crops[0]).jpeg({ quality: 95 }).toBuffer();
      const settings = { DETECTOR: 'mtcnn', EMBEDDER: 'facenet' };
      return { networks: 'MTCNN + FaceNet', settings, enrolled, photos, guest };
    }
  }
  throw new Error(`fewer than eight people in ${people}`);
}

async function fewPeople(): Promise<LoadPeople> {
  const [ada, guest] = await twoPortraits();
  const smaller = await sharp(ada).resize({ width: 160 }).jpeg({ quality: 80 }).toBuffer();
  const strangers = await sharp(join(samples, 'sample1.jpg')).resize({ width: 500 }).jpeg().toBuffer();
  const photos = [
    { bytes: ada, expected: 'Ada' },
    { bytes: smaller, expected: 'Ada' },
    { bytes: strangers, expected: null },
  ];
  return { networks: 'SSD + face-api', settings: {}, enrolled: new Map([['Ada', ada]]), photos, guest };
}
