import { RostroApiError } from '../../client/index.js';
import $ from '../../vendor/jquery/jquery.module.min.js';
import { rostro } from '../api.js';
import { describeError } from '../describe-error.js';
import { createTranslator } from '../i18n.js';
import { relativeBox } from '../live/boxes.js';
import { Camera, CameraError } from '../live/camera.js';
import { drawFace, FrameGrabber } from '../live/frames.js';
import common from '../strings/common.js';
import importStrings from '../strings/import.js';
import live from '../strings/live.js';
import verify from '../strings/verify.js';
import { figure } from '../verify/figures.js';
import { judgeLook, LOOKS } from './looks.js';
import { webcamDialog } from './webcam-dialog.js';

/**
 * @import { Angles, Look } from './looks.js'
 * @typedef {{ look: Look, photo: Blob, picture: HTMLCanvasElement }} Shot
 */

/** Enough to measure a pose; the photo itself is taken in full. */
const MEASURED_WIDTH_PX = 640;
/** Pictures in a row that show the look, before the photo is taken, which must show it, too. */
const HELD = 1;
const PAUSE_MS = 200;
/** Refusals of one picture that the next one may repair. */
const PASSING = new Set(['busy', 'worker_restarted', 'deadline_exceeded', 'too_many_requests', 'not_ready']);
/** Drawings of js/verify/figures.js. @type {Record<Look, string>} */
const FIGURES = { front: 'look_ahead', left: 'turn_left', right: 'turn_right', up: 'look_up', down: 'look_down' };

const { t } = createTranslator(common, live, verify, importStrings);

/** @type {Webcam | null} */
let webcam = null;

/** Opens the dialog that takes five looks of a person. @param {(photos: File[], name: string) => void} onPhotos */
export function openWebcam(onPhotos) {
  webcam ??= new Webcam();
  webcam.open(onPhotos);
}

class Webcam {
  #element = webcamDialog(t);
  /** @type {(photos: File[], name: string) => void} */
  #onPhotos = () => undefined;
  #run = new AbortController();
  /** @type {'take' | 'skip' | null} */
  #wish = null;
  /** @type {Map<Look, Shot>} */
  #shots = new Map();
  /** @type {Angles} */
  #front = { yaw: 0, pitch: 0 };

  constructor() {
    $('body').append(this.#element);
    const video = /** @type {HTMLVideoElement} */ (this.#element.find('video')[0]);
    this.camera = new Camera(video, { onLost: () => this.#fail(new CameraError('failed')), onMuted: () => undefined });
    this.grabber = new FrameGrabber(video);
    $('#webcam-step-name').on('submit', (event) => {
      event.preventDefault();
      void this.#take(LOOKS);
    });
    $('#webcam-take').on('click', () => (this.#wish = 'take'));
    $('#webcam-skip').on('click', () => (this.#wish = 'skip'));
    $('#webcam-send').on('click', () => this.#send());
    // jQuery would treat the dots in the name as event namespaces.
    this.#element[0].addEventListener('shown.bs.modal', () => $('#webcam-name').trigger('focus'));
    this.#element[0].addEventListener('hide.bs.modal', () => this.#stop());
    this.#element[0].addEventListener('hidden.bs.modal', () => $('#webcam-open').trigger('focus'));
  }

  get #modal() {
    return bootstrap.Modal.getOrCreateInstance(this.#element[0]);
  }

  get #name() {
    return String($('#webcam-name').val()).trim();
  }

  /** @param {(photos: File[], name: string) => void} onPhotos */
  open(onPhotos) {
    this.#onPhotos = onPhotos;
    this.#shots.clear();
    $('#webcam-name').val('');
    this.#show('name');
    this.#modal.show();
  }

  #stop() {
    this.#run.abort();
    this.camera.stop();
  }

  /** Takes these looks, one after the other, and shows all photos. @param {readonly Look[]} looks */
  async #take(looks) {
    this.#run.abort();
    const { signal } = (this.#run = new AbortController());
    this.#show('looks');
    this.#say(t('verify.starting'));
    $('#webcam-take').trigger('focus');
    try {
      if (!(await this.camera.start())) return;
      for (const [index, look] of looks.entries()) {
        this.#showLook(look, looks);
        const shot = await this.#capture(look, signal, (share) => setRing((index + share) / looks.length));
        if (shot) this.#shots.set(look, shot);
      }
      this.camera.stop();
      this.#review();
    } catch (error) {
      if (!signal.aborted) this.#fail(error);
    }
  }

  /**
   * Waits until the person looks so, and takes the photo.
   * @param {Look} look
   * @param {AbortSignal} signal
   * @param {(share: number) => void} onProgress
   * @returns {Promise<Shot | null>} null where the user skips it
   */
  async #capture(look, signal, onProgress) {
    this.#wish = null;
    for (let held = 0; ; await pause(PAUSE_MS)) {
      signal.throwIfAborted();
      const wish = this.#wish;
      this.#wish = null;
      if (wish === 'skip') return null;
      const isPhoto = wish === 'take' || held >= HELD;
      const frame = await (isPhoto ? this.grabber.full() : this.grabber.scaled(MEASURED_WIDTH_PX));
      const seen = frame && (await this.#look(frame.blob, look, signal));
      if (!frame || !seen) continue;
      const { hint, amount, face, image } = seen;
      const isRight = amount === 1 && hint === null;
      held = isRight ? held + 1 : 0;
      this.#hint(hint ?? (isRight ? 'verify.hint.hold_still' : null));
      onProgress((amount + Math.min(1, held / HELD)) / 2);
      if (!isPhoto || !face || (!isRight && wish !== 'take')) continue;
      if (look === 'front') this.#front = face.attributes?.pose ?? this.#front;
      const picture = document.createElement('canvas');
      picture.width = picture.height = 144;
      drawFace(picture, this.grabber.latest, relativeBox(face.box, image));
      return { look, photo: frame.blob, picture };
    }
  }

  /** @param {Blob} photo @param {Look} look @param {AbortSignal} signal */
  async #look(photo, look, signal) {
    try {
      const answer = await rostro.detect(photo, {
        attributes: ['pose'],
        upright: true,
        liveness: 'off',
        retries: 0,
        signal,
      });
      return { ...judgeLook(answer, look, this.#front), image: answer.image };
    } catch (error) {
      if (error instanceof RostroApiError && PASSING.has(error.code)) return null;
      throw error;
    }
  }

  #review() {
    this.#show('review');
    const shots = LOOKS.flatMap((look) => this.#shots.get(look) ?? []);
    const found = t(shots.length > 0 ? 'webcam.review' : 'webcam.none', { name: this.#name });
    $('#webcam-found').text(found).trigger('focus');
    $('#webcam-shots')
      .empty()
      .append(shots.map((shot) => this.#shotItem(shot)));
    $('#webcam-send')
      .text(t('webcam.send', { count: shots.length }))
      .prop('hidden', shots.length === 0);
  }

  /** @param {Shot} shot */
  #shotItem({ look, picture }) {
    const label = t(`webcam.look.${look}`);
    picture.setAttribute('role', 'img');
    picture.setAttribute('aria-label', label);
    const button = (/** @type {string} */ key, /** @type {() => void} */ onClick) =>
      $('<button type="button" class="btn btn-sm btn-outline-secondary">')
        .text(t(key))
        .attr('aria-label', `${t(key)}: ${label}`)
        .on('click', onClick);
    return $('<li>').append(
      picture,
      $('<span>').text(label),
      button('webcam.again', () => void this.#take([look])),
      button('webcam.leaveOut', () => {
        this.#shots.delete(look);
        this.#review();
      }),
    );
  }

  #send() {
    const name = this.#name;
    const photos = [...this.#shots.values()].map(
      ({ look, photo }) => new File([photo], `${name}, ${t(`webcam.look.${look}`)}.jpg`, { type: photo.type }),
    );
    this.#modal.hide();
    this.#onPhotos(photos, name);
  }

  /** @param {unknown} error */
  #fail(error) {
    this.#stop();
    this.#show('name');
    const text =
      error instanceof CameraError
        ? `${t(`camera.${error.fault}.title`)}. ${t(`camera.${error.fault}.text`)}`
        : describeError(error, t);
    $('#webcam-error').text(text);
    $('#webcam-start').trigger('focus');
  }

  /** @param {'name' | 'looks' | 'review'} step */
  #show(step) {
    for (const name of ['name', 'looks', 'review']) $(`#webcam-step-${name}`).prop('hidden', name !== step);
    $('#webcam-error').text('');
    $('#webcam-figure').empty();
    $('#webcam-looks').empty();
    this.#hint(null);
    setRing(0);
  }

  /** @param {Look} look @param {readonly Look[]} looks */
  #showLook(look, looks) {
    const steps = looks.map((one) =>
      $('<li>')
        .attr({ 'data-done': this.#shots.has(one) ? '' : null, 'aria-current': one === look ? 'step' : null })
        .append($('<span class="visually-hidden">').text(t(`webcam.look.${one}`))),
    );
    $('#webcam-looks').empty().append(steps);
    $('#webcam-figure').attr('data-action', FIGURES[look]).empty().append(figure(FIGURES[look]));
    this.#say(t(`webcam.do.${look}`));
    this.#hint(null);
  }

  /** @param {string} text */
  #say(text) {
    $('#webcam-instruction').text(text);
  }

  /** @param {string | null} key */
  #hint(key) {
    const text = key === null ? '' : t(key);
    if ($('#webcam-hint').text() !== text) $('#webcam-hint').text(text);
  }
}

/** @param {number} share 0..1 */
function setRing(share) {
  // The round end of an empty line would be a dot.
  $('#ring').css({ 'stroke-dasharray': `${Math.min(100, Math.round(share * 100))} 100`, opacity: share > 0 ? 1 : 0 });
}

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
