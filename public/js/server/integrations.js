import $ from '../../vendor/jquery/jquery.module.min.js';
import { announce } from '../announce.js';
import { rostro } from '../api.js';
import { createTranslator, currentLocale } from '../i18n.js';
import { failureNotice, waitingNotice } from '../notice.js';
import { whenReady } from '../retry.js';
import common from '../strings/common.js';
import integrations from '../strings/integrations.js';

/** @import { Integrations, Receiver } from '/client/index.js' */

const REFRESH_MS = 5000;

const { t } = createTranslator(common, integrations);
const moment = new Intl.DateTimeFormat(currentLocale(), { dateStyle: 'medium', timeStyle: 'medium' });

/** Shows plugins and the receivers of events, up to date while it is open. @param {JQuery} element */
export async function mount(element) {
  const notice = $('<div>').append(waitingNotice(t('integrations.loading')));
  const body = $('<div class="integrations">');
  element.append(
    $('<h2>').text(t('integrations.heading')),
    $('<p class="hint key-lead">').text(t('integrations.lead')),
    notice,
    body,
  );
  let shown = '';
  const refresh = async () => {
    const state = await whenReady(() => rostro.integrations());
    notice.empty();
    if (shown === JSON.stringify(state)) return;
    shown = JSON.stringify(state);
    show(body, state, retry);
  };
  /** @param {Receiver} receiver */
  const retry = async ({ id }) => {
    try {
      announce(t('integrations.retried', { count: await rostro.deliveries.retry(id) }));
      await refresh();
    } catch (error) {
      notice.empty().append(failureNotice(error, t));
    }
  };
  const again = () =>
    setTimeout(() => {
      if (!element[0].isConnected) return;
      const refreshed = document.hidden ? Promise.resolve() : refresh();
      void refreshed
        .catch((/** @type {unknown} */ error) => notice.empty().append(failureNotice(error, t)))
        .then(again);
    }, REFRESH_MS);
  await refresh();
  again();
}

/** A button keeps the focus. @param {JQuery} body @param {Integrations} state @param {(receiver: Receiver) => Promise<void>} retry */
function show(body, { plugins, receivers }, retry) {
  const focused = document.activeElement?.getAttribute('data-receiver');
  const cards = (/** @type {Receiver['kind']} */ kind) =>
    receivers.filter((one) => one.kind === kind).map((one) => card(one, retry));
  body
    .empty()
    .append(
      ...group(t('integrations.webhooks'), cards('webhook'), t('integrations.noWebhooks')),
      ...group(t('integrations.mqtt'), cards('mqtt'), t('integrations.noMqtt')),
      $('<h3>').text(t('integrations.plugins')),
      factList(
        plugins
          .filter(({ name }) => name !== 'mqtt')
          .map(({ name, on }) => [
            t(`integrations.plugin.${name}`),
            t(`integrations.plugin.${name}.${on ? 'on' : 'off'}`),
          ]),
      ).addClass('is-wide'),
    );
  if (focused) body.find(`[data-receiver="${focused}"]`).trigger('focus');
}

/** @param {string} title @param {JQuery[]} items @param {string} none */
function group(title, items, none) {
  const content = items.length > 0 ? $('<ul class="keys">').append(items) : $('<p class="hint">').text(none);
  return [$('<h3>').text(title), content];
}

/** @param {Receiver} receiver @param {(receiver: Receiver) => Promise<void>} retry */
function card(receiver, retry) {
  const { id, target, connected, state, delivered, waiting, dead, error, lastDeliveredAt } = receiver;
  const facts = [
    [t('integrations.target'), target],
    ...(connected === null
      ? []
      : [[t('integrations.connection'), t(connected ? 'integrations.connected' : 'integrations.notConnected')]]),
    [t('integrations.state'), t(`integrations.state.${state}`)],
    [t('integrations.delivered'), t('integrations.deliveredSince', { number: delivered })],
    ...(waiting > 0 ? [[t('integrations.queued'), waiting.toLocaleString(currentLocale())]] : []),
    ...(lastDeliveredAt ? [[t('integrations.last'), moment.format(new Date(lastDeliveredAt))]] : []),
    ...(error ? [[t('integrations.error'), error]] : []),
  ];
  const button = $('<button type="button" class="btn btn-sm btn-outline-secondary">')
    .attr({ 'aria-label': t('integrations.retryThis', { name: id }), 'data-receiver': id })
    .text(t('integrations.retry'))
    .on('click', () => void retry(receiver));
  const failed = $('<div class="receiver-dead">').append(
    $('<p>').text(t('integrations.dead', { count: dead })),
    button,
  );
  return $('<li class="key-item">').append($('<h4>').text(id), factList(facts), dead > 0 ? failed : []);
}

/** @param {string[][]} facts */
function factList(facts) {
  return $('<dl class="key-facts">').append(
    facts.map(([term, value]) => $('<div>').append($('<dt>').text(term), $('<dd>').text(value))),
  );
}
