import { parseEntry, type AuditEntry } from './entry.js';
import type { LineSource } from './line-store.js';

export interface Wanted {
  /** Only lines that mention this pseudonym. */
  readonly subject?: string;
  /** Only lines from then on, by the clock that wrote them. */
  readonly since?: Date;
}

/** The lines of the log that can be read, oldest first. */
export async function* readLog(source: LineSource, { subject, since }: Wanted = {}): AsyncGenerator<AuditEntry> {
  for await (const { text, isWhole } of source.lines()) {
    const entry = isWhole ? parseEntry(text) : null;
    if (entry === null) continue;
    if (since !== undefined && new Date(entry.at) < since) continue;
    if (subject === undefined || mentions(entry, subject)) yield entry;
  }
}

function mentions({ subject, faces = [] }: AuditEntry, wanted: string): boolean {
  return subject === wanted || faces.some((face) => face.subject === wanted);
}
