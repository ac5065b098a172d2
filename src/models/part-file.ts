import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { z } from 'zod';

/** What lies on the disk of an interrupted download, and how to tell that the server still has the same file. */
export interface Resumable {
  /** Bytes that are there. */
  readonly offset: number;
  /** A strong ETag or a Last-Modified date, for `If-Range` (RFC 9110, section 13.1.5). */
  readonly validator: string;
}

const schema = z.object({ url: z.string(), validator: z.string().min(1) });

/** @returns null when there is nothing of this address that could be continued. */
export async function readResumable(part: string, url: string): Promise<Resumable | null> {
  try {
    const note = schema.parse(JSON.parse(await readFile(notePath(part), 'utf8')));
    const { size } = await stat(part);
    return note.url === url && size > 0 ? { offset: size, validator: note.validator } : null;
  } catch {
    return null;
  }
}

/** Notes what the bytes of a part file belong to; without a validator they cannot be continued. */
export async function notePart(part: string, url: string, validator: string | null): Promise<void> {
  if (validator === null) await rm(notePath(part), { force: true });
  else await writeFile(notePath(part), JSON.stringify({ url, validator }));
}

/** Removes a part file and its note, where they are there. */
export async function discardPart(part: string): Promise<void> {
  await rm(part, { force: true });
  await rm(notePath(part), { force: true });
}

function notePath(part: string): string {
  return `${part}.json`;
}
