import { createHash } from 'node:crypto';
import { z } from 'zod';
import { actorSchema } from './actor.js';

/** Changes are synced before they return; lookups are logged with `AUDIT=all` only, in batches. */
export const CHANGES = [
  'enrol',
  'rename',
  'describe',
  'merge',
  'put',
  'erase_person',
  'erase_example',
  'move_example',
  'correct',
  'erase_negative',
  'erase_sightings',
  'attendance_open',
  'attendance_change',
  'attendance_mark',
  'attendance_erase',
  'export',
  'calibrate',
  'configure',
  'key_create',
  'key_revoke',
] as const;
export const LOOKUPS = ['recognize', 'live', 'verify', 'read'] as const;
/** Events about the log itself. */
export const LOG_EVENTS = ['torn_line_removed', 'head_mismatch', 'interrupted'] as const;

const subject = z.string().regex(/^p-[0-9a-f]{32}$/);
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const fact = z.union([z.string().max(300), z.number(), z.boolean(), z.null()]);

const eventSchema = z.strictObject({
  action: z.enum([...CHANGES, ...LOOKUPS, ...LOG_EVENTS]),
  /** Pseudonym of the person: `pseudonyms.ts`. */
  subject: subject.optional(),
  /** Id of the change, in its first and its last line. */
  change: z.string().max(64).optional(),
  outcome: z.enum(['begun', 'done', 'failed']).optional(),
  /** Error code of a failed change. */
  code: z.string().max(64).optional(),
  /** Result for each face: pseudonym and distance, never a vector. */
  faces: z
    .array(z.strictObject({ subject: subject.nullable(), distance: z.number().nullable() }))
    .max(1000)
    .optional(),
  /** Scalar values; too small for an embedding or a picture. */
  facts: z.record(z.string().max(40), fact).optional(),
});

const entrySchema = z.strictObject({
  /** From 1, across all files. */
  seq: z.int().min(1),
  /** System time, ISO 8601, UTC. `seq` defines the order. */
  at: z.iso.datetime(),
  actor: actorSchema,
  ...eventSchema.shape,
  /** {@link hashLine} of the previous line. */
  prev: hash,
});

export type AuditEvent = z.infer<typeof eventSchema>;
export type AuditEntry = z.infer<typeof entrySchema>;

/** `prev` of the first line. */
export const GENESIS = '0'.repeat(64);

/** SHA-256 of a line without the line feed, hexadecimal. */
export function hashLine(line: string | Uint8Array): string {
  return createHash('sha256').update(line).digest('hex');
}

/** @returns the line without a line feed. @throws for an invalid entry, which is a bug */
export function renderEntry(entry: AuditEntry): string {
  return JSON.stringify(entrySchema.parse(entry));
}

/** @returns null for a line that is not a valid entry */
export function parseEntry(line: string): AuditEntry | null {
  try {
    return entrySchema.parse(JSON.parse(line));
  } catch {
    return null;
  }
}

/** Changes without a last line. @param lines of the log, oldest first */
export function unfinished(lines: readonly string[]): AuditEntry[] {
  const begun = new Map<string, AuditEntry>();
  for (const line of lines) {
    const entry = parseEntry(line);
    if (entry?.change === undefined) continue;
    if (entry.outcome === 'begun') begun.set(entry.change, entry);
    else begun.delete(entry.change);
  }
  return [...begun.values()];
}
