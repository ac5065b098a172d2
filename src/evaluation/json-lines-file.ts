import { createReadStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { RostroError } from '../shared/errors.js';
import { makePrivateFolder, PRIVATE_FILE } from '../shared/files.js';
import { SerialQueue } from '../shared/queue.js';

const NEWLINE = 0x0a;

/**
 * An append-only file of JSON values, one per line. Lines appended before a crash are kept; a line that was cut off is
 * removed when the file is opened.
 */
export class JsonLinesFile {
  private readonly writes = new SerialQueue();

  private constructor(
    private readonly file: FileHandle,
    private readonly path: string,
  ) {}

  /**
   * Opens or creates the file and its folder.
   * @param onLine receives each existing line, in order; lines that are not JSON are skipped
   * @throws RostroError `storage_failed`
   */
  static async open(path: string, onLine: (value: unknown) => void): Promise<JsonLinesFile> {
    try {
      await makePrivateFolder(dirname(path));
      const file = await open(path, 'a', PRIVATE_FILE);
      await file.truncate(await readLines(path, onLine));
      return new JsonLinesFile(file, path);
    } catch (cause) {
      throw cannotWrite(path, cause);
    }
  }

  /** Lines are written in the order of the calls. @throws RostroError `storage_failed` */
  append(value: unknown): Promise<void> {
    const line = `${JSON.stringify(value)}\n`;
    return this.writes
      .run(() => this.file.appendFile(line))
      .catch((cause: unknown) => {
        throw cannotWrite(this.path, cause);
      });
  }

  async close(): Promise<void> {
    await this.writes.idle();
    await this.file.close();
  }
}

/** @returns the size of the complete lines, bytes */
async function readLines(path: string, onLine: (value: unknown) => void): Promise<number> {
  let rest: Buffer = Buffer.alloc(0);
  let bytes = 0;
  for await (const chunk of createReadStream(path)) {
    rest = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer]);
    let start = 0;
    for (let end = rest.indexOf(NEWLINE); end !== -1; end = rest.indexOf(NEWLINE, start)) {
      parseLine(rest.toString('utf8', start, end), onLine);
      start = end + 1;
    }
    bytes += start;
    rest = rest.subarray(start);
  }
  return bytes;
}

function parseLine(line: string, onLine: (value: unknown) => void): void {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return;
  }
  onLine(value);
}

function cannotWrite(path: string, cause: unknown): RostroError {
  const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
  return new RostroError('storage_failed', `${path} cannot be written (${code}).`, { cause });
}
