import $ from '../../vendor/jquery/jquery.module.min.js';
import { RostroApiError } from '../../client/index.js';
import { announce } from '../announce.js';
import { failureNotice, waitingNotice } from '../notice.js';
import { kindOf } from './upload-question.js';

/**
 * @import { Translate } from '../i18n.js'
 * @import { Upload, UploadQueue } from './upload-queue.js'
 */

/** What became of all photos so far, their progress, and the problem that stops the queue. */
export class UploadTotal {
  #announced = '';

  /** @param {UploadQueue} queue @param {Translate} t */
  constructor(queue, t) {
    this.queue = queue;
    this.t = t;
    this.bar = $('<div class="progress-bar">');
    this.progress = $('<div class="progress" role="progressbar" aria-valuemin="0" aria-valuemax="100">')
      .attr('aria-label', t('uploads.progress'))
      .append(this.bar);
    this.notice = $('<div>');
    $('#uploads-total').append(this.progress, this.notice);
  }

  /** @param {readonly Upload[]} uploads */
  update(uploads) {
    const own = uploads.filter(({ bytes }) => bytes > 0);
    const bytes = own.reduce((sum, upload) => sum + upload.bytes, 0);
    const sent = own.reduce((sum, upload) => sum + part(upload) * upload.bytes, 0);
    const percent = bytes > 0 ? Math.round((100 * sent) / bytes) : 100;
    this.progress.attr('aria-valuenow', percent).prop('hidden', !this.queue.busy);
    this.bar.css('width', `${percent}%`);
    const sentence = this.#sentence(uploads);
    $('#uploads-sentence').text(sentence);
    this.#announce(sentence);
    this.#showNotice();
  }

  /** @param {readonly Upload[]} uploads */
  #sentence(uploads) {
    const count = (/** @type {(upload: Upload) => boolean} */ counts) => uploads.filter(counts).length;
    const enrolled = (/** @type {string} */ outcome) =>
      count((upload) => upload.state === 'enrolled' && upload.enrolled?.outcome === outcome);
    const facts = [
      ['uploads.enrolled', enrolled('enrolled')],
      ['uploads.there', enrolled('already_there')],
      ['uploads.refused', count((upload) => kindOf(upload) === 'refused')],
      ['uploads.asking', count((upload) => kindOf(upload) === 'asking')],
      ['uploads.undone', count(({ state }) => state === 'undone')],
      ['uploads.left', count((upload) => kindOf(upload) === 'going')],
    ];
    return facts
      .filter(([, number]) => number !== 0)
      .map(([key, number]) => this.t(String(key), { count: Number(number) }))
      .join(' · ');
  }

  /** Announces only the end to screen readers, not each photo. @param {string} sentence */
  #announce(sentence) {
    if (this.queue.busy || sentence === this.#announced) return;
    this.#announced = sentence;
    announce(sentence);
  }

  #showNotice() {
    const { paused, serverLoading } = this.queue;
    const wanted = paused ? 'paused' : serverLoading ? 'loading' : '';
    if (this.notice.attr('data-notice') === wanted) return;
    this.notice.attr('data-notice', wanted).empty();
    if (paused)
      this.notice.append(failureNotice(new RostroApiError('unreachable', ''), this.t, () => this.queue.resume()));
    else if (serverLoading) this.notice.append(waitingNotice(this.t('error.not_ready')));
  }
}

/** The finished share of an upload. @param {Upload} upload */
function part({ state, fraction }) {
  return state === 'waiting' || state === 'sending' ? 0.9 * fraction : state === 'looking' ? 0.9 : 1;
}
