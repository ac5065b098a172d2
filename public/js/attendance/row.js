import $ from '../../vendor/jquery/jquery.module.min.js';
import { icon } from '../icons.js';
import { clockTime, timeRange } from './words.js';

/**
 * @import { AttendanceMark, AttendanceRow } from '/client/index.js'
 * @import { Translate } from '../i18n.js'
 */

const ICONS = /** @type {const} */ ({ present: 'check', doubtful: 'help', absent: 'cross' });
const NOTE_CHARS = 500;

/**
 * A person of a session: photo, state, times, why it is doubtful, and buttons to decide.
 * @param {AttendanceRow} row
 * @param {{ t: Translate, onMark: (mark: AttendanceMark) => Promise<void> }} options
 * @returns {JQuery}
 */
export function attendanceRow(row, { t, onMark }) {
  const { person, state, late, crop, note, by } = row;
  const photo = $('<div class="thumbnail">').append(
    crop === null ? icon('person') : $('<img alt="" loading="lazy" decoding="async">').attr('src', `${crop}?size=144`),
  );
  const badge = $('<p class="attendance-state">').append(
    icon(ICONS[state]),
    $('<span>').text(t(`attendance.is.${state}`)),
  );
  if (late && state !== 'absent') badge.append($('<span class="attendance-late-badge">').text(t('attendance.isLate')));
  const words = $('<div class="attendance-words">').append(
    $('<p class="attendance-name">').text(person),
    badge,
    detailsOf(row, t).map((text) => $('<p class="hint">').text(text)),
    note === '' ? [] : $('<p class="attendance-note">').text(note),
  );
  const button = (/** @type {'present' | 'absent' | null} */ mark, /** @type {string} */ text) =>
    $('<button type="button" class="btn btn-sm btn-outline-secondary">')
      .attr({ 'data-mark': String(mark), 'aria-label': t(`attendance.mark.${mark ?? 'undo'}`, { name: person }) })
      .text(text)
      .on('click', () => void onMark({ state: mark }));
  const buttons = $('<div class="attendance-marks">').append(
    state === 'present' ? [] : button('present', t('attendance.is.present')),
    state === 'absent' ? [] : button('absent', t('attendance.is.absent')),
    by === 'manual' ? button(null, t('attendance.undo')) : [],
    noteForm(row, t, onMark),
  );
  return $('<li class="attendance-row">')
    .attr({ 'data-state': state, 'data-person': person })
    .append(photo, words, buttons);
}

/** @param {AttendanceRow} row @param {Translate} t */
function detailsOf({ state, first, last, by, seen }, t) {
  const times =
    first === null || last === null ? '' : by === 'manual' && seen === null ? clockTime(first) : timeRange(first, last);
  const source = by === null ? '' : t(`attendance.by.${by}`);
  const why = state === 'doubtful' ? (seen?.why ?? []).map((doubt) => t(`attendance.why.${doubt}`)) : [];
  return [[times, source].filter(Boolean).join(' · '), ...why].filter(Boolean);
}

/**
 * Folded until it is opened.
 * @param {AttendanceRow} row @param {Translate} t
 * @param {(mark: AttendanceMark) => Promise<void>} onMark
 */
function noteForm({ person, note }, t, onMark) {
  const field = $('<input class="form-control form-control-sm" autocomplete="off">')
    .attr({ maxlength: NOTE_CHARS, 'aria-label': t('attendance.noteFor', { name: person }) })
    .val(note);
  return $('<details class="attendance-note-form">').append(
    $('<summary>')
      .attr('aria-label', t('attendance.noteFor', { name: person }))
      .text(t('attendance.note')),
    $('<form>')
      .append(field, $('<button type="submit" class="btn btn-sm btn-primary">').text(t('attendance.save')))
      .on('submit', (event) => {
        event.preventDefault();
        void onMark({ note: String(field.val()) });
      }),
  );
}
