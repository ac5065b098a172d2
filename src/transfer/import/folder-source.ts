import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { RostroError } from '../../shared/errors.js';
import { isMeant, type PhotoSource } from './photo-source.js';

/** The files of a folder and of the folders in it. Links to files count, links to folders do not. */
export class FolderSource implements PhotoSource {
  private constructor(
    private readonly folder: string,
    readonly files: readonly string[],
  ) {}

  /** @throws RostroError `no_file` */
  static async open(folder: string): Promise<FolderSource> {
    const paths = (await listed(folder)).map((path) => path.split(sep).join('/')).filter(isMeant);
    const files: string[] = [];
    for (const path of paths) if (await isFile(join(folder, path))) files.push(path);
    return new FolderSource(folder, files.sort());
  }

  /** For a list that names its photos itself: nothing is looked for. */
  static at(folder: string): FolderSource {
    return new FolderSource(folder, []);
  }

  async read(path: string, maxBytes: number): Promise<Uint8Array> {
    const file = resolve(this.folder, path);
    try {
      const { size } = await stat(file);
      if (size > maxBytes) throw tooLarge(size, maxBytes);
      return await readFile(file);
    } catch (cause) {
      if (cause instanceof RostroError) throw cause;
      throw new RostroError('no_file', `The file cannot be read: ${reasonOf(cause)}.`, { cause });
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

export function tooLarge(bytes: number, maxBytes: number): RostroError {
  return new RostroError('upload_too_large', `The file has ${bytes} bytes; a photo may have ${maxBytes}.`);
}

async function listed(folder: string): Promise<string[]> {
  try {
    return await readdir(folder, { recursive: true });
  } catch (cause) {
    throw new RostroError('no_file', `Cannot read the folder ${folder}: ${reasonOf(cause)}.`, { cause });
  }
}

function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

function reasonOf(cause: unknown): string {
  return (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'it does not exist' : (cause as Error).message;
}
