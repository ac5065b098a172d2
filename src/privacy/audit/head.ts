import { open, readFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const schema = z.strictObject({
  /** How many lines the log has had. */
  lines: z.int().min(0),
  /** Of the last of them. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
});

/** How far the log goes: tells that its end was cut off, which a chain alone cannot. */
export type Head = z.infer<typeof schema>;

/** One write of one sector: after a power cut it is the old one or the new one. */
const FILE_BYTES = 128;

export const headFile = (folder: string): string => join(folder, 'head.json');

/** @returns null where there is none, or none that can be read */
export async function readHead(folder: string): Promise<Head | null> {
  try {
    return schema.parse(JSON.parse(await readFile(headFile(folder), 'utf8')));
  } catch {
    return null;
  }
}

/**
 * Keeps the head up to date, always after its line is on the medium, so that it never says more than is true. It is not
 * waited for: after a power cut, not after a kill, it may be some lines behind.
 */
export class HeadWriter {
  private constructor(private readonly file: FileHandle) {}

  static async open(folder: string): Promise<HeadWriter> {
    const flags = await open(headFile(folder), 'r+', 0o600).catch(() => open(headFile(folder), 'w+', 0o600));
    return new HeadWriter(flags);
  }

  async write(head: Head): Promise<void> {
    const text = `${JSON.stringify(head).padEnd(FILE_BYTES - 1)}\n`;
    await this.file.write(text, 0);
  }

  async close(): Promise<void> {
    await this.file.sync();
    await this.file.close();
  }
}
