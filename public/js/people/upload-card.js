import $ from '../../vendor/jquery/jquery.module.min.js';
import { rostro } from '../api.js';
import { describeError } from '../describe-error.js';
import { icon } from '../icons.js';
import { qualityWords } from '../quality-words.js';
import { asksUser, uploadQuestion } from './upload-question.js';

/**
 * @import { Translate } from '../i18n.js'
 * @import { Upload } from './upload-queue.js'
 */

/** The card of one photo: file, progress and result. */
export class UploadCard {
  #shownState = '';

  /**
   * @param {Upload} upload
   * @param {Translate} t
   * @param {{ onAnswer: () => void, onAnother: () => void }} page `onAnswer`: the user gave a name or chose a face;
   *   `onAnother`: the user wants to enrol another face of the photo
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
      .attr('aria-label', t('upload.progress', { file: upload.file.name }))
      .append(this.bar);
    this.question = $('<div class="upload-question">');
    this.element = $('<li class="upload" tabindex="-1">').append(
      this.thumbnail,
      $('<div class="upload-body">').append(
        $('<p class="upload-file">').text(upload.file.name),
        this.status,
        this.quality,
        this.progress,
      ),
      this.question,
    );
    this.update();
  }

  update() {
    const { state, fraction } = this.upload;
    const percent = Math.round(100 * fraction);
    this.progress.attr('aria-valuenow', percent);
    this.bar.css('width', `${percent}%`);
    if (state === this.#shownState) return;
    this.#shownState = state;
    this.element.attr({ 'data-state': state, 'data-asks': String(asksUser(this.upload)) });
    this.progress.prop('hidden', state !== 'waiting' && state !== 'sending' && state !== 'looking');
    this.bar.toggleClass('progress-bar-striped progress-bar-animated', state === 'looking');
    this.status.empty().append(...this.#statusLine());
    this.question.empty();
    this.quality.empty();
    if (state === 'enrolled') this.#showCrop();
    if (state === 'refused' || state === 'unnamed') void this.#ask();
  }

  #statusLine() {
    const { state, error } = this.upload;
    if (state === 'enrolled') return [icon('check'), $('<span>').text(this.#enrolledText())];
    if (state === 'refused') return [icon('alert'), $('<span>').text(describeError(error, this.t))];
    return [$('<span>').text(this.t(`upload.${state}`))];
  }

  #enrolledText() {
    const { enrolled } = this.upload;
    const remarks = (enrolled?.warnings ?? []).map(({ code }) => this.t(`warning.${code}`));
    const outcome = enrolled?.outcome === 'already_there' ? 'upload.alreadyThere' : 'upload.enrolled';
    return [this.t(outcome, { name: enrolled?.name ?? '' }), ...remarks].join('. ');
  }

  #showCrop() {
    const { enrolled } = this.upload;
    if (!enrolled) return;
    const crop = $('<img width="72" height="72">').attr({
      src: rostro.people.cropUrl(enrolled.name, enrolled.example),
      alt: this.t('upload.crop', { name: enrolled.name }),
    });
    this.thumbnail.empty().append(crop);
    const quality = qualityWords(enrolled.quality, this.t);
    if (quality) {
      this.quality.attr('data-poor', String(quality.poor));
      this.quality.text([quality.score, quality.weakest ?? []].flat().join(', '));
    }
    if (this.upload.several) {
      const another = $('<button type="button" class="btn btn-sm btn-outline-secondary">').text(
        this.t('upload.another'),
      );
      this.question.append(another.one('click', () => this.page.onAnother()));
    }
  }

  async #ask() {
    const question = await uploadQuestion(this.upload, this.t, () => {
      this.element.trigger('focus');
      this.page.onAnswer();
    });
    if (this.upload.state === this.#shownState) this.question.empty().append(question);
  }
}
