import $ from '../../vendor/jquery/jquery.module.min.js';
import { announce } from '../announce.js';
import { rostro } from '../api.js';
import { createTranslator } from '../i18n.js';
import { failureNotice, waitingNotice } from '../notice.js';
import { whenReady } from '../retry.js';
import { may } from '../session.js';
import { mountShell } from '../shell.js';
import strings from '../strings/calibration.js';
import common from '../strings/common.js';
import { distance, percent } from './format.js';
import { report, thresholdNote } from './report.js';

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
    const [status, mayApply] = await Promise.all([rostro.status({ signal }), may('admin')]);
    const actions = { canApply: mayApply && measured.settable, onApply: apply };
    if (!signal.aborted) {
      place.empty().append(thresholdNote(status, t), report(measured, t, place.width() ?? 0, actions));
    }
  } catch (error) {
    if (!signal.aborted) place.empty().append(failureNotice(error, t, () => void show()));
  }
  if (!signal.aborted) place.attr('aria-busy', 'false');
}

/** Uses a threshold from now on, null for the default. @param {number | null} threshold @param {number} [far] */
async function apply(threshold, far) {
  try {
    const applied = await rostro.applyThreshold({ threshold, far });
    announce(t('calibration.applied', { threshold: distance(applied.threshold) }));
    await show();
  } catch (error) {
    $('#calibration').prepend(failureNotice(error, t, () => void apply(threshold, far)));
  }
}
