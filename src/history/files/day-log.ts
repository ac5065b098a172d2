import { open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { nodeDisk } from '../../gallery/files/disk.js';
import type { Vault } from '../../gallery/sealing/vault.js';
import { makePrivateFolder, PRIVATE_FILE, replaceFile, syncFolder } from '../../shared/files.js';
import { parseJson } from '../../shared/json.js';
import { RostroError } from '../../shared/errors.js';
import { forEachConcurrent } from '../../shared/queue.js';
import { SIGHTING_ID, SIGHTING_SOURCES, sightingFacts, STRANGER_ID, STRANGER_MARKS } from '../sighting.js';

/** Below the state folder. A folder a day has `LOG_FILE`, and a file `ID.face` of each sighting with a face. */
export const HISTORY_FOLDER = 'history';
export const LOG_FILE = 'sightings.log';
export const FACE_SUFFIX = '.face';
const REMOVED_AT_ONCE = 8;
export const DAY_FOLDER = /^\d{4}-\d{2}-\d{2}$/;

/** A sighting as a line has it. */
export const storedSighting = z.object({
  source: z.enum(SIGHTING_SOURCES),
  camera: z.string().nullable(),
  /** Key in the table of people; null for a stranger. */
  person: z.string().nullable(),
  // Lines of older versions lack both.
  stranger: z.string().regex(STRANGER_ID).nullable().default(null),
  mark: z.enum(STRANGER_MARKS).nullable().default(null),
  /** Milliseconds since 1970. */
  last: z.number(),
  hasCrop: z.boolean(),
  ...sightingFacts.shape,
});
export interface StoredSighting extends z.infer<typeof storedSighting> {
  readonly id: string;
}

export interface LogLine {
  readonly id: string;
  /** JSON, or base64 of the encrypted JSON. */
  readonly payload: string;
}

export interface ReadDay {
  /** The last line of each sighting. */
  readonly sightings: readonly StoredSighting[];
  /** Number of lines that cannot be read. They have no effect, and the next erasure of the day removes them. */
  readonly damaged: number;
}

/** The name that a line is encrypted under, so that it cannot be moved to another sighting. */
export function sealedLineName(id: string): string {
  return `.state/${HISTORY_FOLDER}/${id}`;
}

/** @returns the complete lines, and their bytes; an incomplete last one was never acknowledged */
export function parseLines(content: Uint8Array): { readonly lines: readonly LogLine[]; readonly bytes: number } {
  const buffer = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const bytes = buffer.lastIndexOf('\n') + 1;
  const texts = buffer.toString('latin1', 0, bytes).split('\n').slice(0, -1);
  const lines = texts.map((text) => {
    const space = text.indexOf(' ');
    return { id: text.slice(0, Math.max(0, space)), payload: text.slice(space + 1) };
  });
  return { lines, bytes };
}

export function renderLines(lines: readonly LogLine[]): Buffer {
  return Buffer.from(lines.map(({ id, payload }) => `${id} ${payload}\n`).join(''), 'latin1');
}

/** Base64 has no brace, so both kinds of payload can be told apart. */
export function payloadBytes(payload: string): Uint8Array {
  return payload.startsWith('{') ? Buffer.from(payload, 'latin1') : Buffer.from(payload, 'base64');
}

/** @param json in latin1, or encrypted bytes */
export function payloadOf(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return buffer[0] === 0x7b ? buffer.toString('latin1') : buffer.toString('base64');
}

/** The sightings of one day (UTC, by their first look): a line is appended for each and for each change of one. */
export class DayLog {
  private readonly path: string;
  /** Length of the complete lines; null before the first read. */
  private bytes: number | null = null;

  constructor(
    readonly folder: string,
    private readonly vault: Vault,
  ) {
    this.path = join(folder, LOG_FILE);
  }

  facePath(id: string): string {
    return join(this.folder, `${id}${FACE_SUFFIX}`);
  }

  /** @throws RostroError `encryption_key_wrong`; the file system's error */
  async read(): Promise<ReadDay> {
    const { lines, bytes } = await this.lines();
    this.bytes = bytes;
    const last = new Map<string, StoredSighting>();
    let damaged = 0;
    for (const line of lines) {
      const sighting = this.parse(line);
      if (sighting === null) damaged++;
      else last.set(sighting.id, sighting);
    }
    return { sightings: [...last.values()], damaged };
  }

  /** Resolves when the lines are on the disk. */
  async append(...sightings: readonly StoredSighting[]): Promise<void> {
    this.bytes ??= (await this.lines()).bytes;
    const isNew = this.bytes === 0;
    const content = renderLines(
      sightings.map(({ id, ...sighting }) => {
        const json = Buffer.from(JSON.stringify(sighting));
        return { id, payload: payloadOf(this.vault.seal(escaped(json), sealedLineName(id))) };
      }),
    );
    const file = await open(this.path, 'a', PRIVATE_FILE);
    try {
      if ((await file.stat()).size > this.bytes) await file.truncate(this.bytes);
      await file.appendFile(content);
      await file.datasync();
    } finally {
      await file.close();
    }
    this.bytes += content.length;
    if (isNew) await syncFolder(this.folder);
  }

  /** Makes the folder, and makes sure that it is there after a power cut. */
  async create(): Promise<void> {
    await makePrivateFolder(this.folder);
    await syncFolder(dirname(this.folder));
  }

  /**
   * Erases sightings: rewrites the log with the last lines of the others, and deletes the faces. Without others, the
   * whole folder is deleted.
   */
  async erase(ids: ReadonlySet<string>, kept: ReadonlySet<string>): Promise<void> {
    if (kept.size === 0) {
      await nodeDisk.remove(this.path);
      await rm(this.folder, { recursive: true, force: true });
      await syncFolder(dirname(this.folder));
      this.bytes = 0;
      return;
    }
    const last = new Map<string, LogLine>();
    for (const line of (await this.lines()).lines) if (kept.has(line.id)) last.set(line.id, line);
    const content = renderLines([...last.values()]);
    await replaceFile(this.path, content, { sync: 'folder' });
    this.bytes = content.length;
    await this.remove([...ids].map((id) => this.facePath(id)));
  }

  /** Deletes what an interrupted run left: faces without a line, and temporary files. */
  async tidy(kept: ReadonlySet<string>): Promise<void> {
    if (kept.size === 0) return this.erase(kept, kept);
    const names = (await nodeDisk.list(this.folder)).map(({ name }) => name);
    const isKept = (name: string) =>
      name === LOG_FILE || (name.endsWith(FACE_SUFFIX) && kept.has(name.slice(0, -FACE_SUFFIX.length)));
    await this.remove(names.filter((name) => !isKept(name)).map((name) => join(this.folder, name)));
  }

  private async remove(paths: readonly string[]): Promise<void> {
    if (paths.length === 0) return;
    await forEachConcurrent(paths, REMOVED_AT_ONCE, (path) => nodeDisk.remove(path));
    await syncFolder(this.folder);
  }

  private async lines() {
    return parseLines((await nodeDisk.read(this.path)) ?? new Uint8Array(0));
  }

  private parse({ id, payload }: LogLine): StoredSighting | null {
    if (!SIGHTING_ID.test(id)) return null;
    try {
      const json = this.vault.open(payloadBytes(payload), sealedLineName(id));
      const read = storedSighting.safeParse(parseJson(json));
      return read.success ? { id, ...read.data } : null;
    } catch (error) {
      if (error instanceof RostroError && error.code === 'encryption_key_wrong') throw error;
      return null;
    }
  }
}

/** Lines are latin1: characters beyond ASCII, as ids of cameras may have, are written as JSON escapes. */
function escaped(json: Buffer): Buffer {
  const text = json.toString('utf8');
  return Buffer.from(
    text.replace(/[\u0080-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`),
    'latin1',
  );
}
