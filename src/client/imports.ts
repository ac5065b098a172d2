import { formBody, type FormPart, jsonBody } from './body.js';
import { type ApiErrorCode, RostroApiError } from './error.js';
import { type CallOptions, pathOf, type UploadOptions, withQuery } from './options.js';
import { fileNameOf, type Photo } from './photo.js';
import type { Requester } from './requester.js';
import { Patience } from './retry.js';
import type { ImportJob, ImportLine, ImportReport } from './types.js';

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

const POLL_MS = 500;

export interface FaceChoice {
  readonly file: string;
  /** Its `index` in the line's `faces`. */
  readonly face: number;
}

export interface WaitOptions extends CallOptions {
  /** Told each time that the server was asked. */
  readonly onProgress?: ((job: ImportJob) => void) | undefined;
  /** @default 500 */
  readonly pollMs?: number | undefined;
}

/** An import of the server. All of these throw RostroApiError `import_not_found` half an hour after its end. */
export class ImportRun {
  private readonly path: string;

  /** @param job as the server said last; null where it has not been asked yet */
  constructor(
    private readonly server: Requester,
    readonly id: string,
    public job: ImportJob | null,
  ) {
    this.path = pathOf('import', id);
  }

  /** How it gets on. */
  async status(options?: CallOptions): Promise<ImportJob> {
    return (this.job = await this.server.json<ImportJob>({ path: this.path }, options));
  }

  /**
   * Resolves when it has ended, by itself or because it was stopped. `timeoutMs` is that of each question.
   * @throws RostroApiError why the import failed
   */
  async wait({ onProgress, pollMs = POLL_MS, ...options }: WaitOptions = {}): Promise<ImportJob> {
    const patience = new Patience(Infinity, options.signal);
    try {
      for (;;) {
        const job = await this.status(options);
        onProgress?.(job);
        if (job.error) throw new RostroApiError(job.error.code as ApiErrorCode, job.error.message);
        if (job.endedAt !== null) return job;
        await patience.pause(pollMs);
      }
    } finally {
      patience.end();
    }
  }

  /** What became of each photo so far. */
  async report(options?: CallOptions): Promise<readonly ImportLine[]> {
    return (await this.server.json<ImportReport>({ path: `${this.path}/report` }, options)).lines;
  }

  /** The same as a table, CSV. */
  reportCsv(options?: CallOptions): Promise<string> {
    return this.server.text({ path: this.reportPath }, options);
  }

  /** Where the table is, for a link of a page whose browser is logged in. */
  get reportCsvUrl(): string {
    return this.server.url + this.reportPath;
  }

  /** A photo with several faces, to choose one. @throws RostroApiError `no_file` for others */
  photo(file: string, options?: CallOptions): Promise<Blob> {
    return this.server.blob({ path: withQuery(`${this.path}/photo`, { file }) }, options);
  }

  /** Says which face is meant on photos with several, when the import has ended; they are looked at again then. */
  async choose(choices: readonly FaceChoice[], options?: CallOptions): Promise<ImportJob> {
    const request = { method: 'POST', path: `${this.path}/choices`, body: jsonBody({ choices }) } as const;
    return (this.job = await this.server.json<ImportJob>(request, options));
  }

  /** Stops it and has the server forget it; who was enrolled stays. */
  cancel(options?: CallOptions): Promise<ImportJob> {
    return this.server.json({ method: 'DELETE', path: this.path }, options);
  }

  private get reportPath(): string {
    return `${this.path}/report?format=csv`;
  }
}
