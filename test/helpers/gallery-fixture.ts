import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import type { EmbedderContract } from '../../src/faces/embed/embedder.js';
import {
  furtherDetails,
  type FullPerson,
  type Gallery,
  type NewExample,
  type PersonDetails,
} from '../../src/gallery/gallery.js';
import type { NewNegative } from '../../src/gallery/negatives.js';

/** A fake embedder with short embeddings. */
export const contract: EmbedderContract = {
  id: 'weights1+crop1+prewhiten',
  name: 'facenet-2017',
  dimension: 4,
  inputSizePx: 160,
  threshold: 1.1,
  adoptsUnlabelledRows: true,
};

export const otherContract: EmbedderContract = {
  ...contract,
  id: 'weights2+crop1+fixed',
  name: 'facenet-2018',
  dimension: 6,
  adoptsUnlabelledRows: false,
};

/** A unit vector, different for each number. */
export function vectorOf(number: number, dimension = contract.dimension): Float32Array {
  const vector = Float32Array.from({ length: dimension }, (_, i) => (i === 0 ? Math.cos(number) : 0));
  vector[1] = Math.sin(number);
  return vector;
}

/** An example whose crop is its number as text. The gallery stores crops unchanged, so no JPEG is needed. */
export function exampleOf(number: number): NewExample {
  const boxInCrop = { x: 1.5, y: 2, width: 30, height: 40.25 };
  const parts = { size: 0.25, sharpness: 1, light: 0.75, pose: 1, edge: 1, liveness: 0.5 };
  const measures = { facePx: 20, sharpness: 60.5, brightness: 0.1875, contrast: 0.125, pose: null };
  const details = { confidence: 0.99, boxInCrop, quality: { score: 0.25, parts, ...measures } };
  return { embedding: vectorOf(number), crop: Buffer.from(`crop ${number}`), details };
}

const folders: string[] = [];

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rostro-gallery-'));
  folders.push(folder);
  return folder;
}

export function removeTemporaryFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

export function put(dataDir: string, path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(dataDir, path)), { recursive: true });
  writeFileSync(join(dataDir, path), content);
}

/** Every file below the folder, and every empty folder with a slash behind it; forward slashes, sorted. */
export function filesIn(dataDir: string): string[] {
  const entries = readdirSync(dataDir, { recursive: true, withFileTypes: true });
  const paths = entries.flatMap((entry) => {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isDirectory()) return [path];
    return readdirSync(path).length === 0 ? [`${path}/`] : [];
  });
  return paths.map((path) => relative(dataDir, path).split(sep).join('/') + (path.endsWith('/') ? '/' : '')).sort();
}

/** Exactly the files of a gallery with sidecars for all people. */
export function filesOf(gallery: Gallery, stemOf: (name: string) => string = (name) => name): string[] {
  const people = gallery.people();
  const files = people.flatMap(({ name, examples }) => [
    `embeddings/${stemOf(name)}.npy`,
    `embeddings/${stemOf(name)}.json`,
    ...examples.flatMap(({ crop }) => (crop === null ? [] : [crop])),
  ]);
  return (people.length === 0 ? ['embeddings/', 'uploads/'] : files).sort();
}

/**
 * What the gallery says, without what differs from run to run: each example as its crop's text, or its first value; in
 * front what is said of the person, if anything is; behind them the negatives.
 */
export async function contentsOf(gallery: Gallery): Promise<Record<string, string[]>> {
  const contents = new Map<string, string[]>();
  for (const { name, ...details } of gallery.people()) {
    const lines = [...said(details)];
    const { examples, negatives = [] } = await gallery.embeddedPerson(name);
    for (const { id: example, crop, embedding } of examples) {
      const text = crop === null ? 'no crop' : Buffer.from(await gallery.crop(name, example)).toString();
      lines.push(`${text}, ${embedding[0].toFixed(4)}`);
    }
    for (const { id: negative, embedding } of negatives) {
      const text = Buffer.from(await gallery.negatives.crop(name, negative)).toString();
      lines.push(`not ${text}, ${embedding?.[0].toFixed(4)}`);
    }
    contents.set(name, lines);
  }
  return Object.fromEntries(contents);
}

/** The line of a person's details in {@link contentsOf}. */
export function said({ id, metadata, groups, ...rest }: PersonDetails): string[] {
  const details = { id, metadata, groups, ...furtherDetails(rest) };
  return JSON.stringify(details) === JSON.stringify({ id: null, metadata: {}, groups: [] })
    ? []
    : [JSON.stringify(details)];
}

/** A person in the form of an archive, with one example per number. */
export function wholePerson(name: string, details: PersonDetails, ...numbers: number[]): FullPerson {
  const examples = numbers.map((number) => ({
    ...exampleOf(number),
    id: `${number}`.replace('.', '-').padStart(16, '0'),
    addedAt: '2024-02-29T12:00:00.000Z',
  }));
  return { name, ...details, examples };
}

export function numbered(...numbers: number[]): string[] {
  return numbers.map((number) => `crop ${number}, ${Math.fround(Math.cos(number)).toFixed(4)}`);
}

/** As {@link numbered}, for negatives. */
export function negated(...numbers: number[]): string[] {
  return numbered(...numbers).map((line) => `not ${line}`);
}

/** A negative that was nearest to no known example. */
export function negativeOf(number: number): NewNegative {
  return { ...exampleOf(number), nearest: null };
}

export function bytesOf(dataDir: string, path: string): Buffer {
  return readFileSync(join(dataDir, path));
}
