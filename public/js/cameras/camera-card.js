import $ from '../../vendor/jquery/jquery.module.min.js';
import { currentLocale } from '../i18n.js';
import { icon } from '../icons.js';
import { CameraTrial } from './camera-trial.js';

/**
 * @import { Camera, PresentPerson } from '/client/index.js'
 * @import { Translate } from '../i18n.js'
 * @typedef {{ onTest: (camera: Camera) => Promise<Blob>, onEdit: (camera: Camera) => void, onRemove: (camera: Camera) => void }} CameraActions for administrators
 */

const clock = new Intl.DateTimeFormat(currentLocale(), { timeStyle: 'short' });

/** One camera: its newest picture, status and people. */
export class CameraCard {
  /** @param {Camera} camera @param {Translate} t @param {CameraActions} actions */
  constructor(camera, t, actions) {
    this.t = t;
    this.camera = camera;
    this.trial = new CameraTrial(t);
    this.picture = $('<img class="camera-picture">');
    this.element = $('<li class="panel-card camera">').append(
      $('<div class="camera-frame">').append(icon('camera'), this.picture),
      $('<div class="camera-head">').append($('<h3>'), $('<span class="camera-source">')),
      $('<p class="camera-state">').append(
        $('<span class="dot" aria-hidden="true">'),
        $('<span class="camera-words">'),
      ),
      $('<p class="hint camera-error">'),
      $('<p class="hint camera-figures">'),
      $('<ul class="present">'),
      $('<p class="hint camera-nobody">').text(t('cameras.nobody')),
      this.trial.element,
      this.#buttons(actions),
    );
    this.update(camera);
  }

  /** @param {Camera} camera */
  update(camera) {
    this.camera = camera;
    const { name, source, state, error, snapshot, present } = camera;
    this.element.find('h3').text(name);
    this.element.find('.camera-source').text(source);
    this.picture.attr('alt', this.t('cameras.picture', { name }));
    for (const button of this.element.find('.camera-actions button')) {
      button.setAttribute('aria-label', this.t(`cameras.${button.dataset.action}This`, { name }));
    }
    const isLive = state === 'live';
    this.element.attr('data-state', state);
    this.#say('.camera-words', this.t(`cameras.state.${state}`));
    this.#say('.camera-error', error ? this.#why(error) : '');
    this.#say('.camera-figures', isLive ? this.#figures(camera) : '');
    // A new URL each time, so that the browser does not use its cache.
    if (snapshot) this.picture.attr('src', `${snapshot}?at=${Date.now()}`);
    this.picture.prop('hidden', !snapshot);
    this.element.find('.camera-nobody').prop('hidden', !isLive || present.length > 0);
    this.element
      .find('.present')
      .empty()
      .append(present.map((one) => this.#person(one)));
  }

  /** @param {CameraActions} actions */
  #buttons({ onTest, onEdit, onRemove }) {
    const { t, camera } = this;
    const button = (/** @type {'test' | 'edit' | 'remove'} */ name, /** @type {() => void} */ onClick) =>
      $('<button type="button" class="btn btn-sm btn-outline-secondary">')
        .attr('data-action', name)
        .text(t(`cameras.${name}`))
        .on('click', onClick);
    return $('<div class="camera-actions" data-needs="admin">').append(
      button('test', () => void this.trial.run(() => onTest(this.camera))),
      camera.editable
        ? [button('edit', () => onEdit(this.camera)), button('remove', () => onRemove(this.camera))]
        : $('<span class="hint">').text(t('cameras.inFile')),
    );
  }

  /** @param {Camera} camera */
  #figures({ frames, lagMs }) {
    const rate = frames.perSecond.toLocaleString(currentLocale(), { maximumFractionDigits: 1 });
    return this.t('cameras.figures', { rate, lag: lagMs ?? 0 });
  }

  /** The server's message if there is no translation. @param {NonNullable<Camera['error']>} error */
  #why({ code, message }) {
    const key = `cameras.error.${code}`;
    const words = this.t(key);
    return words === key ? message : words;
  }

  /** @param {PresentPerson} person */
  #person({ person, since, crop }) {
    const picture = crop
      ? $('<img class="present-face" alt="">').attr('src', `${crop}?size=144`)
      : $('<span class="present-face">').append(icon('person'));
    return $('<li>')
      .toggleClass('is-unknown', person === null)
      .append(
        picture,
        $('<span class="present-name">').text(person ?? this.t('cameras.unknown')),
        $('<span class="hint">').text(this.t('cameras.since', { time: clock.format(new Date(since)) })),
      );
  }

  /** @param {string} place @param {string} words */
  #say(place, words) {
    this.element
      .find(place)
      .text(words)
      .prop('hidden', words === '');
  }
}
