import { FolderSource } from './folder-source.js';
import { RostroError } from '../../shared/errors.js';
import { isMeant, type PhotoSource } from './photo-source.js';

/** A file that a request brought. */
export interface ReceivedFile {
  /** What the sender calls it, with forward slashes; never a path here. */
  readonly path: string;
  /** Where it lies here, in the folder of the import. */
  readonly stored: string;
}

/** Photos that came one by one, under the paths that the sender has them. */
export class UploadedSource implements PhotoSource {
  readonly files: readonly string[];
  private readonly stored: ReadonlyMap<string, string>;
  private readonly folder: FolderSource;

  /** Of two files of one path the last one counts. */
  constructor(folder: string, received: readonly ReceivedFile[]) {
    this.stored = new Map(received.map(({ path, stored }) => [path.replaceAll('\\', '/'), stored]));
    this.files = [...this.stored.keys()].filter(isMeant).sort();
    this.folder = FolderSource.at(folder);
  }

  async read(path: string, maxBytes: number): Promise<Uint8Array> {
    const stored = this.stored.get(path);
    if (stored === undefined) throw new RostroError('no_file', 'No such file was sent.');
    return this.folder.read(stored, maxBytes);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
