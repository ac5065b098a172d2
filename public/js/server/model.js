import $ from '../../vendor/jquery/jquery.module.min.js';
import { announce } from '../announce.js';
import { rostro } from '../api.js';
import { percent } from '../calibration/format.js';
import { createTranslator } from '../i18n.js';
import { icon } from '../icons.js';
import { failureNotice, waitingNotice } from '../notice.js';
import common from '../strings/common.js';
import strings from '../strings/model.js';

/**
 * @import { ServerModel } from '/client/index.js'
 * @typedef {ServerModel['embedders'][number]} Embedder
 * @typedef {NonNullable<ServerModel['change']>} EmbedderChange
 */

const REFRESH_MS = 2000;
const { t } = createTranslator(common, strings);

/** The section Model. @param {JQuery} element */
export async function mount(element) {
  const place = $('<div>').append(waitingNotice(t('model.loading')));
  const notice = $('<div>');
  element.append(notice, place);
  await show(notice, place, () => rostro.model.get());
}

/** @param {JQuery} notice @param {JQuery} place @param {() => Promise<ServerModel>} request whose answer is shown */
async function show(notice, place, request) {
  try {
    const model = await request();
    notice.empty();
    const act = (/** @type {() => Promise<ServerModel>} */ next) => void show(notice, place, next);
    place.empty().append(changeCard(model.change, act), running(model), embedders(model, act));
    if (model.change?.state === 'preparing') setTimeout(() => follow(notice, place), REFRESH_MS);
  } catch (error) {
    notice.empty().append(failureNotice(error, t));
    if (place.find('.waiting').length > 0) place.empty();
  }
}

/** Refreshes the progress alone, so that the focus stays. @param {JQuery} notice @param {JQuery} place */
async function follow(notice, place) {
  if (!place[0].isConnected) return;
  const model = await rostro.model.get().catch(() => null);
  if (model !== null && model.change?.state !== 'preparing') {
    announce(
      model.change
        ? t(`model.${model.change.state}`, { name: model.change.embedder, code: model.change.error ?? '' })
        : '',
    );
    return show(notice, place, () => Promise.resolve(model));
  }
  if (model?.change) progress(place.find('.model-progress'), model.change);
  setTimeout(() => void follow(notice, place), REFRESH_MS);
}

/** @param {ServerModel} model */
function running({ model, dimension, embedders: all }) {
  const own = all.find(({ running: runs }) => runs);
  const rows = [
    ['embedder', t('model.embedder.text', { name: model.embedder, dimension })],
    ['missed', missedText(own?.missed ?? null)],
    ['licence', licenceText(own)],
    ['detector', model.detector],
    ['matcher', model.matcher],
    ['provider', `${model.engine}, ${model.provider}`],
  ];
  const [better] = all.filter((one) => one.better).sort((a, b) => Number(a.missed) - Number(b.missed));
  return card('model-running', 'model.running').append(
    $('<dl class="server-facts">').append(
      rows.map(([key, text]) => $('<div>').append($('<dt>').text(t(`model.${key}.name`)), $('<dd>').text(text))),
    ),
    better ? $('<p class="caution">').append(icon('alert'), $('<span>').text(betterText(better))) : [],
  );
}

/** @param {Embedder} better */
function betterText({ name, missed }) {
  return t('model.better', { name, missed: percent(missed) });
}

/** @param {number | null} missed */
function missedText(missed) {
  return missed === null ? t('model.notMeasured') : t('model.missed.text', { missed: percent(missed) });
}

/** @param {Embedder | undefined} embedder */
function licenceText(embedder) {
  if (embedder === undefined) return '–';
  const { licence, training, commercial } = embedder;
  const words = [licence, ...(commercial ? [] : [t('model.nonCommercial')])].join('; ');
  return training === null ? words : `${words}. ${t('model.training', { training })}`;
}

/** @param {ServerModel} model @param {(next: () => Promise<ServerModel>) => void} act */
function embedders({ embedders: all, change }, act) {
  const isBusy = change?.state === 'preparing';
  const items = all
    .filter(({ running: runs }) => !runs)
    .map((one) =>
      $('<li>').append(
        $('<h3>').text(one.name),
        $('<p>').text(missedText(one.missed)),
        $('<p class="hint">').text(licenceText(one)),
        one.installed ? prepareButton(one, isBusy, act) : howToGet(one),
      ),
    );
  return card('model-others', 'model.others').append(
    $('<p class="hint">').text(t('model.others.what')),
    $('<ul class="models">').append(items),
  );
}

/** @param {Embedder} embedder @param {boolean} isBusy @param {(next: () => Promise<ServerModel>) => void} act */
function prepareButton({ name }, isBusy, act) {
  return $('<button type="button" class="btn btn-sm btn-outline-secondary">')
    .text(t('model.prepare', { name }))
    .prop('disabled', isBusy)
    .on('click', () => act(() => rostro.model.prepare(name)));
}

/** @param {Embedder} embedder */
function howToGet({ pull }) {
  if (pull === null) return [];
  return $('<p class="hint">').append(document.createTextNode(`${t('model.get')} `), $('<code>').text(pull));
}

/** @param {EmbedderChange | null} change @param {(next: () => Promise<ServerModel>) => void} act */
function changeCard(change, act) {
  if (change === null) return [];
  const { embedder: name, state, unable, unableCount, commands, error } = change;
  const stop = $('<button type="button" class="btn btn-outline-secondary">')
    .text(t(state === 'preparing' ? 'model.stop' : 'model.close'))
    .on('click', () => act(() => rostro.model.stop()));
  const body = card('model-change', 'model.change').append(
    $('<p class="server-state">').text(t(`model.${state}`, { name, code: error ?? '' })),
  );
  if (state === 'preparing') {
    body.append(progress($('<div class="model-progress">'), change), $('<p class="hint">').text(t('model.kept')));
  }
  if (state === 'prepared' && unableCount > 0) {
    const names = [...new Set(unable.map((one) => one.name))].join(', ');
    body.append(
      $('<p class="caution">').append(
        icon('alert'),
        $('<span>').text(t('model.unable', { count: unableCount, names })),
      ),
    );
  } else if (state === 'prepared') {
    body.append(
      $('<p class="hint">').text(t('model.next')),
      $('<ol class="model-commands">').append(commands.map((line) => $('<li>').append($('<code>').text(line)))),
      $('<p class="hint">').text(t('model.back')),
    );
  }
  return body.append(stop);
}

/** @param {JQuery} place @param {EmbedderChange} change */
function progress(place, { done, total, embedder }) {
  const share = total === 0 ? 0 : Math.round((100 * done) / total);
  return place.empty().append(
    $('<div class="progress" role="progressbar" aria-valuemin="0" aria-valuemax="100">')
      .attr({ 'aria-valuenow': share, 'aria-label': t('model.preparing', { name: embedder }) })
      .append($('<div class="progress-bar">').css('width', `${share}%`)),
    $('<p class="hint">').text(t(total === 0 ? 'model.starting' : 'model.progress', { done, total })),
  );
}

/** @param {string} id @param {string} heading */
function card(id, heading) {
  return $('<section class="server-card">')
    .attr('aria-labelledby', id)
    .append($('<h2>').attr('id', id).text(t(heading)));
}
