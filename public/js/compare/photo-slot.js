import $ from '../../vendor/jquery/jquery.module.min.js';
import { rostro } from '../api.js';
import { drawFaces } from '../draw.js';
import { acceptDrops } from '../drop.js';
import { icon } from '../icons.js';
import { failureNotice, waitingNotice } from '../notice.js';
import { showBlank, showPhoto } from '../photo.js';
import { whenReady } from '../retry.js';
import { GUESSED, guessList } from './guesses.js';

/**
 * @import { DetectedFace, Detection } from '/client/index.js'
 * @import { Translate } from '../i18n.js'
 */

const PHOTO_SIDE_PX = 1000;
const COMPARED_COLOUR = '#2dd4bf';
const OTHER_COLOUR = '#b6c2c4';

/** One of the two photos: accepts a file, shows it with its faces, and shows errors. */
export class PhotoSlot {
  /** The photo, if it has a face. @type {File | null} */
  ready = null;
  #request = new AbortController();
  /** Whether the server is asked for guesses about the face. */
  #guesses = false;

  /**
   * @param {HTMLElement} section
   * @param {Translate} t
   * @param {{ onFiles: (files: File[]) => void, onChange: () => void }} page
   */
  constructor(section, t, { onFiles, onChange }) {
    this.t = t;
    this.onChange = onChange;
    this.frame = $(section).find('.slot-frame');
    this.status = $(section).find('.slot-status');
    this.canvas = $('<canvas role="img" hidden>');
    const label = `${$(section).find('h2').text()}: ${t('compare.choose')}`;
    this.frame
      .addClass('enhanced')
      .append(
        this.canvas,
        $('<div class="slot-invitation">').append(
          $(icon('photo')).addClass('dropzone-icon'),
          $('<p class="dropzone-title">').text(t('compare.drop')),
        ),
        $('<div class="file-field">').append(
          fileInput(label, onFiles),
          $('<span class="file-button" aria-hidden="true">').text(t('compare.choose')),
        ),
      );
    acceptDrops(section, this.frame[0], onFiles);
  }

  /** Asks for guesses about the face, or removes them. @param {boolean} wanted */
  guess(wanted) {
    this.#guesses = wanted;
    const place = this.status.find('.slot-guesses').empty();
    if (wanted && this.ready) void this.#guessAbout(this.ready, place);
  }

  /** @param {File} file */
  async take(file) {
    this.#request.abort();
    const { signal } = (this.#request = new AbortController());
    this.ready = null;
    this.onChange();
    this.status.empty().append(waitingNotice(this.t('compare.looking')));
    const canvas = /** @type {HTMLCanvasElement} */ (this.canvas[0]);
    const readable = await showPhoto(canvas, file, PHOTO_SIDE_PX);
    this.canvas.prop('hidden', !readable).attr('aria-label', this.t('compare.photo', { file: file.name }));
    this.frame.toggleClass('filled', readable);
    try {
      const found = await whenReady(() => rostro.detect(file, { signal }));
      if (!signal.aborted) this.#showFaces(file, found, readable);
    } catch (error) {
      if (signal.aborted) return;
      this.status.empty().append(failureNotice(error, this.t, () => void this.take(file)));
    }
  }

  /** @param {File} file @param {Detection} found @param {boolean} readable */
  #showFaces(file, { image, faces }, readable) {
    const canvas = /** @type {HTMLCanvasElement} */ (this.canvas[0]);
    if (!readable) {
      showBlank(canvas, image, PHOTO_SIDE_PX);
      this.canvas.prop('hidden', false);
      this.frame.addClass('filled');
    }
    const scale = canvas.width / image.width;
    const largest = largestOf(faces);
    const others = faces.filter((face) => face !== largest);
    drawFaces(canvas, others, { scale, colourOf: () => OTHER_COLOUR });
    if (largest) drawFaces(canvas, [largest], { scale, colourOf: () => COMPARED_COLOUR, landmarks: true });
    const text = faces.length === 0 ? this.t('error.no_face') : this.t('compare.faces', { count: faces.length });
    const sentence = $('<p class="slot-sentence">').toggleClass('bad', faces.length === 0);
    sentence.append(icon(faces.length === 0 ? 'alert' : 'check'), $('<span>').text(text));
    this.status.empty().append(sentence, $('<div class="slot-guesses">'));
    this.ready = faces.length === 0 ? null : file;
    if (this.#guesses) this.guess(true);
    this.onChange();
  }

  /** @param {File} file @param {JQuery} place */
  async #guessAbout(file, place) {
    const { signal } = this.#request;
    try {
      const { faces } = await whenReady(() => rostro.detect(file, { signal, attributes: GUESSED, liveness: 'off' }));
      const { attributes } = largestOf(faces) ?? {};
      if (!signal.aborted && this.#guesses && attributes) place.empty().append(guessList(attributes, this.t));
    } catch (error) {
      if (!signal.aborted) place.empty().append(failureNotice(error, this.t));
    }
  }
}

/** @param {readonly DetectedFace[]} faces @returns {DetectedFace | undefined} */
function largestOf(faces) {
  return faces.reduce((a, b) => (area(b) > area(a) ? b : a), faces[0]);
}

/** @param {DetectedFace} face */
function area({ box }) {
  return box.width * box.height;
}

/** @param {string} label @param {(files: File[]) => void} onFiles */
function fileInput(label, onFiles) {
  const input = document.createElement('input');
  Object.assign(input, { type: 'file', accept: 'image/*,.heic,.heif,.bmp', ariaLabel: label });
  input.addEventListener('change', () => {
    onFiles([...(input.files ?? [])]);
    input.value = '';
  });
  return input;
}
