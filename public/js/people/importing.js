import { RostroApiError } from '../../client/index.js';
import $ from '../../vendor/jquery/jquery.module.min.js';
import { announce } from '../announce.js';
import { rostro } from '../api.js';
import { describeError } from '../describe-error.js';
import { may } from '../session.js';
import { encodingChoice } from './encoding-choice.js';
import { filesInFolder, inParts, isOneRequest } from './import-files.js';
import { agreeOn } from './import-plan.js';
import { ImportProgress } from './import-progress.js';
import { ImportReport } from './import-report.js';

/**
 * @import { ImportJob, ImportLine, ImportPlan, ImportRun, NamedBy } from '/client/index.js'
 * @import { Translate } from '../i18n.js'
 * @import { EncodingPreview } from './encoding-choice.js'
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
      if (files.length > 0) void this.take(files);
    });
  }

  /** Whether files can be taken now. */
  get isReady() {
    return !this.#running && !$('#import').prop('hidden');
  }

  /**
   * Shows what the files would become, and imports them if the user agrees.
   * @param {ImportFile[]} files
   * @param {string} [encoding] of names in an archive that are not UTF-8
   */
  async take(files, encoding) {
    [this.#jobs, this.#run, this.#stopped, this.#running] = [[], null, false, true];
    $('#import').prop('open', true);
    $('#import input').prop('disabled', true);
    this.report.clear();
    this.progress.begin(null);
    try {
      if (await this.#import(files, encoding)) announce(this.progress.end());
      else this.progress.hide();
    } catch (error) {
      this.progress.fail(describeError(error, this.t));
      if (error instanceof RostroApiError) this.#askEncoding(error, files);
    } finally {
      this.#running = false;
      $('#import input').prop('disabled', false);
      this.onEnd();
    }
  }

  /** @param {RostroApiError} error @param {ImportFile[]} files */
  #askEncoding({ code, details }, files) {
    if (code !== 'encoding_unknown') return;
    const previews = /** @type {readonly EncodingPreview[]} */ (details.encodings ?? []);
    this.report.place.append(encodingChoice(previews, this.t, (encoding) => void this.take(files, encoding)));
  }

  /** @param {ImportFile[]} files @param {string | undefined} encoding @returns {Promise<boolean>} whether the user agreed */
  async #import(files, encoding) {
    const paths = files.map(({ path }) => path);
    const planned = isOneRequest(files)
      ? await rostro.imports.plan(sent(files), { encoding })
      : await rostro.imports.planPaths(paths);
    const run = planned.id === null ? null : rostro.imports.job(planned.id);
    this.progress.hide();
    const replan = (/** @type {NamedBy} */ by) => (run ? run.plan({ by }) : rostro.imports.planPaths(paths, { by }));
    const plan = this.#stopped ? null : await agreeOn($('#import-plan'), planned, replan, this.t);
    if (plan === null) {
      await run?.cancel();
      return false;
    }
    await (run ? this.#start(run) : this.#send(files, plan));
    return true;
  }

  /** @param {ImportRun} run */
  async #start(run) {
    this.progress.begin(null);
    await run.start();
    await this.#follow(run, (line) => line);
  }

  /** @param {ImportFile[]} files @param {ImportPlan} plan */
  async #send(files, plan) {
    this.progress.begin(files.length, plan.refused.length);
    this.report.addRefused(plan.refused);
    for (const part of inParts(files, plan)) {
      if (this.#stopped) break;
      // The user has not seen the list.
      await this.#follow(await rostro.imports.start(sent(part)), (line) => ({ ...line, line: null }));
    }
  }

  /**
   * Follows an import to its end and shows the report.
   * @param {ImportRun} run
   * @param {(line: ImportLine) => ImportLine} shown
   */
  async #follow(run, shown) {
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
    if (run.job?.endedAt) this.report.add(run, (await run.report()).map(shown));
    if (failure) throw failure;
  }

  async #stop() {
    this.#stopped = true;
    if (this.#run?.job?.endedAt === null) await this.#run.cancel().catch(() => undefined);
  }
}

/** @param {readonly ImportFile[]} files */
const sent = (files) => files.map(({ path, file }) => ({ path, photo: file }));

/** Shown only to users who may import. @param {JQuery} place */
async function showTo(place) {
  place.prop('hidden', !(await may('admin')));
}
