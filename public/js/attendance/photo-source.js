import $ from '../../vendor/jquery/jquery.module.min.js';
import { rostro } from '../api.js';
import { describeError } from '../describe-error.js';
import { acceptDrops, ignoreMissedDrops } from '../drop.js';
import { icon } from '../icons.js';
import { pictureWords } from './picture-words.js';

/**
 * @import { AttendanceSession } from '/client/index.js'
 * @import { Translate } from '../i18n.js'
 */

/** The clocks of the phone and of the server differ by less. */
const RECENT_MS = 5 * 60_000;

/** Photos of the room, chosen or dropped: sent one after the other. */
export class PhotoSource {
  /** @type {File[]} */
  #waiting = [];
  #isSending = false;
  #options;

  /** @param {{ id: string, t: Translate, onSession: (session: AttendanceSession) => void }} options */
  constructor(options) {
    this.#options = options;
    const input = $('#photos');
    $('#photos-label').append(icon('photo'), $('<span>').text(options.t('attendance.photos')));
    input.on('change', () => {
      const field = /** @type {HTMLInputElement} */ (input[0]);
      this.#add([...(field.files ?? [])]);
      field.value = '';
    });
    const zone = $('#sources')[0];
    acceptDrops(zone, zone, (files) => this.#add(files));
    ignoreMissedDrops();
  }

  /** @param {File[]} files */
  #add(files) {
    this.#waiting.push(...files);
    if (!this.#isSending) void this.#send();
  }

  async #send() {
    this.#isSending = true;
    for (let file = this.#waiting.shift(); file !== undefined; file = this.#waiting.shift()) await this.#sendOne(file);
    this.#isSending = false;
  }

  /** @param {File} file */
  async #sendOne(file) {
    const { id, t, onSession } = this.#options;
    const words = $('<span>').text(t('attendance.sending', { left: this.#waiting.length + 1 }));
    const line = $('<p class="attendance-picture">').append(
      $('<span class="spinner-border spinner-border-sm" aria-hidden="true">'),
      $('<span class="attendance-file">').text(file.name),
      words,
    );
    $('#pictures').prepend(line);
    try {
      const picture = await rostro.attendance.look(id, file, { at: takenAt(file) });
      words.text(pictureWords(picture, t));
      line.children('.spinner-border').replaceWith(icon('check'));
      onSession(picture.session);
    } catch (error) {
      words.text(describeError(error, t));
      line.addClass('failed').children('.spinner-border').replaceWith(icon('alert'));
    }
  }
}

/** When a photo was taken, by the date of its file; undefined for now. @param {File} file */
function takenAt({ lastModified }) {
  return Date.now() - lastModified < RECENT_MS ? undefined : new Date(lastModified);
}
