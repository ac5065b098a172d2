import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { storageFailed } from '../../gallery/errors.js';
import { currentActor } from '../../privacy/audit/actor.js';
import { RostroError } from '../../shared/errors.js';
import { makePrivateFolder } from '../../shared/files.js';
import { SerialQueue } from '../../shared/queue.js';
import { ImportJob, type JobStatus } from './import-job.js';
import type { Importer } from './importer.js';
import { type Naming, type OpenedImport, openUpload, planOf } from './open-import.js';
import type { ReceivedFile } from './photo-sources.js';
import { type PlanSummary, summaryOf } from './plan.js';
import type { ImportLine } from './report.js';
import { UploadFolder } from './upload-folder.js';

export interface ImportJobsParts {
  readonly importer: Pick<Importer, 'run'>;
  /** Folder for uploaded files, deleted with their job. */
  readonly folder: string;
  readonly maxImageBytes: number;
  /** Photos processed at the same time. */
  readonly concurrency: number;
  readonly now?: () => Date;
}

/** A plan with the id of the import that can be started. */
export interface PlannedImport extends PlanSummary {
  readonly id: string;
}

interface JobEntry {
  readonly job: ImportJob;
  readonly opened: OpenedImport;
  readonly folder: UploadFolder;
  naming: Naming;
  /** Whether all photos are deleted. */
  isEmpty: boolean;
}

/** Maximum number of waiting imports; further ones are refused with `busy`. */
const MAX_WAITING = 8;
/** Maximum number of planned imports; the oldest is deleted for another one. */
const MAX_PLANNED = 8;
/** Maximum number of finished jobs that are kept, with their photos of several faces, so that faces can be chosen. */
const MAX_ENDED = 20;
const KEEP_MS = 30 * 60_000;

/**
 * The imports of a server. They run one at a time. Their photos are deleted at the end, those with several faces half an
 * hour later.
 */
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
  async newFolder(): Promise<UploadFolder> {
    const waiting = [...this.jobs.values()].filter(({ job }) => job.state === 'waiting').length;
    if (this.closed || waiting >= MAX_WAITING) {
      throw new RostroError('busy', 'Several imports wait already; try again when one has ended.');
    }
    const folder = join(this.parts.folder, randomUUID());
    await makePrivateFolder(folder).catch(unwritable);
    return new UploadFolder(folder);
  }

  async discard({ path }: UploadFolder): Promise<void> {
    await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }

  /**
   * Plans the import of the uploaded files and enqueues it.
   * @throws RostroError `no_file`, `bad_archive`, `bad_list`, `encoding_unknown`; the folder is deleted then
   */
  async begin(folder: UploadFolder, received: readonly ReceivedFile[], naming: Naming): Promise<JobStatus> {
    const { id } = await this.plan(folder, received, naming);
    return this.start(id);
  }

  /**
   * Plans the import of the uploaded files. It waits half an hour for its `start`.
   * @throws RostroError `no_file`, `bad_archive`, `bad_list`, `encoding_unknown`; the folder is deleted then
   */
  async plan(folder: UploadFolder, received: readonly ReceivedFile[], naming: Naming): Promise<PlannedImport> {
    const opened = await openUpload(folder, received, naming).catch(async (error: unknown) => {
      await this.discard(folder);
      throw error;
    });
    const { importer, concurrency, now = () => new Date() } = this.parts;
    const id = randomUUID();
    const job = new ImportJob({ id, opened, importer, concurrency, actor: currentActor(), now });
    this.jobs.set(id, { job, opened, folder, naming, isEmpty: false });
    const planned = [...this.jobs.values()].filter(({ job }) => job.state === 'planned');
    for (const { job } of planned.slice(0, -MAX_PLANNED)) void this.forget(job.id).catch(() => undefined);
    setTimeout(() => job.state === 'planned' && void this.forget(id).catch(() => undefined), KEEP_MS).unref();
    return { id, ...summaryOf(opened.plan) };
  }

  /**
   * Plans it again, by other parts of the paths or with details of everyone.
   * @throws RostroError `import_not_found`, `bad_request`, `bad_list`, `bad_details`
   */
  async replan(id: string, { by, details }: Partial<Naming>): Promise<PlannedImport> {
    const planned = this.findPlanned(id);
    const { job, opened, naming } = planned;
    const changed = { ...naming, by: by ?? naming.by, details: { ...naming.details, ...details } };
    const plan = await planOf(opened.source, changed);
    planned.naming = changed;
    job.replan(plan);
    return { id, ...summaryOf(plan) };
  }

  /** Enqueues a planned import. @throws RostroError `import_not_found`, `bad_request` */
  start(id: string): JobStatus {
    const { job } = this.findPlanned(id);
    job.state = 'waiting';
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
    const { job, isEmpty } = this.find(id);
    if (isEmpty) throw new RostroError('bad_request', 'The import has no photos with several faces.');
    if (!job.hasEnded) throw new RostroError('bad_request', 'The import is still under way; choose when it has ended.');
    job.chooseFaces(faces);
    this.enqueue(job);
    return job.status;
  }

  /** Stops and deletes an import; enrolled people remain. @throws RostroError `import_not_found` */
  async forget(id: string): Promise<JobStatus> {
    const { job, opened, folder } = this.find(id);
    await job.stop();
    this.jobs.delete(id);
    await opened.source.close();
    await this.discard(folder);
    return job.status;
  }

  /**
   * Deletes a person's photos from all imports and enrols none of them any more.
   * @param examples ids of their examples: the person may have been renamed since
   * @throws RostroError `storage_failed`
   */
  forgetPerson(name: string, examples: readonly string[]): Promise<void> {
    return this.erase((job) => job.withdraw(name, new Set(examples)));
  }

  /** Deletes the photo of an example from all imports. @throws RostroError `storage_failed` */
  forgetExample(id: string): Promise<void> {
    return this.erase((job) => job.withdrawExample(id));
  }

  /** @param withdraw takes photos out of a job and returns their files */
  private async erase(withdraw: (job: ImportJob) => ReadonlySet<string> | Promise<ReadonlySet<string>>): Promise<void> {
    for (const { job, opened, isEmpty } of [...this.jobs.values()]) {
      const files = await withdraw(job);
      if (isEmpty || files.size === 0) continue;
      await opened.source.erase?.(files).catch((error: unknown) => {
        throw storageFailed('Photos of an import could not be deleted', error);
      });
    }
  }

  /** Stops all imports; enrolled people remain. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.jobs.values()].map(({ job }) => job.stop()));
    for (const id of [...this.jobs.keys()]) await this.forget(id).catch(() => undefined);
  }

  private enqueue(job: ImportJob): void {
    void this.queue
      .run(() => job.run())
      .catch(() => undefined)
      .then(() => this.deletePhotos(job))
      .then(() => this.forgetLater(job));
  }

  /** Deletes the photos in which no face can be chosen. */
  private async deletePhotos({ id, lines, hasEnded }: ImportJob): Promise<void> {
    const entry = this.jobs.get(id);
    if (!entry || !hasEnded) return;
    const { source } = entry.opened;
    const undecided = new Set(lines.flatMap(({ file, faces }) => (file !== null && faces.length > 0 ? [file] : [])));
    if (undecided.size > 0) return source.keepOnly?.(undecided).catch(() => undefined);
    entry.isEmpty = true;
    await source.close();
    await this.discard(entry.folder);
  }

  private forgetLater({ id }: ImportJob): void {
    const forget = () => void this.forget(id).catch(() => undefined);
    setTimeout(() => this.jobs.get(id)?.job.hasEnded && forget(), KEEP_MS).unref();
    const ended = [...this.jobs.values()].filter(({ job }) => job.hasEnded);
    for (const { job } of ended.slice(0, -MAX_ENDED)) void this.forget(job.id).catch(() => undefined);
  }

  private findPlanned(id: string): JobEntry {
    const entry = this.find(id);
    if (entry.job.state === 'planned') return entry;
    throw new RostroError('bad_request', 'The import has been started already.');
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

function unwritable(error: unknown): never {
  throw storageFailed('The import could not be stored', error);
}
