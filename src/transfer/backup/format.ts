import { z } from 'zod';
import { EXAMPLE_ID, exampleDetails } from '../../gallery/files/sidecar.js';

/**
 * A backup is a ZIP archive: `people/<number>/person.json`, `embeddings.npy` (float32, a row an example, in the order of
 * `person.json`) and `crops/<example>.jpg` beside them for each person, and at its end `manifest.json`, which has the SHA-256 of each
 * of them. Numbers and not names are in the paths, so that a name is never a path.
 */
export const BACKUP_FORMAT = 'rostro-backup';
export const BACKUP_VERSION = 1;
export const MANIFEST = 'manifest.json';
/** Present in an archive that needs a passphrase: how the key is made of it. Not sealed. */
export const SEALING = 'sealing.json';

const count = z.int().min(0);
const path = z.string().max(200);

export const manifestSchema = z.object({
  format: z.literal(BACKUP_FORMAT),
  version: z.literal(BACKUP_VERSION),
  createdAt: z.iso.datetime(),
  /** Which embedder the embeddings are of. */
  contract: z.object({ id: z.string(), name: z.string(), dimension: z.int().min(1) }),
  people: count,
  examples: count,
  crops: count,
  /** Crops that the gallery speaks of and that could not be read. */
  cropsMissing: count,
  /** Names without examples, as CompreFace's API keeps them. */
  subjects: z.array(z.object({ name: z.string(), group: z.string().nullable() })).default([]),
  /** Everything in the archive but this file and `sealing.json`; bytes and hash of what was sealed, where it is. */
  entries: z.array(z.object({ path, bytes: count, sha256: z.string().regex(/^[0-9a-f]{64}$/) })),
});
export type Manifest = z.infer<typeof manifestSchema>;
export type ManifestEntry = Manifest['entries'][number];

export const personSchema = z.object({
  name: z.string().min(1),
  id: z.string().nullable(),
  metadata: z.record(z.string(), z.json()),
  groups: z.array(z.string()),
  examples: z
    .array(
      z.object({
        id: z.string().regex(EXAMPLE_ID),
        addedAt: z.string().nullable(),
        /** Beside `person.json`. */
        crop: path.nullable(),
        details: exampleDetails,
      }),
    )
    .min(1),
});
export type ArchivedPerson = z.infer<typeof personSchema>;

export function personFolder(number: number): string {
  return `people/${String(number).padStart(6, '0')}`;
}
