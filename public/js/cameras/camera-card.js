import $ from '../../vendor/jquery/jquery.module.min.js';
import { currentLocale } from '../i18n.js';
import { icon } from '../icons.js';

/**
 * @import { Camera, PresentPerson } from '/client/index.js'
 * @import { Translate } from '../i18n.js'
 */

const clock = new Intl.DateTimeFormat(currentLocale(), { timeStyle: 'short' });

/** One camera: its newest picture, status and people. */
export class CameraCard {
  /** @param {Camera} camera @param {Translate} t */
  constructor(camera, t) {
    this.t = t;
    this.picture = $('<img class="camera-picture">').attr('alt', t('cameras.picture', { name: camera.name }));
    this.element = $('<li class="panel-card camera">').append(
      $('<div class="camera-frame">').append(icon('camera'), this.picture),
      $('<div class="camera-head">').append(
        $('<h3>').text(camera.name),
        $('<span class="camera-source">').text(camera.source),
      ),
      $('<p class="camera-state">').append(
        $('<span class="dot" aria-hidden="true">'),
        $('<span class="camera-words">'),
      ),
      $('<p class="hint camera-error">'),
      $('<p class="hint camera-figures">'),
      $('<ul class="present">'),
      $('<p class="hint camera-nobody">').text(t('cameras.nobody')),
    );
    this.update(camera);
  }

  /** @param {Camera} camera */
  update(camera) {
    const { state, error, snapshot, present } = camera;
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
      ? $('<img class="present-face" alt="">').attr('src', crop)
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
