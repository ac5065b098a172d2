import { createHash } from 'node:crypto';
import { z } from 'zod';
import { corrupt } from '../errors.js';
import { isGalleryPath, JOURNAL_FILE } from './layout.js';

const galleryPath = z.string().refine(isGalleryPath);
const textFile = z.object({ path: galleryPath, text: z.string() });
const tidySchema = z.object({
  /** Files to delete. */
  remove: z.array(galleryPath),
  /** Content of the sidecar afterwards; null where it is deleted or unchanged. */
  sidecar: textFile.nullable(),
  /** The rows of another person that changed, too: written before anything is deleted. */
  rows: z.object({ path: galleryPath, base64: z.base64() }).optional(),
});
const journalSchema = z.object({
  version: z.literal(1),
  /** The change is committed if this file has this content; `sha256` null: if it does not exist. */
  doneWhen: z.object({ path: galleryPath, sha256: z.string().nullable() }),
  done: tidySchema,
  undone: tidySchema,
});

export type TextFile = z.infer<typeof textFile>;
export type Cleanup = z.infer<typeof tidySchema>;

/**
 * The write-ahead journal of one change: how to check whether it was committed, and which files to clean up in either
 * case. Only files named in the journal are deleted.
 */
export type Journal = z.infer<typeof journalSchema>;

/** An atomic change to the gallery's files. Paths are relative to the data folder. */
export interface Change {
  /** Written before the commit; has no effect until then. */
  readonly sidecar: TextFile | null;
  readonly newFiles: readonly { readonly path: string; readonly bytes: Uint8Array }[];
  readonly duplicates: readonly { readonly from: string; readonly to: string }[];
  /** The atomic operation that makes the change effective. */
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
