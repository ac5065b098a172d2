import $ from '../../vendor/jquery/jquery.module.min.js';
import { otherCounts, sessionFacts } from './words.js';

/**
 * @import { AttendanceSummary } from '/client/index.js'
 * @import { Translate } from '../i18n.js'
 */

/** A session in the list. @param {AttendanceSummary} session @param {Translate} t @returns {JQuery} */
export function sessionCard(session, t) {
  const { id, title, counts, ended } = session;
  const link = $('<a>')
    .attr('href', `attendance.html?session=${encodeURIComponent(id)}`)
    .text(title);
  const state = $('<span class="badge">')
    .addClass(ended === null ? 'attendance-running' : 'text-bg-secondary')
    .text(t(ended === null ? 'attendance.isRunning' : 'attendance.hasEnded'));
  const present = t('attendance.present', { present: counts.present, expected: counts.expected });
  return $('<li class="attendance-session">').append(
    $('<p class="attendance-session-title">').append(link, ' ', state),
    $('<p class="hint">').text(sessionFacts(session, t)),
    $('<p class="hint">').text([present, otherCounts(counts, t)].filter(Boolean).join(' · ')),
  );
}
