import $ from '../../vendor/jquery/jquery.module.min.js';
import { currentLocale } from '../i18n.js';
import { PARTS } from './meter.js';

/**
 * @import { Translate } from '../i18n.js'
 * @import { Meter } from './meter.js'
 */

const PAUSE_MS = 500;
const oneDecimal = new Intl.NumberFormat(currentLocale(), { maximumFractionDigits: 1, minimumFractionDigits: 1 });
const percent = new Intl.NumberFormat(currentLocale(), { style: 'percent' });
const whole = new Intl.NumberFormat(currentLocale(), { maximumFractionDigits: 0 });

/** Shows the measurements, with a bar for the parts of the latency. */
export class MeterPanel {
  #waiting = $('<p class="hint">');
  #numbers = $('<div hidden>');
  #rate = $('<dd id="meter-rate">');
  #latency = $('<dd id="meter-latency">');
  #picture = $('<dd id="meter-picture">');
  #followed = $('<p class="hint small mt-2 mb-0" hidden>');
  #shownAt = -Infinity;
  #frames = { count: 0, at: 0 };
  #presented = 0;

  /** @param {Meter} meter @param {HTMLVideoElement} video @param {Translate} t */
  constructor(meter, video, t) {
    this.meter = meter;
    this.video = video;
    this.t = t;
    this.parts = PARTS.map((part) => ({
      part,
      bar: $('<span>').attr('data-part', part),
      value: $('<dd>').attr('data-part', part),
    }));
    this.#waiting.text(t('meter.waiting'));
    this.#numbers.append(this.#totals(), this.#breakdown(), this.#followed);
    $('#meter').append(this.#waiting, this.#numbers);
    this.#countPresented();
  }

  /** Firefox counts no frames of a camera in `getVideoPlaybackQuality()`. */
  #countPresented() {
    if (!('requestVideoFrameCallback' in this.video)) return;
    const next = () =>
      this.video.requestVideoFrameCallback((_now, { presentedFrames }) => {
        this.#presented = presentedFrames;
        next();
      });
    next();
  }

  /** Updates at most twice a second, so that the digits are readable. @param {number} now */
  show(now) {
    if (now - this.#shownAt < PAUSE_MS) return;
    this.#shownAt = now;
    const measured = this.meter.measure(now);
    this.#waiting.prop('hidden', measured !== null);
    this.#numbers.prop('hidden', measured === null);
    if (measured === null) return;
    this.#rate.text(this.t('meter.perSecond', { rate: oneDecimal.format(measured.framesPerSecond) }));
    this.#latency.text(this.#ms(measured.latencyMs));
    this.#picture.text(this.t('meter.perSecond', { rate: whole.format(this.#pictureRate(now)) }));
    const share = measured.followedShare;
    this.#followed.prop('hidden', share === 0).text(this.t('meter.followed', { share: percent.format(share) }));
    for (const { part, bar, value } of this.parts) {
      bar[0].style.flexGrow = String(measured.partsMs[part]);
      value.text(this.#ms(measured.partsMs[part]));
    }
  }

  clear() {
    this.#shownAt = -Infinity;
    this.#frames = { count: 0, at: 0 };
    this.#waiting.prop('hidden', false);
    this.#numbers.prop('hidden', true);
  }

  /** @param {number} ms */
  #ms(ms) {
    return this.t('meter.ms', { ms: (ms < 9.95 ? oneDecimal : whole).format(ms) });
  }

  /** Frames per second of the video since the last call. @param {number} now */
  #pictureRate(now) {
    const count = this.#presented || this.video.getVideoPlaybackQuality().totalVideoFrames;
    const { count: before, at } = this.#frames;
    this.#frames = { count, at: now };
    return Math.max(0, (1000 * (count - before)) / (now - at));
  }

  #totals() {
    const { t } = this;
    return $('<dl class="meter-totals">').append(
      $('<div>').append($('<dt>').text(t('meter.rate')), this.#rate),
      $('<div>').append($('<dt>').text(t('meter.latency')), this.#latency),
      $('<div>').append($('<dt>').text(t('meter.picture')), this.#picture),
    );
  }

  #breakdown() {
    const { t, parts } = this;
    return [
      $('<div class="meter-bar" aria-hidden="true">').append(parts.map(({ bar }) => bar)),
      $('<p class="hint small">').text(t('meter.parts')),
      $('<dl class="meter-parts">').append(
        parts.map(({ part, value }) =>
          $('<div>').append(
            $('<dt>')
              .attr('data-part', part)
              .text(t(`meter.${part}`)),
            value,
          ),
        ),
      ),
    ];
  }
}
