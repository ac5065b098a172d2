import $ from '../../vendor/jquery/jquery.module.min.js';

/**
 * @import { ImportJob } from '/client/index.js'
 * @import { Translate } from '../i18n.js'
 */

/** The progress of an import: a bar, a text with rate and remaining time, a button to stop it. */
export class ImportProgress {
  #total = 0;
  /** Files that were not sent. */
  #leftOut = 0;

  /** @param {JQuery} place @param {Translate} t @param {() => void} onStop */
  constructor(place, t, onStop) {
    this.t = t;
    this.place = place.prop('hidden', true);
    this.bar = $('<div class="progress-bar">');
    this.progress = $('<div class="progress" role="progressbar" aria-valuemin="0" aria-valuemax="100">')
      .attr('aria-label', t('import.progress'))
      .append(this.bar);
    this.sentence = $('<p class="import-sentence">');
    this.stop = $('<button type="button" class="btn btn-sm btn-outline-secondary">')
      .text(t('import.stop'))
      .on('click', () => {
        this.stop.prop('disabled', true);
        onStop();
      });
    place.append(this.sentence, this.progress, this.stop);
  }

  /** @param {number | null} photos null if only the server knows the number @param {number} leftOut those not sent */
  begin(photos, leftOut = 0) {
    this.#total = photos ?? 0;
    this.#leftOut = leftOut;
    this.place.prop('hidden', false);
    this.stop.prop({ hidden: false, disabled: false });
    this.sentence.removeClass('text-danger').text(this.t('import.sending'));
    this.#show(0);
  }

  /** @param {readonly ImportJob[]} jobs of this import so far, the last one under way */
  update(jobs) {
    const sum = (/** @type {(job: ImportJob) => number} */ value) => jobs.reduce((total, job) => total + value(job), 0);
    const done = this.#leftOut + sum((job) => job.done);
    const total = Math.max(this.#total, this.#leftOut + sum((job) => job.photos));
    const rate = jobs.at(-1)?.photosPerSecond ?? null;
    const left =
      rate === null ? '' : this.t('import.left', { rate: rate.toFixed(1), left: time((total - done) / rate) });
    this.sentence.text(`${this.t('import.done', { done, total })}${left}`);
    this.#show(total > 0 ? done / total : 0);
  }

  hide() {
    this.place.prop('hidden', true);
  }

  /** @param {string} reason */
  fail(reason) {
    this.sentence.addClass('text-danger').text(reason);
    this.progress.prop('hidden', true);
    this.stop.prop('hidden', true);
  }

  /** @param {number} share */
  #show(share) {
    const percent = Math.round(100 * share);
    this.progress.prop('hidden', false).attr('aria-valuenow', percent);
    this.bar.css('width', `${percent}%`);
  }
}

/** `45 s`, `12 min`, `3 h 20 min`. @param {number} seconds */
function time(seconds) {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
