import $ from '../../vendor/jquery/jquery.module.min.js';
import { icon } from '../icons.js';
import { SERVER } from '../session.js';

/**
 * @import { Translate } from '../i18n.js'
 * @import { CameraFault } from './camera.js'
 * @typedef {CameraFault | 'idle' | 'starting' | 'stopped' | 'lost'} ClosedState why there is no picture
 */

/** States without a button. @type {readonly ClosedState[]} */
const FINAL = ['insecure', 'unsupported'];
/** @type {readonly ClosedState[]} */
const CALM = ['idle', 'starting', 'stopped'];

/** Covers the stage while there is no picture and shows the reason. */
export class Curtain {
  /** @param {HTMLElement} element @param {Translate} t @param {() => void} onAction the button was pressed */
  constructor(element, t, onAction) {
    this.element = $(element);
    this.t = t;
    this.onAction = onAction;
  }

  /** @param {ClosedState} state */
  close(state) {
    const { t } = this;
    const words = $('<div aria-live="polite">').append(
      $('<p class="curtain-title">').text(t(`camera.${state}.title`)),
      $('<p class="curtain-text">').text(t(`camera.${state}.text`)),
    );
    if (state === 'insecure') words.append(this.#waysOut());
    this.element.prop('hidden', false).empty().append(this.#symbol(state), words);
    if (!FINAL.includes(state)) this.element.append(this.#button(state));
  }

  open() {
    this.element.prop('hidden', true).empty();
  }

  focus() {
    this.element.find('button').trigger('focus');
  }

  /** @param {ClosedState} state */
  #symbol(state) {
    if (state === 'starting') return $('<span class="spinner-border curtain-icon" aria-hidden="true">');
    return $(icon(CALM.includes(state) ? 'camera' : 'alert')).addClass('curtain-icon');
  }

  /** @param {ClosedState} state */
  #button(state) {
    return $('<button type="button" class="btn btn-lg">')
      .addClass(state === 'starting' ? 'btn-outline-light' : 'btn-primary')
      .attr('id', 'start')
      .text(this.t(`camera.${state}.action`))
      .on('click', this.onAction);
  }

  #waysOut() {
    const { t } = this;
    const local = `http://localhost${location.port === '' ? '' : `:${location.port}`}${new URL('live.html', SERVER).pathname}`;
    return $('<ul class="curtain-ways">').append(
      $('<li>').append($('<span>').text(t('camera.insecure.https')), ' ', $('<code>').text('rostro serve --https')),
      $('<li>').append($('<span>').text(t('camera.insecure.local')), ' ', $('<code>').text(local)),
      $('<li>').text(t('camera.insecure.proxy')),
    );
  }
}
