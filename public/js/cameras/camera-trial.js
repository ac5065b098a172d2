import $ from '../../vendor/jquery/jquery.module.min.js';
import { RostroApiError } from '../../client/index.js';
import { describeError } from '../describe-error.js';
import { icon } from '../icons.js';
import { waitingNotice } from '../notice.js';

/** @import { Translate } from '../i18n.js' */

/** Connects to a camera once and shows its picture, or why there is none. */
export class CameraTrial {
  element = $('<div class="camera-test" role="status">');
  /** @type {string | null} */
  #picture = null;

  /** @param {Translate} t */
  constructor(t) {
    this.t = t;
  }

  /** @param {() => Promise<Blob>} connect @returns {Promise<boolean>} whether there is a picture */
  async run(connect) {
    const { t } = this;
    this.clear();
    this.element.append(waitingNotice(t('cameras.form.testing')));
    try {
      const picture = await connect();
      this.clear();
      this.#picture = URL.createObjectURL(picture);
      this.element.append(
        $('<p class="camera-tested">').append(icon('check'), ' ', $('<span>').text(t('cameras.form.works'))),
        $('<img class="camera-trial">').attr({ src: this.#picture, alt: t('cameras.form.picture') }),
      );
      return true;
    } catch (error) {
      this.fail(error);
      return false;
    }
  }

  /** Says why there is no picture. @param {unknown} error */
  fail(error) {
    const { t } = this;
    if (!(error instanceof RostroApiError && error.is('camera_failed'))) return this.say(describeError(error, t));
    const key = `cameras.error.${error.details.failure}`;
    const words = t(key);
    this.say(words === key ? error.message : words);
  }

  /** @param {string} problem */
  say(problem) {
    this.clear();
    this.element.append($('<div class="alert alert-warning notice">').append(icon('alert'), $('<span>').text(problem)));
  }

  clear() {
    if (this.#picture !== null) URL.revokeObjectURL(this.#picture);
    this.#picture = null;
    this.element.empty();
  }
}
