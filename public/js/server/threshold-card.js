import $ from '../../vendor/jquery/jquery.module.min.js';
import { announce } from '../announce.js';
import { rostro } from '../api.js';
import { distance, percent } from '../calibration/format.js';
import { failureNotice, waitingNotice } from '../notice.js';

/**
 * @import { CalibrationReport, SearchRates } from '/client/index.js'
 * @import { Translate } from '../i18n.js'
 */

/** The threshold with what each value would mean for the enrolled people, and a way back. @param {Translate} t */
export function thresholdCard(t) {
  const body = $('<div>').append(waitingNotice(t('settings.measuring')));
  const card = $('<section class="server-card" aria-labelledby="setting-threshold" data-setting="THRESHOLD">').append(
    $('<h2 id="setting-threshold">').text(t('settings.threshold')),
    body,
  );
  void show(body, t);
  return card;
}

/** @param {JQuery} body @param {Translate} t @param {number | null} [before] undoes the last change; null for the default */
async function show(body, t, before) {
  try {
    const report = await rostro.calibration();
    body
      .empty()
      .append(
        ...state(report, t),
        report.settable ? chooser(report, t, (threshold) => void apply(body, t, threshold, report)) : [],
        before === undefined ? [] : undo(before, t, (threshold) => void apply(body, t, threshold, report)),
        $('<p class="hint">').append($('<a href="calibration.html">').text(t('settings.threshold.more'))),
      );
  } catch (error) {
    body.empty().append(failureNotice(error, t, () => void show(body, t)));
  }
}

/** @param {CalibrationReport} report @param {Translate} t */
function state({ current, settable, recommended }, t) {
  const source = t(`settings.threshold.${current.source}`);
  return [
    $('<p class="server-state">').text(t('settings.threshold.now', { threshold: distance(current.threshold), source })),
    settable && recommended === null
      ? []
      : $('<p class="hint">').text(t(settable ? 'settings.threshold.what' : 'settings.set', { name: 'THRESHOLD' })),
  ];
}

/** @param {CalibrationReport} report @param {Translate} t @param {(threshold: number) => void} onApply */
function chooser(report, t, onApply) {
  const { table, recommended, current } = report;
  if (recommended === null) return $('<p class="hint">').text(t('settings.threshold.nothing'));
  const rows = steps([...table, recommended, current]);
  const start = rows.findIndex(({ threshold }) => threshold === current.threshold);
  const slider = $('<input type="range" class="form-range" id="threshold" min="0" step="1">')
    .attr({ max: rows.length - 1, 'aria-describedby': 'threshold-preview' })
    .val(start);
  const preview = $('<p id="threshold-preview">');
  const use = $('<button type="button" class="btn btn-primary">');
  const move = () => {
    const row = rows[Number(slider.val())];
    slider.attr('aria-valuetext', distance(row.threshold));
    preview.text(previewText(row, report, t));
    use.text(t('settings.threshold.use', { threshold: distance(row.threshold) }));
    use.prop('hidden', row.threshold === current.threshold);
  };
  use.on('click', () => onApply(rows[Number(slider.val())].threshold));
  slider.on('input', move).on('change', () => announce(preview.text()));
  move();
  return $('<div>').append(
    $('<label class="form-label d-block" for="threshold">').text(t('settings.threshold.label')),
    slider,
    preview,
    use,
  );
}

/** Rows in order, each threshold once. @param {SearchRates[]} rows */
function steps(rows) {
  const byThreshold = new Map(rows.map((row) => [row.threshold, row]));
  return [...byThreshold.values()].sort((a, b) => a.threshold - b.threshold);
}

/** @param {SearchRates} row @param {CalibrationReport} report @param {Translate} t */
function previewText({ threshold, far, frr, misnamed }, { recommended, genuineSearches, impostorSearches }, t) {
  const params = {
    far: percent(far),
    frr: percent(frr),
    misnamed: percent(misnamed),
    genuine: genuineSearches,
    impostor: impostorSearches,
  };
  const text = t('settings.threshold.preview', params);
  return threshold === recommended?.threshold ? `${text} ${t('settings.threshold.recommended')}` : text;
}

/** @param {number | null} before @param {Translate} t @param {(threshold: number | null) => void} onApply */
function undo(before, t, onApply) {
  const was = before === null ? t('settings.threshold.itsDefault') : distance(before);
  return $('<p class="server-undo">').append(
    $('<span>').text(t('settings.was', { was })),
    $('<button type="button" class="btn btn-sm btn-outline-secondary">')
      .text(t('settings.undo'))
      .on('click', () => onApply(before)),
  );
}

/** @param {JQuery} body @param {Translate} t @param {number | null} threshold @param {CalibrationReport} report */
async function apply(body, t, threshold, { current }) {
  try {
    const applied = await rostro.applyThreshold({ threshold });
    announce(t('settings.threshold.applied', { threshold: distance(applied.threshold) }));
    await show(body, t, current.source === 'calibrated' ? current.threshold : null);
    body.find(':input:visible').first().trigger('focus');
  } catch (error) {
    body.append(failureNotice(error, t));
  }
}
