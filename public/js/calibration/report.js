import $ from '../../vendor/jquery/jquery.module.min.js';
import { icon } from '../icons.js';
import { strangersText } from '../strangers.js';
import { chart } from './chart.js';
import { distance, percent } from './format.js';

/**
 * @import { CalibrationReport, SearchRates, Status } from '/client/index.js'
 * @import { Translate } from '../i18n.js'
 * @typedef {{ canApply: boolean, onApply: (threshold: number | null, far?: number) => void }} Actions
 */

/** Pixels. */
const MIN_CHART = 240;
const CARD_PADDING = 42;

/**
 * The report: recommendation, warnings, chart and table.
 * @param {CalibrationReport} calibration
 * @param {Translate} t
 * @param {number} width available width, pixels
 * @param {Actions} actions
 */
export function report(calibration, t, width, actions) {
  const { recommended } = calibration;
  if (!recommended) return [card().append($('<p class="hint">').text(t('calibration.nothing')))];
  return [
    advice(calibration, recommended, t, actions),
    card(t('calibration.chart')).append(
      chart(calibration, t, Math.max(MIN_CHART, width - CARD_PADDING)),
      legend(calibration, t),
    ),
    card(t('calibration.table')).append(table(calibration, recommended, t)),
  ];
}

/** A warning if the embedder's own threshold names many strangers. @param {Status} status @param {Translate} t */
export function thresholdNote({ thresholdNote: note, strangersNamed, people, threshold }, t) {
  if (note === null || strangersNamed === null) return [];
  const strangers = strangersText(strangersNamed, t);
  return caution(t('calibration.note', { people, strangers, threshold: distance(threshold) }));
}

/** @param {string} words */
function caution(words) {
  return $('<p class="caution">').append(icon('alert'), $('<span>').text(words));
}

/** @param {string} [heading] */
function card(heading) {
  const section = $('<section class="calibration-card">');
  return heading === undefined ? section : section.append($('<h2>').text(heading));
}

/** @param {CalibrationReport} calibration @param {SearchRates} recommended @param {Translate} t @param {Actions} actions */
function advice(calibration, recommended, t, { canApply, onApply }) {
  const { current, wantedFar } = calibration;
  const source = t(`calibration.source.${current.source}`);
  const how = t('calibration.apply', {
    command: `rostro calibrate --far ${wantedFar} --apply`,
    setting: `THRESHOLD=${recommended.threshold}`,
  });
  return card().append(
    $('<p class="advice">').text(t('calibration.advice', rates(recommended))),
    hint(t('calibration.now', { ...rates(current), source })),
    canApply && current.source === 'calibrated' ? applyButton(() => onApply(null), t, 'calibration.reset') : [],
    $('<div>')
      .append(canApply ? applyButton(() => onApply(recommended.threshold, wantedFar), t) : [], hint(how))
      .prop('hidden', current.threshold === recommended.threshold),
    calibration.warnings.map((warning) =>
      caution(
        t(`calibration.warning.${warning}`, {
          searches: calibration.impostorSearches,
          needed: calibration.searchesNeeded,
          wanted: percent(wantedFar),
          atMost: percent(calibration.farAtMost),
          strangers: calibration.impostorPeople,
          genuine: calibration.genuineSearches,
        }),
      ),
    ),
  );
}

/** @param {string} words */
function hint(words) {
  return $('<p class="hint">').text(words);
}

/** @param {() => void} onClick @param {Translate} t */
function applyButton(onClick, t, label = 'calibration.use') {
  const kind = label === 'calibration.use' ? 'btn-primary' : 'btn-outline-secondary';
  const button = $(`<button type="button" class="btn ${kind}">`).text(t(label));
  return button.on('click', () => {
    button.prop('disabled', true);
    onClick();
  });
}

/** @param {SearchRates} rates */
function rates({ threshold, far, frr }) {
  return { threshold: distance(threshold), far: percent(far), frr: percent(frr) };
}

/** @param {CalibrationReport} calibration @param {Translate} t */
function legend({ genuineSearches, impostorSearches }, t) {
  return $('<ul class="legend">').append(
    $('<li class="own">').text(t('calibration.own', { count: genuineSearches })),
    $('<li class="stranger">').text(t('calibration.stranger', { count: impostorSearches })),
  );
}

/** The table of thresholds, with the recommended one in order. @param {CalibrationReport} calibration @param {SearchRates} recommended @param {Translate} t */
function table({ table: rows }, recommended, t) {
  const heads = ['threshold', 'far', 'frr', 'misnamed'].map((key) =>
    $('<th scope="col">').text(t(`calibration.${key}`)),
  );
  const all = [...rows, recommended].sort((a, b) => a.threshold - b.threshold);
  const lines = all.map((row) =>
    $('<tr>')
      .toggleClass('chosen', row === recommended)
      .append(
        $('<th scope="row">').text(distance(row.threshold)),
        [row.far, row.frr, row.misnamed].map((share) => $('<td>').text(percent(share))),
      ),
  );
  return $('<div class="rates-scroll" tabindex="0">')
    .attr({ role: 'region', 'aria-label': t('calibration.table') })
    .append(
      $('<table class="table rates">').append($('<thead>').append($('<tr>').append(heads)), $('<tbody>').append(lines)),
    );
}
