import $ from '/vendor/jquery/jquery.module.min.js';
import { announce } from '../announce.js';
import { ApiError, describeError } from '../api.js';
import { session } from '../session.js';
import { filesInFolder, inParts } from './import-files.js';
import { importLines, importStatus, startImport, stopImport } from './import-api.js';
import { ImportProgress } from './import-progress.js';
import { ImportReport } from './import-report.js';

/**
 * @import { ImportJob } from '../api-types.js'
 * @import { Translate } from '../i18n.js'
 * @import { ImportFile } from './import-files.js'
 */

const POLL_MS = 500;

/** The part of the page that takes a folder or an archive of many photos. */
export class Importing {
  /** @type {ImportJob[]} */
  #jobs = [];
  #stopped = false;
  #running = false;

  /** @param {Translate} t @param {() => void} onEnd somebody may be new */
  constructor(t, onEnd) {
    this.t = t;
    this.onEnd = onEnd;
    this.progress = new ImportProgress($('#import-progress'), t, () => void this.#stop());
    this.report = new ImportReport($('#import-report'), t, onEnd);
    this.#listen('#import-folder', (files) => filesInFolder(files));
    this.#listen('#import-archive', (files) => files.map((file) => ({ path: file.name, file })));
    addEventListener('beforeunload', (event) => {
      if (this.#running) event.preventDefault();
    });
    void showTo($('#import'));
  }

  /** @param {string} input @param {(files: File[]) => ImportFile[]} read */
  #listen(input, read) {
    const element = /** @type {HTMLInputElement} */ ($(input)[0]);
    element.addEventListener('change', () => {
      const files = read([...(element.files ?? [])]);
      element.value = '';
      if (files.length > 0) void this.#run(files);
    });
  }

  /** @param {ImportFile[]} files */
  async #run(files) {
    [this.#jobs, this.#stopped, this.#running] = [[], false, true];
    $('#import input').prop('disabled', true);
    this.report.clear();
    const isArchive = files.length === 1 && /\.zip$/i.test(files[0].path);
    this.progress.begin(isArchive ? null : files.length);
    try {
      for (const part of inParts(files)) {
        if (this.#stopped) break;
        await this.#follow(await startImport(part));
      }
      announce(this.progress.end());
    } catch (error) {
      this.progress.fail(describeError(error, this.t));
    } finally {
      this.#running = false;
      $('#import input').prop('disabled', false);
      this.onEnd();
    }
  }

  /** @param {ImportJob} job until it has ended, and into the report then */
  async #follow(job) {
    const place = this.#jobs.push(job) - 1;
    while (this.#jobs[place].endedAt === null) {
      this.progress.update(this.#jobs);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      try {
        this.#jobs[place] = await importStatus(job.id);
      } catch (error) {
        if (this.#stopped && error instanceof ApiError && error.code === 'import_not_found') return;
        throw error;
      }
    }
    const { id, error } = this.#jobs[place];
    this.progress.update(this.#jobs);
    this.report.add(id, await importLines(id));
    if (error) throw new ApiError(error.code, error.message);
  }

  async #stop() {
    this.#stopped = true;
    const job = this.#jobs.at(-1);
    if (job && job.endedAt === null) await stopImport(job.id).catch(() => undefined);
  }
}

/** To whoever may import. @param {JQuery} place */
async function showTo(place) {
  const { keyNeeded, scope, group } = await session().catch(() => ({ keyNeeded: true, scope: null, group: null }));
  place.prop('hidden', keyNeeded && (scope !== 'admin' || group !== null));
}
