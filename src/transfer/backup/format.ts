import { z } from 'zod';
import { type AttendanceSession, rowFacts, SESSION_ID, sessionFacts } from '../../attendance/session.js';
import { EXAMPLE_ID, exampleDetails, furtherSchema, negativeSchema } from '../../gallery/files/sidecar.js';

/**
 * A backup is a ZIP archive. Each person has a folder `people/<number>/` with `person.json`, `embeddings.npy`
 * (float32, one row per example, in the order of `person.json`), `crops/<example>.jpg` and `crops/not-<negative>.jpg`. Each
 * session of attendance is a file `attendance/<number>.json`, which older versions pass over. The last file is
 * `manifest.json` with the SHA-256 of each file. Paths contain numbers instead of names, so that a name cannot be a
 * path.
 */
export const BACKUP_FORMAT = 'rostro-backup';
export const BACKUP_VERSION = 1;
export const MANIFEST = 'manifest.json';
/** Key derivation parameters of an encrypted archive. Not encrypted itself. */
export const SEALING = 'sealing.json';

const count = z.int().min(0);
const path = z.string().max(200);

/** In addition, each plugin with data has a field. */
export const manifestSchema = z.looseObject({
  format: z.literal(BACKUP_FORMAT),
  version: z.literal(BACKUP_VERSION),
  createdAt: z.iso.datetime(),
  /** Contract of the embedder. */
  contract: z.object({ id: z.string(), name: z.string(), dimension: z.int().min(1) }),
  people: count,
  examples: count,
  crops: count,
  /** Number of crops that could not be read. */
  cropsMissing: count,
  /** Number of attendance sessions; none in archives of older versions. */
  attendance: count.default(0),
  /** All files except this one and `sealing.json`, with size and hash before encryption. */
  entries: z.array(z.object({ path, bytes: count, sha256: z.string().regex(/^[0-9a-f]{64}$/) })),
});
export type Manifest = z.infer<typeof manifestSchema>;
export type ManifestEntry = Manifest['entries'][number];

export const personSchema = z.object({
  name: z.string().min(1),
  id: z.string().nullable(),
  metadata: z.record(z.string(), z.json()),
  groups: z.array(z.string()),
  ...furtherSchema.shape,
  examples: z
    .array(
      z.object({
        id: z.string().regex(EXAMPLE_ID),
        addedAt: z.string().nullable(),
        /** Relative to the folder of `person.json`. */
        crop: path.nullable(),
        details: exampleDetails,
      }),
    )
    .min(1),
  negatives: z.array(negativeSchema.extend({ crop: path.nullable() })).optional(),
});
export type ArchivedPerson = z.infer<typeof personSchema>;

/** A session of attendance with those of its people who are in the archive. */
export const sessionSchema = sessionFacts.extend({
  id: z.string().regex(SESSION_ID),
  rows: z.array(rowFacts.extend({ person: z.string().min(1) })),
});
export type ArchivedSession = z.infer<typeof sessionSchema>;

/** Without the keys of the rows. */
export function archivedSession({
  id,
  title,
  group,
  camera,
  lateAfter,
  ended,
  rows,
}: AttendanceSession): ArchivedSession {
  const plain = rows.map(({ person, seen, manual, note }) => ({ person, seen, manual, note }));
  return { id, title, group, camera, lateAfter, ended, rows: plain };
}

export function sessionFile(number: number): string {
  return `attendance/${String(number).padStart(6, '0')}.json`;
}

export function personFolder(number: number): string {
  return `people/${String(number).padStart(6, '0')}`;
}
