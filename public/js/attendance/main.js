import $ from '../../vendor/jquery/jquery.module.min.js';
import { rostro } from '../api.js';
import { createTranslator } from '../i18n.js';
import { failureNotice, waitingNotice } from '../notice.js';
import { whenReady } from '../retry.js';
import { mountShell } from '../shell.js';
import attendance from '../strings/attendance.js';
import common from '../strings/common.js';
import live from '../strings/live.js';
import { setUpNewSession } from './new-session.js';
import { sessionCard } from './session-card.js';
import { openSession } from './session-view.js';

const { t } = createTranslator(common, live, attendance);
mountShell({ page: 'attendance', t });

const id = new URLSearchParams(location.search).get('session');
if (id === null) void showOverview();
else void openSession(id, t);

/** @type {string | null} */
let next = null;

async function showOverview() {
  $('#overview').prop('hidden', false);
  $('#more').on('click', () => void listSessions(next ?? undefined));
  await listSessions();
  await setUpNewSession(t);
}

/** @param {string} [before] the page after this one is added; else the first page is shown */
async function listSessions(before) {
  if (before === undefined)
    $('#notice')
      .empty()
      .append(waitingNotice(t('attendance.loading')));
  try {
    const page = await whenReady(() => rostro.attendance.list({ before }));
    $('#notice').empty();
    $('#sessions').append(page.sessions.map((session) => sessionCard(session, t)));
    next = page.next;
    $('#more').prop('hidden', next === null);
    if ($('#sessions').children().length === 0) $('#notice').append($('<p class="hint">').text(t('attendance.none')));
  } catch (error) {
    $('#notice')
      .empty()
      .append(failureNotice(error, t, () => void listSessions(before)));
  }
}
