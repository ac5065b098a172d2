import $ from '../../vendor/jquery/jquery.module.min.js';
import { currentLocale } from '../i18n.js';
import { icon } from '../icons.js';
import { strangersText } from '../strangers.js';

/**
 * @import { Verification } from '/client/index.js'
 * @import { Translate } from '../i18n.js'
 */

/**
 * The result in words, and the distance on a scale with the threshold.
 * @param {Verification} verification
 * @param {Translate} t
 * @returns {JQuery}
 */
export function verdict({ same, distance, threshold, falseMatchRate }, t) {
  const numbers = { distance: decimal(distance), threshold: decimal(threshold) };
  return $('<div class="verdict-card">')
    .attr('data-same', String(same))
    .append(
      $('<h2 class="verdict-title">').append(
        icon(same ? 'check' : 'cross'),
        $('<span>').text(t(same ? 'compare.same' : 'compare.different')),
      ),
      $('<p class="verdict-text">').text(t(same ? 'compare.within' : 'compare.beyond', numbers)),
      falseMatchRate === null ? [] : $('<p class="hint strangers">').text(nearness(falseMatchRate, t)),
      scale(distance, threshold, t),
      $('<p class="hint">').text(t('compare.explanation')),
    );
}

/** @param {number} falseMatchRate @param {Translate} t */
function nearness(falseMatchRate, t) {
  return `${t('strangers.near', { strangers: strangersText(falseMatchRate, t) })}.`;
}

/** @param {number} distance @param {number} threshold @param {Translate} t */
function scale(distance, threshold, t) {
  const end = Math.max(2 * threshold, 1.15 * distance);
  const percent = (/** @type {number} */ value) => `${(100 * value) / end}%`;
  const label = t('compare.scale', { distance: decimal(distance), threshold: decimal(threshold) });
  return $('<div class="scale" role="img">')
    .attr('aria-label', label)
    .append(
      $('<div class="scale-bar">').append(
        $('<div class="scale-same">').css('width', percent(threshold)),
        $('<div class="scale-threshold">').css('left', percent(threshold)),
        $('<div class="scale-distance">').css('left', percent(distance)),
      ),
      $('<div class="scale-labels">').append(
        $('<span>').css('width', percent(threshold)).text(t('compare.sameSide')),
        $('<span>').text(t('compare.differentSide')),
      ),
    );
}

/** @param {number} value */
function decimal(value) {
  return value.toLocaleString(currentLocale(), { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}
