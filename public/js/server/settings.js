import $ from '../../vendor/jquery/jquery.module.min.js';
import { announce } from '../announce.js';
import { rostro } from '../api.js';
import { confirmErasure } from '../confirm.js';
import { createTranslator, currentLocale } from '../i18n.js';
import { failureNotice } from '../notice.js';
import { whenReady } from '../retry.js';
import { refreshStatus } from '../shell.js';
import common from '../strings/common.js';
import strings from '../strings/settings.js';
import { thresholdCard } from './threshold-card.js';

/**
 * @import { ChangedSettings, Setting, Status } from '/client/index.js'
 * @typedef {Setting['value']} Value
 * @typedef {{ name: string, from: Value, before: Value }} Change `from` is what was in use, `before` what undoes the change
 */

const { t } = createTranslator(common, strings);

/** The value that switches a number of days off. @type {Record<string, Value>} */
const OFF = { HISTORY_DAYS: 0, RETENTION_DAYS: null };
/** What is offered where it is off. @type {Record<string, number>} */
const SUGGESTED = { HISTORY_DAYS: 7, RETENTION_DAYS: 365 };
const MAX_DAYS = 36_500;

/** The section Settings. @param {JQuery} element */
export async function mount(element) {
  const place = $('<div class="server-cards">');
  element.append(place);
  await show(place);
}

/** @param {JQuery} place @param {Change | null} [change] that can be undone */
async function show(place, change = null) {
  const [settings, status] = await whenReady(() => Promise.all([rostro.settings.list(), rostro.status()]));
  place.empty().append(
    thresholdCard(t),
    settings.map((setting) => card(setting, status, change?.name === setting.name ? change : null, place)),
  );
}

/** @param {Setting} setting @param {Status} status @param {Change | null} change @param {JQuery} place */
function card(setting, status, change, place) {
  const { name, source } = setting;
  const id = `setting-${name}`;
  const apply = (/** @type {Value} */ value) => void changeTo(setting, value, place);
  return $('<section class="server-card">')
    .attr({ 'aria-labelledby': id, 'data-setting': name })
    .append(
      $('<h2>')
        .attr('id', id)
        .text(t(`settings.${name}`)),
      $('<p class="server-state">').text(stateOf(setting, status)),
      $('<p class="hint">').text(t(`settings.${name}.what`)),
      source === 'set' ? hint(t('settings.set', { name })) : controls(setting, status, apply),
      change === null ? [] : undoLine(setting, change, apply),
    );
}

/** @param {Setting} setting @param {Status} status */
function stateOf({ name, value, choices }, { model }) {
  if (name === 'LIVENESS' && value !== 'off' && model.liveness === 'off') return t('settings.LIVENESS.missing');
  return choices === null ? daysText(name, value) : t(`settings.${name}.${value}`);
}

/** @param {string} name @param {Value} value */
function daysText(name, value) {
  return isOff(name, value) ? t(`settings.${name}.off`) : t(`settings.${name}.on`, { count: Number(value) });
}

/** @param {string} name @param {Value} value */
function isOff(name, value) {
  return name in OFF && value === OFF[name];
}

/** @param {Setting} setting @param {Status} status @param {(value: Value) => void} apply */
function controls(setting, status, apply) {
  return setting.choices === null ? daysForm(setting, apply) : choiceForm(setting, setting.choices, status, apply);
}

/** @param {Setting} setting @param {(value: Value) => void} apply */
function daysForm({ name, value }, apply) {
  const off = isOff(name, value);
  const input = $('<input type="number" class="form-control" min="1" step="1" required>')
    .attr({ id: `${name}-days`, max: MAX_DAYS })
    .val(off ? SUGGESTED[name] : Number(value));
  const form = $('<form class="server-form">').append(
    $('<label>').attr('for', `${name}-days`).text(t('settings.days')),
    input,
    $('<button class="btn btn-primary">').text(t(off ? 'settings.switchOn' : 'settings.save')),
  );
  if (!off && name in OFF) {
    const button = $('<button type="button" class="btn btn-outline-secondary">').text(t('settings.switchOff'));
    form.append(button.on('click', () => apply(OFF[name])));
  }
  return form.on('submit', (event) => {
    event.preventDefault();
    apply(Number(input.val()));
  });
}

/** @param {Setting} setting @param {string[]} choices @param {Status} status @param {(value: Value) => void} apply */
function choiceForm({ name, value }, choices, { model }, apply) {
  const options = choices.map((choice) => {
    const radio = $('<input type="radio" class="form-check-input">').attr({
      name,
      id: `${name}-${choice}`,
      value: choice,
    });
    radio
      .prop('checked', choice === value)
      .prop('disabled', choice === 'require' && model.liveness === 'off' && value !== 'off');
    radio.on('change', () => apply(choice));
    const label = $('<label class="form-check-label">').attr('for', `${name}-${choice}`);
    return $('<div class="form-check">').append(radio, label.text(t(`settings.${name}.choose.${choice}`)));
  });
  return $('<fieldset class="server-choices">').append(
    $('<legend class="visually-hidden">').text(t(`settings.${name}`)),
    options,
  );
}

/** @param {Setting} setting @param {Change} change @param {(value: Value) => void} apply */
function undoLine({ name, choices }, { from, before }, apply) {
  const was = choices === null ? daysText(name, from) : t(`settings.${name}.${from}`);
  return $('<p class="server-undo">').append(
    $('<span>').text(t('settings.was', { was })),
    $('<button type="button" class="btn btn-sm btn-outline-secondary">')
      .text(t('settings.undo'))
      .on('click', () => apply(before)),
  );
}

/** Asks before anything is erased. @param {Setting} setting @param {Value} value @param {JQuery} place */
async function changeTo({ name, value: from, source }, value, place) {
  const own = place.find(`[data-setting="${name}"]`);
  own.find('.notice').remove();
  try {
    const changes = { [name]: value };
    const { erases } = await rostro.settings.preview(changes);
    if (!(await mayErase(erases))) return await show(place);
    await rostro.settings.change(changes);
    await show(place, { name, from, before: source === 'stored' ? from : null });
    announce(t('settings.changed', { name: t(`settings.${name}`) }));
    place.find(`[data-setting="${name}"] :input:visible`).first().trigger('focus');
    await refreshStatus();
  } catch (error) {
    own.append(failureNotice(error, t));
  }
}

/** @param {ChangedSettings['erases']} erases */
async function mayErase({ examples, people, sightings }) {
  const parts = [
    ...(examples > 0 ? [t('settings.erases.examples', { count: examples })] : []),
    ...(people > 0 ? [t('settings.erases.people', { count: people })] : []),
    ...(sightings > 0 ? [t('settings.erases.sightings', { count: sightings })] : []),
  ];
  if (parts.length === 0) return true;
  const list = new Intl.ListFormat(currentLocale(), { type: 'conjunction' }).format(parts);
  return confirmErasure({
    title: t('settings.erasesTitle'),
    text: t('settings.erasesText', { list }),
    action: t('settings.erasesYes'),
  });
}

/** @param {string} text */
function hint(text) {
  return $('<p class="hint">').text(text);
}
