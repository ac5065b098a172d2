import { createHash } from 'node:crypto';
import { z } from 'zod';
import { actorSchema } from './actor.js';

/** Changes are on the disk before they are answered; looks at photos are written with `AUDIT=all` only, in batches. */
export const CHANGES = [
  'enrol',
  'rename',
  'describe',
  'merge',
  'put',
  'erase_person',
  'erase_example',
  'export',
  'key_create',
  'key_revoke',
] as const;
export const LOOKS = ['recognize', 'live', 'verify'] as const;
/** What the log says of itself. */
export const REMARKS = ['torn_line_removed', 'head_mismatch', 'interrupted'] as const;

const subject = z.string().regex(/^p-[0-9a-f]{32}$/);
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const fact = z.union([z.string().max(300), z.number(), z.boolean(), z.null()]);

const eventSchema = z.strictObject({
  action: z.enum([...CHANGES, ...LOOKS, ...REMARKS]),
  /** The person, under a pseudonym: `subjects.ts`. */
  subject: subject.optional(),
  /** The same in the line before the change and the one after it. */
  change: z.string().max(64).optional(),
  outcome: z.enum(['begun', 'done', 'failed']).optional(),
  /** Of the error, where it failed. */
  code: z.string().max(64).optional(),
  /** Whom a face was taken for and at what distance: a decision each, never a vector. */
  faces: z
    .array(z.strictObject({ subject: subject.nullable(), distance: z.number().nullable() }))
    .max(1000)
    .optional(),
  /** Single facts; an embedding or a picture does not fit in. */
  facts: z.record(z.string().max(40), fact).optional(),
});

const entrySchema = z.strictObject({
  /** Counted from 1 over all files. */
  seq: z.int().min(1),
  /** By the machine's clock, ISO 8601, UTC. The order is that of `seq`. */
  at: z.iso.datetime(),
  actor: actorSchema,
  ...eventSchema.shape,
  /** {@link hashLine} of the line before. */
  prev: hash,
});

export type AuditEvent = z.infer<typeof eventSchema>;
export type AuditEntry = z.infer<typeof entrySchema>;

/** What the first line of all has in place of the hash of a line before it. */
export const GENESIS = '0'.repeat(64);

/** SHA-256 of a line's bytes without its line feed, hexadecimal. */
export function hashLine(line: string | Uint8Array): string {
  return createHash('sha256').update(line).digest('hex');
}

/** One line, without its line feed. Throws on what an entry may not hold: that is a defect. */
export function renderEntry(entry: AuditEntry): string {
  return JSON.stringify(entrySchema.parse(entry));
}

/** @returns null for a line that this version of Rostro did not write */
export function parseEntry(line: string): AuditEntry | null {
  try {
    return entrySchema.parse(JSON.parse(line));
  } catch {
    return null;
  }
}
