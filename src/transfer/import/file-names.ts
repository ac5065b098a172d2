import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { encodingUnknown } from '../../shared/encoding-choice.js';
import { RostroError } from '../../shared/errors.js';
import { decode, type Encoding, pathOf, hasLostCharacters, utf8Of } from '../../shared/text-encoding.js';

/**
 * The files of a folder and its subfolders: relative path with forward slashes -> path for the file system. Follows links
 * to files, not to folders.
 * @param encoding of the names that are not UTF-8, for those that are not recognised
 * @throws RostroError `encoding_unknown`, `bad_name`; the file system's error
 */
export async function filesBelow(folder: string, encoding?: Encoding): Promise<ReadonlyMap<string, Buffer>> {
  const found = new Map<string, Buffer>();
  const uncertain: Buffer[] = [];
  for (const raw of await rawFilesBelow(Buffer.from(folder))) {
    const bytes = raw.subarray(Buffer.byteLength(folder) + 1);
    const path = (utf8Of(bytes) === null && encoding ? decode(bytes, encoding) : pathOf(bytes)).replaceAll('\\', '/');
    if (hasLostCharacters(path) && encoding === undefined) uncertain.push(bytes);
    else if (found.has(path)) throw new RostroError('bad_name', `Two files are called ${path}, in two encodings.`);
    found.set(path, raw);
  }
  if (uncertain.length > 0) throw encodingUnknown('Names of files', uncertain);
  return found;
}

async function rawFilesBelow(folder: Buffer): Promise<Buffer[]> {
  const files: Buffer[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true, encoding: 'buffer' })) {
    const path = Buffer.concat([folder, Buffer.from('/'), entry.name]);
    if (entry.isDirectory()) files.push(...(await rawFilesBelow(path)));
    else if (entry.isFile() || (await isFile(path))) files.push(path);
  }
  return files;
}

function isFile(path: Buffer): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

/** Looks paths up among those with the same characters: macOS writes accents apart (NFD), other systems do not (NFC). */
export class NormalisedPaths {
  private readonly byForm: ReadonlyMap<string, string>;

  constructor(paths: Iterable<string>) {
    this.byForm = new Map([...paths].map((path) => [path.normalize('NFC'), path]));
  }

  /** @returns the path itself where none fits */
  find(path: string): string {
    return this.byForm.get(path.normalize('NFC')) ?? path;
  }
}

/** As {@link NormalisedPaths}, in the file system. Folders are read once. */
export class NormalisedFiles {
  private readonly folders = new Map<string, Promise<NormalisedPaths>>();

  /** @param path absolute @returns the path itself where none fits */
  async find(path: string): Promise<string> {
    const parent = dirname(path);
    if (parent === path || (await exists(path))) return path;
    const folder = await this.find(parent);
    const names =
      this.folders.get(folder) ??
      readdir(folder).then(
        (all) => new NormalisedPaths(all),
        () => new NormalisedPaths([]),
      );
    this.folders.set(folder, names);
    return join(folder, (await names).find(path.slice(parent.length + 1)));
  }
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
