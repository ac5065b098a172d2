import $ from '../../vendor/jquery/jquery.module.min.js';
import { rostro } from '../api.js';
import { describeError } from '../describe-error.js';
import { icon } from '../icons.js';
import { Camera, CameraError } from '../live/camera.js';
import { newSession } from '../live/channel.js';
import { FrameGrabber } from '../live/frames.js';
import { WakeLock } from '../live/wake-lock.js';
import { pictureWords } from './picture-words.js';

/**
 * @import { AttendanceSession } from '/client/index.js'
 * @import { Translate } from '../i18n.js'
 */

const MAX_WIDTH_PX = 1280;
/** From one frame to the next, at least; a person needs two good looks. */
const EVERY_MS = 400;
const AFTER_FAILURE_MS = 3000;

/** The webcam of this browser: its frames are sent, each after the reply to the one before. */
export class WebcamSource {
  #options;
  #camera;
  #grabber;
  #wakeLock = new WakeLock();
  /** Counts the starts and stops: a loop of an earlier start ends. */
  #turn = 0;
  #isOn = false;

  /** @param {{ id: string, t: Translate, onSession: (session: AttendanceSession) => void }} options */
  constructor(options) {
    this.#options = options;
    const video = /** @type {HTMLVideoElement} */ ($('#video')[0]);
    this.#camera = new Camera(video, { onLost: () => this.stop(), onMuted: () => undefined });
    this.#grabber = new FrameGrabber(video);
    $('#webcam').on('click', () => (this.#isOn ? this.stop() : void this.#start()));
    $(window).on('pagehide', () => this.stop());
    this.#show();
  }

  stop() {
    this.#turn++;
    this.#isOn = false;
    this.#camera.stop();
    this.#wakeLock.release();
    this.#show();
  }

  async #start() {
    const { t } = this.#options;
    const turn = ++this.#turn;
    this.#isOn = true;
    this.#show();
    try {
      if (!(await this.#camera.start())) return;
    } catch (error) {
      this.stop();
      const fault = error instanceof CameraError ? error.fault : 'failed';
      return this.#say(t(`camera.${fault}.title`), true);
    }
    this.#wakeLock.take();
    const session = newSession();
    while (turn === this.#turn) await this.#sendFrame(session, turn);
  }

  /** @param {string} session @param {number} turn */
  async #sendFrame(session, turn) {
    const { id, t, onSession } = this.#options;
    const frame = document.hidden ? null : await this.#grabber.scaled(MAX_WIDTH_PX);
    let pause = EVERY_MS;
    if (frame !== null) {
      try {
        const picture = await rostro.attendance.look(id, frame.blob, { session });
        if (turn !== this.#turn) return;
        this.#say(pictureWords(picture, t), false);
        onSession(picture.session);
      } catch (error) {
        if (turn !== this.#turn) return;
        this.#say(describeError(error, t), true);
        pause = AFTER_FAILURE_MS;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }

  #show() {
    const text = this.#options.t(this.#isOn ? 'attendance.webcamStop' : 'attendance.webcam');
    $('#webcam').attr('aria-pressed', String(this.#isOn)).empty().append(icon('camera'), $('<span>').text(text));
    $('#stage').prop('hidden', !this.#isOn);
  }

  /** @param {string} text @param {boolean} isFailure */
  #say(text, isFailure) {
    if ($('#webcam-words').length === 0) $('#pictures').prepend($('<p class="attendance-picture" id="webcam-words">'));
    $('#webcam-words')
      .toggleClass('failed', isFailure)
      .empty()
      .append(icon(isFailure ? 'alert' : 'camera'), $('<span>').text(text));
  }
}
