import { formBody } from './body.js';
import { ImportRun } from './import-run.js';
import type { FormPart } from './multipart.js';
import type { UploadOptions } from './options.js';
import { fileNameOf, type Photo } from './photo.js';
import type { Requester } from './requester.js';
import type { ImportJob } from './types.js';

/** A photo, or a list of who is on them (CSV), under its path: `Ada/1.jpg`, `staff.csv`. */
export interface ImportFile {
  readonly path: string;
  readonly photo: Photo;
}

export interface ImportOptions extends UploadOptions {
  /** What a photo's person is called after. @default 'folder' */
  readonly by?: 'folder' | 'file' | undefined;
}

/** Many photos at once. */
export class Imports {
  constructor(private readonly server: Requester) {}

  /**
   * Sends a ZIP archive, or up to 10,000 files with their paths, and does not wait for what becomes of them: see
   * `ImportRun.wait`. An archive that is a stream never lies in memory. Without a limit of time unless one is given.
   * @throws RostroApiError `busy`, `bad_archive`, `bad_list`, `upload_too_large`, `no_file`
   */
  async start(
    files: Photo | readonly ImportFile[],
    { by, timeoutMs = Infinity, ...options }: ImportOptions = {},
  ): Promise<ImportRun> {
    const named: readonly ImportFile[] = Array.isArray(files)
      ? (files as readonly ImportFile[])
      : [{ path: fileNameOf(files as Photo) ?? 'photos.zip', photo: files as Photo }];
    const parts = named.map(({ path, photo }): FormPart => ({ name: 'file', file: photo, fileName: path }));
    const body = formBody([...(by === undefined ? [] : [{ name: 'by', text: by }]), ...parts]);
    const request = { method: 'POST', path: '/import', body } as const;
    const job = await this.server.json<ImportJob>(request, { ...options, timeoutMs });
    return new ImportRun(this.server, job.id, job);
  }

  /** One that was started before, by its id. Nothing is asked yet. */
  job(id: string): ImportRun {
    return new ImportRun(this.server, id, null);
  }
}
