import $ from '../../vendor/jquery/jquery.module.min.js';
import { announce } from '../announce.js';
import { describeError } from '../describe-error.js';

/**
 * @import { CallOptions, RostroApiError } from '/client/index.js'
 * @import { Translate } from '../i18n.js'
 */

/** A limit of requests a minute lets the task go on a minute later. */
const MOST_RETRIES = 100;
const WAITABLE = ['busy', 'too_many_requests', 'worker_restarted', 'not_ready'];

/** Does something for many people, one after another, with progress and a button to stop. The page can be used meanwhile. */
export class BulkTask {
  /** @type {AbortController | null} */
  #running = null;

  /** @param {Translate} t @param {JQuery} place */
  constructor(t, place) {
    this.t = t;
    this.place = place;
    addEventListener('beforeunload', (event) => {
      if (this.#running !== null) event.preventDefault();
    });
  }

  /** @param {JQuery} notice */
  say(notice) {
    this.place.empty().append(notice);
  }

  /**
   * Goes on after a failure; says how many failed, and why the first did.
   * @template T
   * @param {string} key of the sentence with `{done}` and `{total}`
   * @param {readonly T[]} items
   * @param {(item: T, options: CallOptions) => Promise<void>} work
   */
  async run(key, items, work) {
    if (this.#running !== null) return;
    const { signal } = (this.#running = new AbortController());
    const { t } = this;
    const bar = $('<progress class="task-progress">').attr({
      max: items.length,
      'aria-label': t(key, { done: 0, total: items.length }),
    });
    const text = $('<span>');
    const stop = $('<button type="button" class="btn btn-sm btn-outline-secondary">')
      .text(t('people.stop'))
      .on('click', () => this.#running?.abort());
    this.say($('<div class="notice task">').append(bar, text, stop));
    /** @type {unknown[]} */
    const failures = [];
    let done = 0;
    for (const item of items) {
      bar.val(done);
      text.text(t(key, { done, total: items.length }));
      await work(item, { signal, retries, timeoutMs: Infinity }).catch((error) => failures.push(error));
      if (signal.aborted) break;
      done++;
    }
    this.#running = null;
    this.#report(done - failures.length, signal.aborted ? [] : failures);
  }

  /** @param {number} done @param {unknown[]} failures */
  #report(done, failures) {
    const { t } = this;
    const sentence = t('people.taskDone', { count: done });
    announce(sentence);
    if (failures.length === 0) return this.say($('<p class="notice task">').text(sentence));
    const why = t('people.taskFailed', { count: failures.length, why: describeError(failures[0], t) });
    this.say($('<p class="alert alert-danger notice" role="alert">').text(`${sentence} ${why}`));
  }
}

/** @param {RostroApiError} error @param {number} made */
function retries({ code }, made) {
  return made < MOST_RETRIES && WAITABLE.includes(code);
}
