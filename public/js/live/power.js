import $ from '../../vendor/jquery/jquery.module.min.js';
import { announce } from '../announce.js';
import { CameraError, cameraObstacle } from './camera.js';
import { Curtain } from './curtain.js';
import { WakeLock } from './wake-lock.js';

/**
 * @import { Translate } from '../i18n.js'
 * @import { Camera } from './camera.js'
 * @import { ClosedState } from './curtain.js'
 * @typedef {{ camera: Camera, t: Translate, onRunning: () => void, onHalted: () => void }} PowerParts
 */

/** Turns the camera on and off and shows its state or the problem. */
export class Power {
  #root = $('#live');
  #wakeLock = new WakeLock();

  /** @param {PowerParts} parts */
  constructor(parts) {
    this.parts = parts;
    this.curtain = new Curtain($('#curtain')[0], parts.t, () => this.#press());
    $('#stop').on('click', () => this.stop());
    this.#close(cameraObstacle() ?? 'idle');
  }

  /** @returns {'running' | ClosedState} */
  get state() {
    return /** @type {'running' | ClosedState} */ (this.#root.attr('data-camera'));
  }

  async start() {
    const { camera, onRunning } = this.parts;
    const focused = this.#hasFocus();
    this.#close('starting');
    if (focused) this.curtain.focus();
    try {
      if (await camera.start()) this.#open();
      else return;
    } catch (error) {
      return this.halt(error instanceof CameraError ? error.fault : 'failed');
    }
    this.#wakeLock.take();
    onRunning();
  }

  /** Handles the button and the key. */
  stop() {
    if (this.state === 'running' || this.state === 'starting') this.halt('stopped');
  }

  /** Releases the camera and shows the reason. @param {ClosedState} state */
  halt(state) {
    const { camera, onHalted, t } = this.parts;
    const focused = this.#hasFocus();
    camera.stop();
    this.#wakeLock.release();
    onHalted();
    this.#close(state);
    $('#controls').prop('hidden', true);
    if (focused) this.curtain.focus();
    if (state === 'stopped') announce(t('announce.stopped'));
  }

  /** Resumes after the page was hidden. */
  resume() {
    if (this.state === 'lost') return void this.start();
    if (this.state !== 'running') return;
    this.#wakeLock.take();
    this.parts.camera.play();
  }

  #press() {
    if (this.state === 'starting') this.stop();
    else void this.start();
  }

  #open() {
    const focused = this.#hasFocus();
    this.#root.attr('data-camera', 'running');
    this.curtain.open();
    $('#controls, #side, #seen-section').prop('hidden', false);
    if (focused) $('#stop').trigger('focus');
    announce(this.parts.t('announce.running'));
  }

  /** @param {ClosedState} state */
  #close(state) {
    this.#root.attr('data-camera', state);
    this.curtain.close(state);
  }

  /** Whether the focus is on a button that will disappear. */
  #hasFocus() {
    return document.activeElement?.matches('#stop, #start') ?? false;
  }
}
