import $ from '../../vendor/jquery/jquery.module.min.js';
import { describeError } from '../describe-error.js';
import { icon } from '../icons.js';
import { FRAMES_TO_ENROL } from './enrolment.js';
import { shieldIcon } from './shields.js';

/**
 * @import { Translate } from '../i18n.js'
 * @import { EnrolmentOutcome } from './enrolment.js'
 */

/** Shows a problem above the picture; an empty text removes it. @param {string} id @param {string} text */
export function stageNotice(id, text) {
  const notice = $(`#${id}`);
  if (notice.text() === text) return;
  notice.empty();
  if (text !== '') notice.append(icon('alert'), $('<span>').text(text));
}

/** The number of enrolled frames. @param {EnrolmentOutcome} outcome @param {Translate} t */
export function showEnrolled({ name, enrolled, error }, t) {
  const complete = enrolled === FRAMES_TO_ENROL;
  const problem = error === null ? '' : describeError(error, t);
  const text = t(complete ? 'enrol.done' : 'enrol.partly', { name, enrolled, wanted: FRAMES_TO_ENROL, problem });
  const notice = $('<div class="alert alert-dismissible notice">')
    .addClass(complete ? 'alert-success' : 'alert-warning')
    .append(
      icon(complete ? 'check' : 'alert'),
      $('<span>').text(text),
      $('<button type="button" class="btn-close" data-bs-dismiss="alert">').attr('aria-label', t('close')),
    );
  $('#enrol-notice').empty().append(notice);
}

/**
 * Whether a wrong name was taken away, with a button to undo it.
 * @param {{ name: string, error: unknown, undo?: () => Promise<unknown> }} outcome without `undo` and error the face was not seen
 * @param {Translate} t
 */
export function showCorrected({ name, error, undo }, t) {
  const text = undo
    ? t('correct.done', { name })
    : error === null
      ? t('correct.notSeen', { name })
      : describeError(error, t);
  const notice = $('<div class="alert notice" role="status">')
    .addClass(undo ? 'alert-success' : 'alert-warning')
    .append(icon(undo ? 'check' : 'alert'), $('<span>').text(text));
  $('#enrol-notice').empty().append(notice);
  if (!undo) return;
  const button = $('<button type="button" class="btn btn-sm btn-outline-secondary" data-needs="admin">').text(
    t('correct.undo'),
  );
  button.on('click', () => {
    void undo().then(
      () => notice.remove(),
      (/** @type {unknown} */ failed) => showCorrected({ name, error: failed }, t),
    );
  });
  notice.append(button);
}

/** The legend of the boxes. @param {Translate} t */
export function showLegend(t) {
  $('#legend').append(
    ['known', 'doubtful', 'unknown'].map((certainty) =>
      $('<li>')
        .attr('data-certainty', certainty)
        .append($('<span class="face-swatch" aria-hidden="true">'), t(`certainty.${certainty}`)),
    ),
    /** @type {const} */ (['live', 'spoof', 'unsure']).map((verdict) =>
      $('<li class="legend-shield" hidden>').append(shieldIcon(verdict), t(`liveness.legend.${verdict}`)),
    ),
  );
}

/** Explains the shields where the server judges liveness. @param {boolean} judged */
export function showShieldLegend(judged) {
  $('.legend-shield').prop('hidden', !judged);
}
