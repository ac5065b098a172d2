import { fileNameOf, formBody, type FormPart, jsonBody, type Photo } from './body.js';
import { type ApiErrorCode, RostroApiError } from './error.js';
import { type CallOptions, pathOf, type UploadOptions, withQuery } from './options.js';
import type { Requester } from './requester.js';
import { consentText } from './enrolment.js';
import { CallTimeout } from './retry.js';
import type { GivenConsent, ImportJob, ImportLine, ImportPlan, ImportReport } from './types.js';

/** A photo, or a CSV list of the people on the photos, with its path: `Ada/1.jpg`, `staff.csv`. */
export interface ImportFile {
  readonly path: string;
  readonly photo: Photo;
}

/** Where the names of the people come from. */
export type NamedBy = 'auto' | 'folder' | 'top-folder' | 'file';

export interface ImportOptions extends UploadOptions {
  /** @default 'auto' */
  readonly by?: NamedBy | undefined;
  /** Of names in an archive or a list that are not UTF-8: after the error `encoding_unknown`. */
  readonly encoding?: string | undefined;
  /** Of all people whom a list gives none, where the server asks for it. */
  readonly consent?: GivenConsent | undefined;
}

/** Imports of many photos. */
export class Imports {
  constructor(private readonly server: Requester) {}

  /**
   * Sends a ZIP archive or up to 10,000 files with their paths. Resolves when the import has started; see `ImportRun.wait`. An
   * archive given as a stream is not held in memory. No timeout by default.
   * @throws RostroApiError `busy`, `bad_archive`, `bad_list`, `encoding_unknown`, `upload_too_large`, `no_file`
   */
  async start(files: Photo | readonly ImportFile[], options: ImportOptions = {}): Promise<ImportRun> {
    const job = await this.send<ImportJob>('/import', files, options);
    return new ImportRun(this.server, job.id, job);
  }

  /**
   * Sends the same without enrolling anything. `job(plan.id).start()` enrols it within half an hour.
   * @throws RostroApiError as `start`
   */
  plan(files: Photo | readonly ImportFile[], options: ImportOptions = {}): Promise<ImportPlan> {
    return this.send<ImportPlan>('/import?plan=true', files, options);
  }

  /** Who would be enrolled from photos with these paths. */
  planPaths(paths: readonly string[], { by, ...options }: ImportOptions = {}): Promise<ImportPlan> {
    const request = { method: 'POST', path: '/import?plan=true', body: jsonBody({ paths, by }) } as const;
    return this.server.json<ImportPlan>(request, options);
  }

  private send<T>(
    path: string,
    files: Photo | readonly ImportFile[],
    { by, encoding, consent, timeoutMs = Infinity, ...options }: ImportOptions,
  ): Promise<T> {
    const named: readonly ImportFile[] = Array.isArray(files)
      ? (files as readonly ImportFile[])
      : [{ path: fileNameOf(files as Photo) ?? 'photos.zip', photo: files as Photo }];
    const parts = named.map(({ path, photo }): FormPart => ({ name: 'file', file: photo, fileName: path }));
    const body = formBody([
      ...(by === undefined ? [] : [{ name: 'by', text: by }]),
      ...(encoding === undefined ? [] : [{ name: 'encoding', text: encoding }]),
      ...(consent === undefined ? [] : [{ name: 'consent', text: consentText(consent) }]),
      ...parts,
    ]);
    return this.server.json<T>({ method: 'POST', path, body }, { ...options, timeoutMs });
  }

  /** An import that was started before. Sends no request. */
  job(id: string): ImportRun {
    return new ImportRun(this.server, id, null);
  }
}

const POLL_MS = 500;

export interface FaceChoice {
  readonly file: string;
  /** The `index` in the `faces` of the report's line. */
  readonly face: number;
}

export interface WaitOptions extends CallOptions {
  /** Called after each poll. */
  readonly onProgress?: ((job: ImportJob) => void) | undefined;
  /** @default 500 */
  readonly pollMs?: number | undefined;
}

/** An import on the server. All methods throw RostroApiError `import_not_found` half an hour after its end. */
export class ImportRun {
  private readonly path: string;

  /** @param job the last known state; null before the first request */
  constructor(
    private readonly server: Requester,
    readonly id: string,
    public job: ImportJob | null,
  ) {
    this.path = pathOf('import', id);
  }

  /** Starts an import that was planned. @throws RostroApiError `bad_request` if it has been started */
  async start({ by, consent, ...options }: ImportOptions = {}): Promise<ImportJob> {
    return (this.job = await this.server.json<ImportJob>(this.startRequest({ by, consent }), options));
  }

  /** Plans it again, with names from other parts of the paths. */
  plan({ by, consent, ...options }: ImportOptions = {}): Promise<ImportPlan> {
    const request = this.startRequest({ by, consent });
    return this.server.json<ImportPlan>({ ...request, path: `${request.path}?plan=true` }, options);
  }

  /** Fetches the progress. */
  async status(options?: CallOptions): Promise<ImportJob> {
    return (this.job = await this.server.json<ImportJob>({ path: this.path }, options));
  }

  /**
   * Resolves when the import has finished or was cancelled. `timeoutMs` limits each poll.
   * @throws RostroApiError the error of a failed import
   */
  async wait({ onProgress, pollMs = POLL_MS, ...options }: WaitOptions = {}): Promise<ImportJob> {
    const timeout = new CallTimeout(Infinity, options.signal);
    try {
      for (;;) {
        const job = await this.status(options);
        onProgress?.(job);
        if (job.error) throw new RostroApiError(job.error.code as ApiErrorCode, job.error.message);
        if (job.endedAt !== null) return job;
        await timeout.sleep(pollMs);
      }
    } finally {
      timeout.dispose();
    }
  }

  /** The result of each photo so far. */
  async report(options?: CallOptions): Promise<readonly ImportLine[]> {
    return (await this.server.json<ImportReport>({ path: `${this.path}/report` }, options)).lines;
  }

  /** The report as CSV. */
  reportCsv(options?: CallOptions): Promise<string> {
    return this.server.text({ path: this.reportPath }, options);
  }

  /** URL of the CSV report, for a link in a logged-in browser. */
  get reportCsvUrl(): string {
    return this.server.url + this.reportPath;
  }

  /** A photo with several faces. @throws RostroApiError `no_file` for other photos */
  photo(file: string, options?: CallOptions): Promise<Blob> {
    return this.server.blob({ path: withQuery(`${this.path}/photo`, { file }) }, options);
  }

  /** Chooses faces on photos with several, after the import has ended. The server then imports these photos again. */
  async choose(choices: readonly FaceChoice[], options?: CallOptions): Promise<ImportJob> {
    const request = { method: 'POST', path: `${this.path}/choices`, body: jsonBody({ choices }) } as const;
    return (this.job = await this.server.json<ImportJob>(request, options));
  }

  /** Cancels the import and deletes its report. People who are already enrolled stay. */
  cancel(options?: CallOptions): Promise<ImportJob> {
    return this.server.json({ method: 'DELETE', path: this.path }, options);
  }

  private startRequest(change: Pick<ImportOptions, 'by' | 'consent'>) {
    return { method: 'POST', path: `${this.path}/start`, body: jsonBody(change) } as const;
  }

  private get reportPath(): string {
    return `${this.path}/report?format=csv`;
  }
}
