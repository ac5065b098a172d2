import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { z } from 'zod';

/** A partial download on disk, and the validator that identifies the server's file. */
export interface ResumeInfo {
  /** Bytes on disk. */
  readonly offset: number;
  /** A strong ETag or a Last-Modified date, for `If-Range` (RFC 9110, section 13.1.5). */
  readonly validator: string;
}

const schema = z.object({ url: z.string(), validator: z.string().min(1) });

/** @returns null when there is no resumable download of this URL */
export async function readResumeInfo(part: string, url: string): Promise<ResumeInfo | null> {
  try {
    const note = schema.parse(JSON.parse(await readFile(resumeInfoPath(part), 'utf8')));
    const { size } = await stat(part);
    return note.url === url && size > 0 ? { offset: size, validator: note.validator } : null;
  } catch {
    return null;
  }
}

/** Stores the URL and validator of a part file; without a validator the download cannot be resumed. */
export async function writeResumeInfo(part: string, url: string, validator: string | null): Promise<void> {
  if (validator === null) await rm(resumeInfoPath(part), { force: true });
  else await writeFile(resumeInfoPath(part), JSON.stringify({ url, validator }));
}

/** Removes a part file and its resume info, if they exist. */
export async function removePart(part: string): Promise<void> {
  await rm(part, { force: true });
  await rm(resumeInfoPath(part), { force: true });
}

function resumeInfoPath(part: string): string {
  return `${part}.json`;
}
