import { join } from 'node:path';
import type { PersonRecord } from './change-parts.js';
import type { Disk } from './disk.js';
import type { EmbeddedExample, WholeExample } from '../gallery.js';
import type { Change } from './journal.js';
import { cropFile } from './layout.js';
import { newExampleId } from './whole-changes.js';

export interface LayoutOptions {
  readonly stem: string;
  /** Who is there now. */
  readonly before: PersonRecord | null;
  readonly disk: Disk;
  readonly dataDir: string;
}

export interface LaidOut {
  readonly examples: readonly EmbeddedExample[];
  readonly newFiles: Change['newFiles'];
}

const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47]);

/** Says where the crops of whole examples lie: where they lie already, or in a new file that is in nobody's way. */
export async function laidOut(whole: readonly WholeExample[], options: LayoutOptions): Promise<LaidOut> {
  const examples: EmbeddedExample[] = [];
  const newFiles: { path: string; bytes: Uint8Array }[] = [];
  for (const { crop: bytes, embedding, ...rest } of whole) {
    const place = bytes && (await placeOf(rest.id, bytes, options));
    if (bytes && place && !place.isThere) newFiles.push({ path: place.path, bytes });
    examples.push({ ...rest, embedding: embedding.slice(), crop: place && place.path });
  }
  return { examples, newFiles };
}

async function placeOf(
  id: string,
  bytes: Uint8Array,
  { stem, before, disk, dataDir }: LayoutOptions,
): Promise<{ path: string; isThere: boolean }> {
  const extension = PNG.equals(bytes.subarray(0, PNG.length)) ? '.png' : '.jpg';
  const path = cropFile(stem, id, extension);
  if (!(await disk.exists(join(dataDir, path)))) return { path, isThere: false };
  const isTheirs = before?.person.examples.some(({ crop }) => crop === path) ?? false;
  const isSame =
    isTheirs && Buffer.from(bytes).equals(Buffer.from((await disk.read(join(dataDir, path)).catch(() => null)) ?? ''));
  return isSame ? { path, isThere: true } : { path: cropFile(stem, newExampleId(), extension), isThere: false };
}
