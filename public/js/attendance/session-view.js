import $ from '../../vendor/jquery/jquery.module.min.js';
import { announce } from '../announce.js';
import { rostro } from '../api.js';
import { confirmErasure } from '../confirm.js';
import { currentLanguage } from '../i18n.js';
import { icon } from '../icons.js';
import { failureNotice, waitingNotice } from '../notice.js';
import { whenReady } from '../retry.js';
import { PhotoSource } from './photo-source.js';
import { attendanceRow } from './row.js';
import { WebcamSource } from './webcam-source.js';
import { otherCounts, sessionFacts, timeField, timeOf } from './words.js';

/**
 * @import { AttendanceMark, AttendanceSession } from '/client/index.js'
 * @import { Translate } from '../i18n.js'
 */

/** While a camera of the server marks people; what other users do is shown when the page is shown again. */
const REFRESH_MS = 4000;
const FILTERS = /** @type {const} */ (['all', 'missing', 'present']);

/** Shows a session and takes attendance. @param {string} id @param {Translate} t */
export async function openSession(id, t) {
  $('#session').prop('hidden', false);
  $('#session-notice')
    .empty()
    .append(waitingNotice(t('attendance.loading')));
  try {
    const session = await whenReady(() => rostro.attendance.get(id));
    $('#session-notice').empty();
    new SessionView(session, t).start();
  } catch (error) {
    $('#session-notice')
      .empty()
      .append(failureNotice(error, t, () => void openSession(id, t)));
    $('#sources, .attendance-tools').prop('hidden', true);
  }
}

class SessionView {
  /** @type {AttendanceSession} */
  #session;
  #t;
  /** @type {typeof FILTERS[number]} */
  #filter = 'all';
  /** Shown rows by person, with what they show. @type {Map<string, { json: string, element: JQuery }>} */
  #rows = new Map();
  #webcam;

  /** @param {AttendanceSession} session @param {Translate} t */
  constructor(session, t) {
    this.#session = session;
    this.#t = t;
    const options = { id: session.id, t, onSession: (/** @type {AttendanceSession} */ one) => this.#show(one) };
    new PhotoSource(options);
    this.#webcam = new WebcamSource(options);
  }

  start() {
    this.#showFilter();
    this.#showTools();
    this.#show(this.#session);
    $('#late-after').on('change', () => {
      const lateAfter = timeOf(String($('#late-after').val()), new Date(this.#session.created));
      void this.#change(() => rostro.attendance.change(this.#session.id, { lateAfter }));
    });
    setInterval(
      () => this.#session.camera !== null && this.#session.ended === null && void this.#refresh(),
      REFRESH_MS,
    );
    $(document).on('visibilitychange', () => void this.#refresh());
  }

  async #refresh() {
    if (document.hidden) return;
    const session = await rostro.attendance.get(this.#session.id).catch(() => null);
    if (session !== null) this.#show(session);
  }

  /** @param {AttendanceSession} session */
  #show(session) {
    const t = this.#t;
    const before = this.#session.counts;
    this.#session = session;
    const { title, counts, ended, lateAfter } = session;
    document.title = `${title} · Rostro`;
    $('#session-title').text(title);
    $('#session-facts').text(sessionFacts(session, t));
    const present = t('attendance.present', { present: counts.present, expected: counts.expected });
    const others = otherCounts(counts, t);
    $('#count').empty().append($('<strong>').text(present), $('<span class="hint">').text(others));
    if (JSON.stringify(before) !== JSON.stringify(counts)) announce([present, others].filter(Boolean).join(' · '));
    if (!$('#late-after').is(':focus')) $('#late-after').val(timeField(lateAfter));
    $('#sources').prop('hidden', ended !== null);
    if (ended !== null) this.#webcam.stop();
    $('#end-session').text(t(ended === null ? 'attendance.end' : 'attendance.goOn'));
    this.#showRows();
  }

  /** Rows that did not change stay as they are, and one whose note is being written. */
  #showRows() {
    const known = new Set(this.#session.people.map(({ person }) => person));
    for (const [person, { element }] of this.#rows) {
      if (known.has(person)) continue;
      element.remove();
      this.#rows.delete(person);
    }
    for (const row of this.#session.people) {
      const json = JSON.stringify(row);
      const shown = this.#rows.get(row.person);
      if (shown?.json !== json && !shown?.element.find('input').is(':focus')) {
        const onMark = (/** @type {AttendanceMark} */ mark) => this.#mark(row.person, mark);
        const element = attendanceRow(row, { t: this.#t, onMark });
        if (shown) shown.element.replaceWith(element);
        else $('#rows').append(element);
        this.#rows.set(row.person, { json, element });
      }
      this.#rows.get(row.person)?.element.prop('hidden', !this.#isShown(row.state));
    }
  }

  /** @param {string} state */
  #isShown(state) {
    return this.#filter === 'all' || (this.#filter === 'present') === (state === 'present');
  }

  /** @param {string} person @param {AttendanceMark} mark */
  async #mark(person, mark) {
    const element = this.#rows.get(person)?.element;
    // A note that is saved may be replaced.
    element?.find('input').trigger('blur');
    await this.#change(() => rostro.attendance.mark(this.#session.id, person, mark));
    const buttons = this.#rows.get(person)?.element.find('button:visible').first();
    if (buttons?.length) buttons.trigger('focus');
    else $('.attendance-row:visible button').first().trigger('focus');
  }

  /** @param {() => Promise<AttendanceSession>} change */
  async #change(change) {
    $('#session-notice').empty();
    try {
      this.#show(await change());
    } catch (error) {
      $('#session-notice').append(failureNotice(error, this.#t));
    }
  }

  #showFilter() {
    $('#filter').append(
      FILTERS.map((filter) =>
        $('<button type="button" class="btn btn-outline-secondary">')
          .attr('aria-pressed', String(filter === this.#filter))
          .toggleClass('active', filter === this.#filter)
          .text(this.#t(`attendance.filter.${filter}`))
          .on('click', (event) => {
            this.#filter = filter;
            $('#filter button').attr('aria-pressed', 'false').removeClass('active');
            $(event.currentTarget).attr('aria-pressed', 'true').addClass('active');
            this.#showRows();
          }),
      ),
    );
  }

  #showTools() {
    const t = this.#t;
    const { id } = this.#session;
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const query = new URLSearchParams({ language: currentLanguage(), timeZone: zone });
    const download = (/** @type {'csv' | 'xlsx'} */ kind) =>
      $('<a class="btn btn-outline-secondary" download>')
        .attr({ id: `download-${kind}`, href: `attendance/${id}/${kind}?${query}` })
        .text(t(`attendance.${kind}`));
    const button = (/** @type {string} */ name, /** @type {() => void} */ onClick) =>
      $('<button type="button" class="btn btn-outline-secondary">').attr('id', name).on('click', onClick);
    $('#tools').append(
      download('xlsx'),
      download('csv'),
      button('print', () => window.print()).text(t('attendance.print')),
      button('end-session', () => {
        const ended = this.#session.ended === null;
        void this.#change(() => rostro.attendance.change(id, { ended }));
      }),
      button('delete-session', () => void this.#delete())
        .addClass('btn-outline-danger')
        .append(icon('trash'), $('<span>').text(t('attendance.delete'))),
    );
  }

  async #delete() {
    const t = this.#t;
    const confirmed = await confirmErasure({
      title: t('attendance.deleteTitle', { title: this.#session.title }),
      text: t('attendance.deleteText'),
      action: t('attendance.delete'),
    });
    if (!confirmed) return;
    try {
      await rostro.attendance.delete(this.#session.id);
      this.#webcam.stop();
      location.assign('attendance.html');
    } catch (error) {
      $('#session-notice').empty().append(failureNotice(error, t));
    }
  }
}
