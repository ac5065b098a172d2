import $ from '../vendor/jquery/jquery.module.min.js';
import { describeError } from './describe-error.js';
import { icon } from './icons.js';

/** @import { Translate } from './i18n.js' */

/**
 * An error message, with a button to retry if that can help.
 * @param {unknown} error
 * @param {Translate} t
 * @param {() => void} [retry]
 * @returns {JQuery}
 */
export function failureNotice(error, t, retry) {
  const notice = $('<div class="alert alert-danger notice" role="alert">').append(
    icon('alert'),
    $('<span>').text(describeError(error, t)),
  );
  if (!retry) return notice;
  return notice.append(
    $('<button type="button" class="btn btn-sm btn-outline-danger">').text(t('retry')).on('click', retry),
  );
}

/** Something is going on and needs no help. @param {string} text @returns {JQuery} */
export function waitingNotice(text) {
  return $('<div class="notice waiting" role="status">').append(
    $('<span class="spinner-border spinner-border-sm" aria-hidden="true">'),
    $('<span>').text(text),
  );
}
