import $ from '/vendor/jquery/jquery.module.min.js';
import { rostro } from '../api.js';
import { createTranslator } from '../i18n.js';
import { failureNotice, waitingNotice } from '../notice.js';
import { whenReady } from '../retry.js';
import { mountShell } from '../shell.js';
import strings from '../strings/calibration.js';
import common from '../strings/common.js';
import { percent } from './format.js';
import { report } from './report.js';

const RATES = [0.05, 0.01, 0.001];
const USUAL_RATE = 0.01;

const { t } = createTranslator(common, strings);
mountShell({ page: 'calibration', t });
let request = new AbortController();

const choice = $('#far')
  .append(RATES.map((rate) => $('<option>').attr('value', rate).text(percent(rate))))
  .val(USUAL_RATE)
  .on('change', () => void show());
void show();

/** Requests the report for the chosen rate; removes the previous one. */
async function show() {
  request.abort();
  const { signal } = (request = new AbortController());
  const place = $('#calibration')
    .attr('aria-busy', 'true')
    .empty()
    .append(waitingNotice(t('calibration.measuring')));
  try {
    const measured = await whenReady(() => rostro.calibration({ far: Number(choice.val()), signal }));
    if (!signal.aborted) place.empty().append(report(measured, t, place.width() ?? 0));
  } catch (error) {
    if (!signal.aborted) place.empty().append(failureNotice(error, t, () => void show()));
  }
  if (!signal.aborted) place.attr('aria-busy', 'false');
}
