import { createHash } from 'node:crypto';
import { z } from 'zod';
import { corrupt } from '../gallery.js';
import { isGalleryPath, JOURNAL_FILE } from './layout.js';

const galleryPath = z.string().refine(isGalleryPath);
const textFile = z.object({ path: galleryPath, text: z.string() });
const tidySchema = z.object({
  /** Files that have no purpose any more. */
  remove: z.array(galleryPath),
  /** The sidecar as it has to be then, where one stays. */
  sidecar: textFile.nullable(),
});
const journalSchema = z.object({
  version: z.literal(1),
  /** The change is done when this `.npy` file has these contents; `sha256` null: when it is not there. */
  doneWhen: z.object({ path: galleryPath, sha256: z.string().nullable() }),
  done: tidySchema,
  undone: tidySchema,
});

export type TextFile = z.infer<typeof textFile>;
export type Tidy = z.infer<typeof tidySchema>;

/**
 * The note that lies on the disk while a change is under way: how to see whether the change happened, and what is left
 * over in either case. Only files named in it are ever cleaned up, so nothing of anyone else's can be lost.
 */
export type Journal = z.infer<typeof journalSchema>;

/** One step of the gallery from one whole state to the next. Paths are relative to the data folder. */
export interface Change {
  /** Written before the commit; without effect until then. */
  readonly sidecar: TextFile | null;
  readonly newFiles: readonly { readonly path: string; readonly bytes: Uint8Array }[];
  readonly duplicates: readonly { readonly from: string; readonly to: string }[];
  /** The one atomic step on an `.npy` file that makes the change real. */
  readonly commit:
    | { readonly action: 'replace'; readonly path: string; readonly bytes: Uint8Array }
    | { readonly action: 'remove'; readonly path: string };
  readonly journal: Journal;
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** @throws RostroError `gallery_corrupt` */
export function parseJournal(bytes: Uint8Array): Journal {
  try {
    return journalSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch (cause) {
    throw corrupt(JOURNAL_FILE, 'it is not a note that this version of Rostro wrote', cause);
  }
}
