import { createReadStream } from 'node:fs';
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { RostroError } from '../shared/errors.js';

const NEWLINE = 0x0a;

/**
 * A file of JSON values, one a line, that only grows: what was appended before a kill is still there after it. A line
 * that the kill cut short is dropped at the next opening.
 */
export class LineLog {
  private last: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly file: FileHandle,
    private readonly path: string,
  ) {}

  /**
   * Opens or creates the file and its folder.
   * @param onLine gets each line that is there, in order; one that is not JSON is passed over
   * @throws RostroError `storage_failed`
   */
  static async open(path: string, onLine: (value: unknown) => void): Promise<LineLog> {
    try {
      await mkdir(dirname(path), { recursive: true });
      const file = await open(path, 'a');
      await file.truncate(await readLines(path, onLine));
      return new LineLog(file, path);
    } catch (cause) {
      throw cannotWrite(path, cause);
    }
  }

  /** Lines land in the order of the calls. @throws RostroError `storage_failed` */
  append(value: unknown): Promise<void> {
    const line = `${JSON.stringify(value)}\n`;
    const appended = this.last.then(() => this.file.appendFile(line));
    this.last = appended.catch(() => undefined);
    return appended.catch((cause: unknown) => {
      throw cannotWrite(this.path, cause);
    });
  }

  async close(): Promise<void> {
    await this.last;
    await this.file.close();
  }
}

/** @returns how many bytes its whole lines take */
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
