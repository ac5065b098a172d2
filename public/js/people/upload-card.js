import $ from '../../vendor/jquery/jquery.module.min.js';
import { announce } from '../announce.js';
import { rostro } from '../api.js';
import { describeError } from '../describe-error.js';
import { icon } from '../icons.js';
import { failureNotice } from '../notice.js';
import { qualityWords } from '../quality-words.js';
import { describeLine } from './import-plan.js';
import { doubtsOf, kindOf, uploadQuestion } from './upload-question.js';

/**
 * @import { Translate } from '../i18n.js'
 * @import { Upload } from './upload-queue.js'
 */

/** As long as the server lets a key undo its own upload. Source: src/privacy/erasure.ts. */
const UNDO_MS = 10 * 60_000;

/** The card of one photo: file, progress, result, question. */
export class UploadCard {
  #shown = '';

  /**
   * @param {Upload} upload
   * @param {Translate} t
   * @param {{ onAnswer: () => void, onDecided: () => void, onAnother: () => void }} page `onAnswer`: the user gave a name or
   *   chose a face; `onDecided`: the user keeps the photo, or has undone it; `onAnother`: the user wants to enrol another face
   *   of the photo
   */
  constructor(upload, t, page) {
    this.upload = upload;
    this.t = t;
    this.page = page;
    this.thumbnail = $('<div class="thumbnail">').append(icon('photo'));
    this.status = $('<p class="upload-status">');
    this.quality = $('<p class="upload-quality">');
    this.bar = $('<div class="progress-bar">');
    this.progress = $('<div class="progress" role="progressbar" aria-valuemin="0" aria-valuemax="100">')
      .attr('aria-label', t('upload.progress', { file: upload.file }))
      .append(this.bar);
    this.question = $('<div class="upload-question">');
    this.element = $('<li class="upload" tabindex="-1">').append(
      this.thumbnail,
      $('<div class="upload-body">').append(
        $('<p class="upload-file">').text(upload.file),
        this.status,
        this.quality,
        this.progress,
      ),
      this.question,
    );
    this.update();
  }

  update() {
    const { state, fraction, isKept } = this.upload;
    const percent = Math.round(100 * fraction);
    this.progress.attr('aria-valuenow', percent);
    this.bar.css('width', `${percent}%`);
    const shown = `${state} ${isKept}`;
    if (shown === this.#shown) return;
    this.#shown = shown;
    const kind = kindOf(this.upload);
    this.element.attr({ 'data-state': state, 'data-asks': String(kind === 'asking') });
    this.progress.prop('hidden', kind !== 'going');
    this.bar.toggleClass('progress-bar-striped progress-bar-animated', state === 'looking');
    this.status.empty().append(...this.#statusLine());
    this.question.empty();
    this.quality.empty();
    if (state === 'enrolled') this.#showCrop();
    if (state === 'undone') this.thumbnail.empty().append(icon('photo'));
    if (state === 'refused' || state === 'unnamed') whenNear(this.element[0], () => void this.#ask());
  }

  #statusLine() {
    const { state, error, enrolled } = this.upload;
    const text = $('<span>');
    if (state === 'enrolled') return [icon('check'), text.text(this.#enrolledText())];
    if (state === 'refused') return [icon('alert'), text.text(this.#refusal(error))];
    return [text.text(this.t(`upload.${state}`, { name: enrolled?.name ?? '' }))];
  }

  /** @param {Upload['error']} error */
  #refusal(error) {
    const { code = 'internal', message = '' } = error ?? {};
    return this.upload.bytes === 0 ? describeLine({ code, message }, this.t) : describeError(error, this.t);
  }

  #enrolledText() {
    const { enrolled } = this.upload;
    const remarks = (enrolled?.warnings ?? []).map(({ code }) => this.t(`warning.${code}`));
    const outcome = enrolled?.outcome === 'already_there' ? 'upload.alreadyThere' : 'upload.enrolled';
    return [this.t(outcome, { name: enrolled?.name ?? '' }), ...remarks].join('. ');
  }

  #showCrop() {
    const { enrolled, several, isKept } = this.upload;
    if (!enrolled) return;
    const crop = $('<img width="72" height="72" loading="lazy">').attr({
      src: rostro.people.cropUrl(enrolled.name, enrolled.example),
      alt: this.t('upload.crop', { name: enrolled.name }),
    });
    this.thumbnail.empty().append(crop);
    const quality = qualityWords(enrolled.quality, this.t);
    if (quality) {
      this.quality.attr('data-poor', String(quality.poor));
      this.quality.text([quality.score, quality.weakest ?? []].flat().join(', '));
    }
    const isAsking = !isKept && doubtsOf(this.upload).length > 0;
    const keep = this.#button('upload.keep', () => this.#decide({ isKept: true }));
    const another = this.#button('upload.another', () => {
      another.remove();
      this.page.onAnother();
    });
    this.question.append(
      $('<div class="upload-actions">').append(
        isAsking ? keep.toggleClass('btn-primary btn-outline-secondary') : [],
        enrolled.outcome === 'enrolled' ? this.#undoButton() : [],
        several ? another : [],
      ),
    );
  }

  #undoButton() {
    const leftMs = (this.upload.enrolledAt ?? 0) + UNDO_MS - Date.now();
    if (leftMs <= 0) return [];
    const undo = this.#button('upload.undo', () => {
      undo.prop('disabled', true);
      void this.#undo();
    }).attr('aria-label', this.t('upload.undoOf', { file: this.upload.file }));
    setTimeout(() => undo.remove(), leftMs);
    return undo;
  }

  async #undo() {
    const { name, example } = /** @type {NonNullable<Upload['enrolled']>} */ (this.upload.enrolled);
    try {
      await rostro.people.deleteExample(name, example);
      announce(this.t('upload.undone', { name }));
      this.#decide({ state: 'undone' });
    } catch (error) {
      this.question.append(failureNotice(error, this.t));
    }
  }

  /** @param {Partial<Upload>} change */
  #decide(change) {
    Object.assign(this.upload, change);
    this.page.onDecided();
  }

  /** @param {string} key @param {() => void} onClick */
  #button(key, onClick) {
    return $('<button type="button" class="btn btn-sm btn-outline-secondary">').text(this.t(key)).on('click', onClick);
  }

  async #ask() {
    const shown = this.#shown;
    const question = await uploadQuestion(this.upload, this.t, () => this.page.onAnswer());
    if (shown === this.#shown) this.question.empty().append(question);
  }
}

/** Photos are decoded shortly before they come into view. @param {Element} element @param {() => void} work */
function whenNear(element, work) {
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      observer.disconnect();
      work();
    },
    { rootMargin: '100%' },
  );
  observer.observe(element);
}
