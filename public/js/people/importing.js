import { RostroApiError } from '../../client/index.js';
import $ from '../../vendor/jquery/jquery.module.min.js';
import { announce } from '../announce.js';
import { rostro } from '../api.js';
import { describeError } from '../describe-error.js';
import { session } from '../session.js';
import { filesInFolder, inParts } from './import-files.js';
import { ImportProgress } from './import-progress.js';
import { ImportReport } from './import-report.js';

/**
 * @import { ImportJob, ImportRun } from '/client/index.js'
 * @import { Translate } from '../i18n.js'
 * @import { ImportFile } from './import-files.js'
 */

/** The part of the page that imports a folder or an archive. */
export class Importing {
  /** @type {ImportJob[]} */
  #jobs = [];
  /** @type {ImportRun | null} */
  #run = null;
  #stopped = false;
  #running = false;

  /** @param {Translate} t @param {() => void} onEnd called when an import has ended */
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
      if (files.length > 0) void this.#import(files);
    });
  }

  /** @param {ImportFile[]} files */
  async #import(files) {
    [this.#jobs, this.#stopped, this.#running] = [[], false, true];
    $('#import input').prop('disabled', true);
    this.report.clear();
    const isArchive = files.length === 1 && /\.zip$/i.test(files[0].path);
    this.progress.begin(isArchive ? null : files.length);
    try {
      for (const part of inParts(files)) {
        if (this.#stopped) break;
        await this.#follow(await rostro.imports.start(part.map(({ path, file }) => ({ path, photo: file }))));
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

  /** Follows an import to its end and shows the report. @param {ImportRun} run */
  async #follow(run) {
    this.#run = run;
    const place = this.#jobs.length;
    /** @type {unknown} */
    let failure = null;
    const show = (/** @type {ImportJob | null} */ job) => {
      if (job) this.#jobs[place] = job;
      this.progress.update(this.#jobs);
    };
    show(run.job);
    try {
      await run.wait({ onProgress: show });
    } catch (error) {
      if (this.#stopped && error instanceof RostroApiError && error.code === 'import_not_found') return;
      failure = error;
    }
    if (run.job?.endedAt) this.report.add(run, await run.report());
    if (failure) throw failure;
  }

  async #stop() {
    this.#stopped = true;
    if (this.#run?.job?.endedAt === null) await this.#run.cancel().catch(() => undefined);
  }
}

/** Shown only to users who may import. @param {JQuery} place */
async function showTo(place) {
  const { keyNeeded, scope, group } = await session().catch(() => ({ keyNeeded: true, scope: null, group: null }));
  place.prop('hidden', keyNeeded && (scope !== 'admin' || group !== null));
}
