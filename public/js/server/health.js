import $ from '../../vendor/jquery/jquery.module.min.js';
import { rostro } from '../api.js';
import { createTranslator, currentLocale } from '../i18n.js';
import { icon } from '../icons.js';
import { failureNotice, waitingNotice } from '../notice.js';
import common from '../strings/common.js';
import strings from '../strings/health.js';

/** @import { HealthReport } from '/client/index.js' */

const REFRESH_MS = 5000;
const { t } = createTranslator(common, strings);

/** The section Health, refreshed while it is visible. @param {JQuery} element */
export async function mount(element) {
  const place = $('<div>').append(waitingNotice(t('health.loading')));
  const notice = $('<div>');
  element.append(notice, place);
  let shown = '';
  const refresh = async () => {
    try {
      const report = await rostro.health();
      notice.empty();
      const words = JSON.stringify(report);
      if (words !== shown) place.empty().append(findings(report), facts(report));
      shown = words;
    } catch (error) {
      notice.empty().append(failureNotice(error, t));
      if (shown === '') place.empty();
    }
  };
  await refresh();
  const timer = setInterval(() => {
    if (!element[0].isConnected) clearInterval(timer);
    else if (!document.hidden) void refresh();
  }, REFRESH_MS);
}

/** @param {HealthReport} report */
function findings({ findings: found, comparison }) {
  const card = $('<section class="server-card" aria-labelledby="health-findings">').append(
    $('<h2 id="health-findings">').text(t('health.findings')),
  );
  if (found.length === 0) card.append($('<p class="server-state">').append(icon('check'), ' ', t('health.fine')));
  else card.append($('<ul class="findings">').append(found.map(finding)));
  return comparison === 'done' ? card : card.append($('<p class="hint">').text(t(`health.comparison.${comparison}`)));
}

/** @param {HealthReport['findings'][number]} found */
function finding({ code, count, about }) {
  const more = count - about.length;
  const names = about.length > 0 && more > 0 ? [...about, t('health.more', { count: more })] : about;
  return $('<li>').append(
    icon('alert'),
    $('<div>').append(
      $('<p class="finding">').text(t(`health.${code}`, { count })),
      names.length > 0 ? $('<p class="finding-about">').text(names.join(', ')) : [],
      $('<p class="hint">').text(t(`health.${code}.do`)),
    ),
  );
}

/** @param {HealthReport} report */
function facts({
  startedAt,
  people,
  examples,
  queue,
  workers,
  memory,
  disk,
  liveSessions,
  cameras,
  deliveries,
  notReady,
}) {
  const rows = [
    ['ready', t(notReady === null ? 'health.ready' : `health.notReady.${notReady}`)],
    ['since', new Date(startedAt).toLocaleString(currentLocale(), { dateStyle: 'medium', timeStyle: 'short' })],
    ['queue', t('health.queue.text', { waiting: queue.waiting, limit: queue.limit })],
    ['workers', t('health.of', { some: workers.usable, all: workers.wanted })],
    ['memory', t('health.of', { some: bytes(memory.usedBytes), all: bytes(memory.limitBytes) })],
    ['disk', disk ? t('health.free', { free: bytes(disk.freeBytes), all: bytes(disk.totalBytes) }) : '–'],
    ['people', t('health.people.text', { people, examples })],
    ['live', liveSessions.toLocaleString(currentLocale())],
    ['cameras', t('health.of', { some: cameras.live, all: cameras.wanted })],
    ['deliveries', t('health.deliveries.text', deliveries)],
  ];
  return $('<section class="server-card" aria-labelledby="health-facts">').append(
    $('<h2 id="health-facts">').text(t('health.facts')),
    $('<dl class="server-facts">').append(
      rows.map(([key, text]) => $('<div>').append($('<dt>').text(t(`health.${key}.name`)), $('<dd>').text(text))),
    ),
  );
}

/** @param {number} count */
function bytes(count) {
  const inGigabytes = count >= 1e9;
  const value = count / (inGigabytes ? 1e9 : 1e6);
  return value.toLocaleString(currentLocale(), {
    style: 'unit',
    unit: inGigabytes ? 'gigabyte' : 'megabyte',
    maximumFractionDigits: inGigabytes ? 1 : 0,
  });
}
