import { randomUUID } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { storageFailed } from '../../gallery/errors.js';
import { currentActor } from '../../privacy/audit/actor.js';
import { RostroError } from '../../shared/errors.js';
import { SerialQueue } from '../../shared/queue.js';
import { ImportJob, type JobStatus } from './import-job.js';
import type { Importer } from './importer.js';
import { type OpenedImport, openImport, planOver } from './open-import.js';
import { type ReceivedFile, UploadedSource } from './photo-sources.js';
import type { NamedBy } from './plan.js';
import type { ImportLine } from './report.js';

export interface ImportJobsParts {
  readonly importer: Pick<Importer, 'run'>;
  /** Folder for uploaded files, deleted with their job. */
  readonly folder: string;
  readonly maxImageBytes: number;
  /** Photos processed at the same time. */
  readonly concurrency: number;
  readonly now?: () => Date;
}

interface JobEntry {
  readonly job: ImportJob;
  readonly opened: OpenedImport;
  readonly folder: string;
}

/** Maximum number of waiting imports; further ones are refused with `busy`. */
const MAX_WAITING = 8;
/** Maximum number of finished jobs that are kept with their files, so that faces can be chosen. */
const MAX_ENDED = 20;
const KEEP_MS = 30 * 60_000;

/** The imports of a server. They run one at a time; their files are deleted half an hour after the end. */
export class ImportJobs {
  private readonly jobs = new Map<string, JobEntry>();
  private readonly queue = new SerialQueue();
  private closed = false;

  constructor(private readonly parts: ImportJobsParts) {}

  /** Deletes files of an earlier process. @throws RostroError `storage_failed` */
  async clear(): Promise<void> {
    await rm(this.parts.folder, { recursive: true, force: true }).catch(unwritable);
  }

  /** @returns a folder for the files of a request @throws RostroError `busy`, `storage_failed` */
  async newFolder(): Promise<string> {
    const waiting = [...this.jobs.values()].filter(({ job }) => job.state === 'waiting').length;
    if (this.closed || waiting >= MAX_WAITING) {
      throw new RostroError('busy', 'Several imports wait already; try again when one has ended.');
    }
    const folder = join(this.parts.folder, randomUUID());
    await mkdir(folder, { recursive: true, mode: 0o700 }).catch(unwritable);
    return folder;
  }

  async discard(folder: string): Promise<void> {
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }

  /**
   * Plans the import of the uploaded files and enqueues it.
   * @throws RostroError `no_file`, `bad_archive`, `bad_list`; the folder is deleted then
   */
  async begin(folder: string, received: readonly ReceivedFile[], by: NamedBy): Promise<JobStatus> {
    const opened = await openUpload(folder, received, by).catch(async (error: unknown) => {
      await this.discard(folder);
      throw error;
    });
    const { importer, concurrency, now = () => new Date() } = this.parts;
    const id = randomUUID();
    const job = new ImportJob({ id, opened, importer, concurrency, actor: currentActor(), now });
    this.jobs.set(id, { job, opened, folder });
    this.enqueue(job);
    return job.status;
  }

  /** @throws RostroError `import_not_found` */
  status(id: string): JobStatus {
    return this.find(id).job.status;
  }

  /** Outcomes so far. @throws RostroError `import_not_found` */
  lines(id: string): readonly ImportLine[] {
    return this.find(id).job.lines;
  }

  /** The bytes of a photo with several faces. @throws RostroError `import_not_found`, `no_file`, `bad_archive` */
  async photo(id: string, file: string): Promise<Uint8Array> {
    const { opened, job } = this.find(id);
    if (!job.lines.some((line) => line.file === file && line.faces.length > 0)) {
      throw new RostroError('no_file', 'The import has no such photo with several faces.');
    }
    return opened.source.read(file, this.parts.maxImageBytes);
  }

  /**
   * Runs photos of a finished import again, with the chosen faces.
   * @param faces file -> face index
   * @throws RostroError `import_not_found`, `bad_request`
   */
  chooseFaces(id: string, faces: ReadonlyMap<string, number>): JobStatus {
    const { job } = this.find(id);
    if (!job.hasEnded) throw new RostroError('bad_request', 'The import is still under way; choose when it has ended.');
    job.chooseFaces(faces);
    this.enqueue(job);
    return job.status;
  }

  /** Stops and deletes an import; enrolled people remain. @throws RostroError `import_not_found` */
  async forget(id: string): Promise<JobStatus> {
    const { job, opened, folder } = this.find(id);
    job.stop();
    if (job.state === 'running') await this.queue.idle();
    this.jobs.delete(id);
    await opened.source.close();
    await this.discard(folder);
    return job.status;
  }

  /** Stops all imports; enrolled people remain. */
  async close(): Promise<void> {
    this.closed = true;
    for (const { job } of this.jobs.values()) job.stop();
    await this.queue.idle();
    for (const id of [...this.jobs.keys()]) await this.forget(id).catch(() => undefined);
  }

  private enqueue(job: ImportJob): void {
    void this.queue
      .run(() => job.run())
      .catch(() => undefined)
      .then(() => this.forgetLater(job));
  }

  private forgetLater({ id }: ImportJob): void {
    const forget = () => void this.forget(id).catch(() => undefined);
    setTimeout(() => this.jobs.get(id)?.job.hasEnded && forget(), KEEP_MS).unref();
    const ended = [...this.jobs.values()].filter(({ job }) => job.hasEnded);
    for (const { job } of ended.slice(0, -MAX_ENDED)) void this.forget(job.id).catch(() => undefined);
  }

  private find(id: string): JobEntry {
    const kept = this.jobs.get(id);
    if (kept) return kept;
    throw new RostroError(
      'import_not_found',
      'There is no such import (any more). Who was enrolled by it stays; sent again, it goes on.',
    );
  }
}

/** Local file header, or end of central directory for an empty archive: APPNOTE.TXT, 4.3. */
const ZIP_MARKS = [Buffer.from('PK\x03\x04', 'latin1'), Buffer.from('PK\x05\x06', 'latin1')];

async function openUpload(folder: string, received: readonly ReceivedFile[], by: NamedBy): Promise<OpenedImport> {
  if (received.length === 0) {
    throw new RostroError('no_file', 'Nothing was sent: give a ZIP archive or photos as multipart files.');
  }
  const only = received.length === 1 ? join(folder, received[0].stored) : null;
  if (only !== null && (await isZip(only))) return openImport(only, by);
  return planOver(new UploadedSource(folder, received), by);
}

async function isZip(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return bytesRead === 4 && ZIP_MARKS.some((mark) => mark.equals(buffer));
  } finally {
    await file.close();
  }
}

function unwritable(error: unknown): never {
  throw storageFailed('The import could not be stored', error);
}
