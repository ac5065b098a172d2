import { RostroApiError } from '../../client/index.js';
import $ from '../../vendor/jquery/jquery.module.min.js';
import { rostro } from '../api.js';
import { describeError } from '../describe-error.js';
import { may } from '../session.js';
import { encodingChoice } from './encoding-choice.js';
import { filesInFolder, inParts, isOneRequest } from './import-files.js';
import { agreeOn } from './import-plan.js';
import { ImportProgress } from './import-progress.js';
import { uploadOf } from './upload-queue.js';

/**
 * @import { ApiErrorCode, FaceChoice, ImportJob, ImportLine, ImportPlan, ImportRun, NamedBy } from '/client/index.js'
 * @import { Consent } from '../consent.js'
 * @import { Translate } from '../i18n.js'
 * @import { EncodingPreview } from './encoding-choice.js'
 * @import { ImportFile } from './import-files.js'
 * @import { Result, Upload } from './upload-queue.js'
 */

/** Cards of one report; the CSV report has all lines. */
const SHOWN = 200;
const POLL_MS = 300;

/** Imports a folder or an archive: asks who is on the photos, follows the import, and gives its photos to the review. */
export class Importing {
  /** @type {ImportJob[]} */
  #jobs = [];
  /** @type {ImportRun | null} */
  #run = null;
  #stopped = false;
  #running = false;
  /**
   * `add` gets photos and how many of them get a card; `change`: something is shown or hidden.
   * @type {{ add: (uploads: readonly Upload[], shown: number) => void, change: () => void } | null}
   */
  onReview = null;

  /** @param {Translate} t @param {() => void} onEnd called when an import has ended */
  constructor(t, onEnd) {
    this.t = t;
    this.onEnd = onEnd;
    this.progress = new ImportProgress($('#import-progress'), t, () => void this.#stop());
    this.report = $('#import-report');
    this.#listen('#import-folder', (files) => filesInFolder(files));
    this.#listen('#import-archive', (files) => files.map((file) => ({ path: file.name, file })));
    addEventListener('beforeunload', (event) => {
      if (this.#running) event.preventDefault();
    });
    this.ready = showTo($('.import-way'));
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
    return !this.#running && !$('.import-way').prop('hidden');
  }

  /** Whether a plan, progress or an error is on the page. */
  get isShown() {
    return this.#running || !this.progress.place.prop('hidden');
  }

  /** Removes what was said of the last import. */
  clear() {
    if (this.#running) return;
    this.progress.hide();
    this.report.empty();
  }

  /**
   * Shows what the files would become, and imports them if the user agrees.
   * @param {ImportFile[]} files
   * @param {string} [encoding] of names in an archive that are not UTF-8
   */
  async take(files, encoding) {
    [this.#jobs, this.#run, this.#stopped, this.#running] = [[], null, false, true];
    $('.import-way input').prop('disabled', true);
    this.report.empty();
    this.progress.begin(null);
    this.onReview?.change();
    document.getElementById('uploads')?.scrollIntoView({ block: 'nearest' });
    try {
      await this.#import(files, encoding);
      this.progress.hide();
    } catch (error) {
      this.progress.fail(describeError(error, this.t));
      if (error instanceof RostroApiError) this.#askEncoding(error, files);
    } finally {
      this.#running = false;
      $('.import-way input').prop('disabled', false);
      this.onReview?.change();
      this.onEnd();
    }
  }

  /** @param {RostroApiError} error @param {ImportFile[]} files */
  #askEncoding({ code, details }, files) {
    if (code !== 'encoding_unknown') return;
    const previews = /** @type {readonly EncodingPreview[]} */ (details.encodings ?? []);
    this.report.append(encodingChoice(previews, this.t, (encoding) => void this.take(files, encoding)));
  }

  /** @param {ImportFile[]} files @param {string | undefined} encoding */
  async #import(files, encoding) {
    const paths = files.map(({ path }) => path);
    const planned = isOneRequest(files)
      ? await rostro.imports.plan(sent(files), { encoding })
      : await rostro.imports.planPaths(paths);
    const run = planned.id === null ? null : rostro.imports.job(planned.id);
    this.progress.hide();
    const replan = (/** @type {NamedBy} */ by) => (run ? run.plan({ by }) : rostro.imports.planPaths(paths, { by }));
    const { consent } = await rostro.status();
    const server = { replan, needsConsent: consent === 'required' };
    const agreed = this.#stopped ? null : await agreeOn($('#import-plan'), planned, server, this.t);
    if (agreed === null) await run?.cancel();
    else await (run ? this.#start(run, agreed.consent) : this.#send(files, agreed));
  }

  /** @param {ImportRun} run @param {Consent | undefined} consent */
  async #start(run, consent) {
    this.progress.begin(null);
    await run.start({ consent });
    await this.#follow(run, new Map());
  }

  /** @param {ImportFile[]} files @param {{ plan: ImportPlan, consent: Consent | undefined }} agreed */
  async #send(files, { plan, consent }) {
    const ofPath = new Map(files.map(({ path, file }) => [path, file]));
    this.progress.begin(files.length, plan.refused.length);
    this.#review(plan.refused.map((line) => this.#uploadOf(null, line, ofPath.get(line.file ?? ''))));
    for (const part of inParts(files, plan)) {
      if (this.#stopped) break;
      await this.#follow(await rostro.imports.start(sent(part), { consent }), ofPath);
    }
  }

  /**
   * Follows an import to its end and gives its photos to the review.
   * @param {ImportRun} run
   * @param {ReadonlyMap<string, File>} ofPath the files of this device; empty if the server alone has them
   */
  async #follow(run, ofPath) {
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
    if (run.job?.endedAt) {
      // The user has not seen the list that was made of files of this device, so its lines would say nothing.
      const lines = (await run.report()).map((line) => (ofPath.size > 0 ? { ...line, line: null } : line));
      this.#review(lines.map((line) => this.#uploadOf(run, line, ofPath.get(line.file ?? ''))));
      this.report.append(
        $('<a class="btn btn-sm btn-outline-secondary" download>')
          .attr('href', run.reportCsvUrl)
          .text(this.t('import.table')),
      );
    }
    if (failure) throw failure;
  }

  /** @param {readonly Upload[]} uploads */
  #review(uploads) {
    const isProblem = (/** @type {Upload} */ { state }) => state === 'refused';
    const problems = uploads.filter(isProblem);
    this.onReview?.add(problems, SHOWN);
    this.onReview?.add(
      uploads.filter((upload) => !isProblem(upload)),
      SHOWN,
    );
  }

  /**
   * A photo of an import in the review.
   * @param {ImportRun | null} run null for a file that was not sent
   * @param {ImportLine} line
   * @param {File} [file] if it is of this device
   * @returns {Upload}
   */
  #uploadOf(run, line, file) {
    const { file: path, person, outcome, code, message, faces } = line;
    const name = path ?? person ?? '';
    const title = line.line === null ? name : this.t('import.line', { file: name, line: line.line });
    /** @type {Upload} */
    const upload = { file: title, bytes: 0, photo: null, send: null, state: 'refused', fraction: 1 };
    if (outcome !== 'refused')
      return { ...upload, state: 'enrolled', enrolled: resultOf(line), enrolledAt: Date.now() };
    upload.error = new RostroApiError(/** @type {ApiErrorCode} */ (code), message ?? '', { details: { faces } });
    if (file) upload.photo = () => Promise.resolve(file);
    if (run !== null && path !== null && faces.length > 0) {
      upload.photo ??= () => run.photo(path);
      upload.send = ({ face = 0 }) => choose(run, { file: path, face: faces[face].index });
      return { ...upload, name: person ?? undefined, isNamed: true };
    }
    return file ? { ...upload, send: uploadOf(file).send } : upload;
  }

  async #stop() {
    this.#stopped = true;
    if (this.#run?.job?.endedAt === null) await this.#run.cancel().catch(() => undefined);
  }
}

/** @param {ImportLine} line @returns {Result} */
function resultOf({ person, example, outcome, warnings }) {
  const isNew = outcome === 'enrolled';
  return {
    name: person ?? '',
    example: example ?? '',
    quality: null,
    outcome: isNew ? 'enrolled' : 'already_there',
    warnings: warnings.map((code) => ({ code })),
  };
}

/** Enrols a photo with several faces after the end of its import. @param {ImportRun} run @param {FaceChoice} choice */
async function choose(run, choice) {
  await run.choose([choice]);
  await run.wait({ pollMs: POLL_MS });
  const line = (await run.report()).find(({ file }) => file === choice.file);
  if (line === undefined || line.outcome === 'refused') {
    throw new RostroApiError(/** @type {ApiErrorCode} */ (line?.code ?? 'import_not_found'), line?.message ?? '');
  }
  return resultOf(line);
}

/** @param {readonly ImportFile[]} files */
const sent = (files) => files.map(({ path, file }) => ({ path, photo: file }));

/** Shown only to users who may import. @param {JQuery} place */
async function showTo(place) {
  place.prop('hidden', !(await may('admin')));
}
