import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FolderLock } from '../src/gallery/files/folder-lock.js';
import { openNpyGallery } from '../src/gallery/files/open-npy-gallery.js';
import { count, demand, report } from './helpers/report.js';

/**
 * Does anything remain of ten thousand people who were enrolled and erased? Searches all bytes of all files in the data
 * folder for a part of a photo, embedding or name of each. A hundred people who stay are found, so the search works.
 *
 *   npm run soak -- erasure        (--people 10000)
 */
const PEOPLE = count('people', 10_000);
const STAYING = 100;
const DIMENSION = 512;
const CROP_BYTES = 4096;
/** Length of the searched parts of photos and embeddings: long enough not to occur by chance. */
const PIECE = 12;

const contract = {
  id: 'soak',
  name: 'soak',
  dimension: DIMENSION,
  inputSizePx: 160,
  threshold: 1.1,
  adoptsUnlabelledRows: false,
};
const details = { confidence: 1, boxInCrop: { x: 0, y: 0, width: 1, height: 1 } };
const dataDir = await mkdtemp(join(tmpdir(), 'rostro-soak-erasure-'));
try {
  await soak();
} finally {
  await rm(dataDir, { recursive: true, force: true });
}

async function soak(): Promise<void> {
  const lock = await FolderLock.acquire(dataDir);
  const { gallery } = await openNpyGallery({ dataDir, contract, lock });
  const erased = new Map<string, string>();
  const staying = new Map<string, string>();
  const enrolling = performance.now();
  for (let i = 0; i < PEOPLE + STAYING; i++) {
    const name = `Person ${randomBytes(6).toString('hex')}`;
    const embedding = Float32Array.from({ length: DIMENSION }, () => Math.random() - 0.5);
    const crop = randomBytes(CROP_BYTES);
    await gallery.add(name, { embedding, crop, details });
    const pieces = i % 101 === 0 && staying.size < STAYING * 3 ? staying : erased;
    for (const bytes of [crop, Buffer.from(embedding.buffer), Buffer.from(name.slice(7))]) {
      pieces.set(bytes.toString('latin1', 0, PIECE), name);
    }
  }
  const erasing = performance.now();
  for (const name of new Set(erased.values())) await gallery.removePerson(name);
  const searching = performance.now();
  const { files, bytes, found } = search(new Map([...erased, ...staying]));
  const leftOf = [...found].filter((piece) => erased.has(piece));
  demand(leftOf.length === 0, `${leftOf.length} pieces are left, the first of ${erased.get(leftOf[0])}`);
  demand(found.size === staying.size, `only ${found.size} of ${staying.size} pieces of those who stay were found`);
  await gallery.close();
  await lock.release();
  report('erasure', {
    'enrolled and erased': erased.size / 3,
    staying: staying.size / 3,
    'pieces of the erased found': leftOf.length,
    'pieces of those who stay found': `${found.size} of ${staying.size}`,
    'files searched': files,
    'bytes searched': bytes,
    'enrolling, ms a person': perPerson(erasing - enrolling),
    'erasing, ms a person': perPerson(searching - erasing),
  });
}

function search(pieces: ReadonlyMap<string, string>): { files: number; bytes: number; found: Set<string> } {
  const result = { files: 0, bytes: 0, found: new Set<string>() };
  for (const entry of readdirSync(dataDir, { recursive: true, withFileTypes: true })) {
    const text = entry.isFile() ? readFileSync(join(entry.parentPath, entry.name)).toString('latin1') : '';
    for (const haystack of [text, entry.name]) {
      for (let at = 0; at + PIECE <= haystack.length; at++) {
        const piece = haystack.slice(at, at + PIECE);
        if (pieces.has(piece)) result.found.add(piece);
      }
    }
    result.files += Number(entry.isFile());
    result.bytes += text.length;
  }
  return result;
}

function perPerson(milliseconds: number): number {
  return Number((milliseconds / PEOPLE).toPrecision(3));
}
