import $ from '../../vendor/jquery/jquery.module.min.js';
import { describeError } from '../describe-error.js';
import { FRAMES_TO_ENROL } from './enrolment.js';
import { drawFace } from './frames.js';

/**
 * @import { Translate } from '../i18n.js'
 * @import { EnrolmentOutcome } from './enrolment.js'
 * @import { Picture } from './loop.js'
 * @import { SeenFace } from './types.js'
 * @import { Track } from './tracks.js'
 *
 * @typedef {object} EnrolDialogParts
 * @property {Translate} t
 * @property {(name: string, face: SeenFace, onProgress: (enrolled: number) => void, signal: AbortSignal) => Promise<EnrolmentOutcome>} enrol
 * @property {(outcome: EnrolmentOutcome) => void} onEnrolled called if at least one frame was enrolled
 */

/** Asks for the name of a face and enrols it. */
export class EnrolDialog {
  #element = $('#enrol');
  #name = $('#enrol-name');
  #status = $('#enrol-status');
  #yes = $('#enrol-yes');
  /** @type {Track | null} */
  #wanted = null;
  /** @type {Element | null} */
  #asker = null;
  #running = new AbortController();

  /** @param {EnrolDialogParts} parts */
  constructor(parts) {
    this.parts = parts;
    $('#enrol-form').on('submit', (event) => {
      event.preventDefault();
      void this.#enrol(String(this.#name.val()));
    });
    // jQuery would treat the dots in these names as event namespaces.
    const [element] = this.#element;
    element.addEventListener('shown.bs.modal', () => this.#name.trigger('focus'));
    element.addEventListener('hide.bs.modal', () => this.#running.abort());
    element.addEventListener('hidden.bs.modal', () => this.#giveFocusBack());
  }

  /** @param {Track} track @param {Picture} picture the frame that shows it */
  open(track, picture) {
    this.#wanted = track;
    this.#asker = document.activeElement;
    drawFace(/** @type {HTMLCanvasElement} */ ($('#enrol-face')[0]), picture, track.face.box);
    this.#name.val('');
    this.#say('');
    this.#yes.prop('disabled', false);
    this.#modal.show();
  }

  close() {
    this.#modal.hide();
  }

  get #modal() {
    return bootstrap.Modal.getOrCreateInstance(this.#element[0]);
  }

  /** @param {string} name */
  async #enrol(name) {
    const { t, enrol, onEnrolled } = this.parts;
    if (!this.#wanted) return;
    const { signal } = (this.#running = new AbortController());
    this.#yes.prop('disabled', true);
    this.#progress(0);
    const outcome = await enrol(name, this.#wanted.face, (enrolled) => this.#progress(enrolled), signal);
    const left = signal.aborted;
    if (outcome.enrolled > 0) onEnrolled(outcome);
    if (left) return;
    this.#yes.prop('disabled', false);
    if (outcome.enrolled > 0) this.close();
    else this.#say(outcome.error === null ? t('enrol.notSeen') : describeError(outcome.error, t), true);
  }

  /** Moves the focus to the button that opened the dialog, or to its parent. */
  #giveFocusBack() {
    const asker = this.#asker;
    if (asker instanceof HTMLElement && asker.isConnected && asker !== document.body) asker.focus();
    else $('#faces-heading').trigger('focus');
  }

  /** @param {number} enrolled */
  #progress(enrolled) {
    this.#say(this.parts.t('enrol.progress', { enrolled, wanted: FRAMES_TO_ENROL }));
  }

  /** @param {string} text @param {boolean} [bad] */
  #say(text, bad = false) {
    this.#status.text(text).toggleClass('bad', bad);
  }
}
