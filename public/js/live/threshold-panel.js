import $ from '../../vendor/jquery/jquery.module.min.js';
import { announce } from '../announce.js';
import { changesUnder, histogram } from './changes.js';
import { distanceText } from './face-words.js';

/**
 * @import { Translate } from '../i18n.js'
 * @import { LiveSession } from './session.js'
 * @import { Change } from './changes.js'
 */

const STEP = 0.01;
const BINS = 40;
/** Range of the slider to each side of the server's threshold, as a share of it. */
const REACH = 0.6;

/** The slider for the threshold of this view, above a histogram of the measured distances. */
export class ThresholdPanel {
  #value = $('<output class="threshold-value" for="threshold-slider">');
  #bars = $('<div class="histogram" aria-hidden="true">').append(Array.from({ length: BINS }, () => $('<span>')));
  #slider = $('<input type="range" class="form-range" id="threshold-slider">').attr('step', STEP);
  #reset = $('<button type="button" class="btn btn-sm btn-outline-secondary" id="threshold-reset">');
  #summary = $('<p class="hint" id="threshold-summary">');
  #changes = $('<ul class="changes" id="threshold-changes">');

  /** @param {LiveSession} session @param {Translate} t @param {() => void} onMove */
  constructor(session, t, onMove) {
    this.session = session;
    this.t = t;
    this.onMove = onMove;
    this.#slider.attr({ 'aria-label': t('threshold.label'), 'aria-describedby': 'threshold-hint' });
    this.#slider.on('input', () => this.#move(Number(this.#slider.val())));
    this.#slider.on('change', () => announce([this.#summary, this.#changes.children()].map(textOf).join(' ')));
    this.#reset.on('click', () => {
      this.#move(null);
      this.#slider.trigger('focus');
    });
    $('#threshold').append(
      $('<div class="panel-head">').append(
        $('<h2 id="threshold-heading">').text(t('threshold.heading')),
        this.#value,
        this.#reset,
      ),
      this.#bars,
      this.#slider,
      $('<div class="slider-ends" aria-hidden="true">').append(
        $('<span>').text(t('threshold.stricter')),
        $('<span>').text(t('threshold.looser')),
      ),
      this.#summary,
      this.#changes,
      $('<p class="hint small" id="threshold-hint">').text(t('threshold.hint')),
    );
  }

  show() {
    const { serverThreshold, chosenThreshold, threshold, sightings } = this.session;
    $('#threshold').prop('hidden', serverThreshold === null);
    if (serverThreshold === null) return;
    const range = { min: serverThreshold * (1 - REACH), max: serverThreshold * (1 + REACH) };
    this.#slider.attr({ min: range.min.toFixed(2), max: range.max.toFixed(2) });
    this.#slider.val(threshold).attr('aria-valuetext', distanceText(threshold));
    this.#value.text(distanceText(threshold));
    this.#reset.text(this.t('threshold.reset', { threshold: distanceText(serverThreshold) }));
    this.#reset.prop('hidden', this.session.chosenThreshold === null);
    this.#showBars(histogram(sightings, { ...range, bins: BINS }), range, threshold);
    this.#showChanges(chosenThreshold === null ? [] : changesUnder(sightings, chosenThreshold));
  }

  /** @param {number | null} threshold null for the server's own */
  #move(threshold) {
    const { serverThreshold } = this.session;
    const same = threshold !== null && serverThreshold !== null && Math.abs(threshold - serverThreshold) < STEP / 2;
    this.session.chosenThreshold = same ? null : threshold;
    this.show();
    this.onMove();
  }

  /** @param {number[]} counts @param {{ min: number, max: number }} range @param {number} threshold */
  #showBars(counts, { min, max }, threshold) {
    const tallest = Math.max(1, ...counts);
    this.#bars.children().each((i, bar) => {
      const middle = min + ((i + 0.5) / BINS) * (max - min);
      bar.style.height = `${(100 * counts[i]) / tallest}%`;
      bar.dataset.within = String(middle <= threshold);
    });
  }

  /** @param {Change[]} changes */
  #showChanges(changes) {
    const { t } = this;
    const count = changes.reduce((sum, change) => sum + change.count, 0);
    this.#summary.text(this.#sentence(count));
    const name = (/** @type {string | null} */ person) => person ?? t('threshold.unknown');
    this.#changes
      .empty()
      .append(
        changes.map(({ from, to, count: times }) =>
          $('<li>').append(
            $('<span>').text(t('threshold.change', { from: name(from), to: name(to) })),
            $('<span class="times">').text(`×${times}`),
          ),
        ),
      );
    this.#changes.prop('hidden', changes.length === 0);
  }

  /** @param {number} count */
  #sentence(count) {
    if (this.session.chosenThreshold === null) return this.t('threshold.serverValue');
    if (count === 0) return this.t('threshold.noChange');
    return this.t('threshold.changes', { count, total: this.session.sightings.length });
  }
}

/** @param {JQuery} element */
const textOf = (element) =>
  element
    .toArray()
    .map((part) => part.textContent)
    .join(', ');
