import $ from '../../vendor/jquery/jquery.module.min.js';
import { announce } from '../announce.js';
import { rostro } from '../api.js';
import { confirmErasure } from '../confirm.js';
import { createTranslator, currentLocale } from '../i18n.js';
import { failureNotice, waitingNotice } from '../notice.js';
import { whenReady } from '../retry.js';
import { session } from '../session.js';
import { mountShell } from '../shell.js';
import common from '../strings/common.js';
import seen from '../strings/seen.js';
import { sightingCard } from './sighting-card.js';

/** @import { Sighting, SightingFilter } from '/client/index.js' */

const PAGE = 60;

const DAY_MS = 24 * 60 * 60 * 1000;
const dayName = new Intl.DateTimeFormat(currentLocale(), { dateStyle: 'full' });

const { t } = createTranslator(common, seen);
mountShell({ page: 'seen', t });

/** @type {Map<string, string>} */
const cameras = new Map();
/** The last request: answers to earlier ones are dropped. */
let latest = 0;
/** @type {string | null} */
let next = null;

$('#filter')
  .on('input', () => void show())
  .on('submit', (event) => event.preventDefault());
$('#more').on('click', () => void show(next ?? undefined));
$('#erase').on('click', () => void eraseAll());
$('#days').on('keydown', '.sighting', moveOrErase);
readUrl();
void start();

async function start() {
  $('#notice')
    .empty()
    .append(waitingNotice(t('history.loading')));
  try {
    const { history } = await whenReady(() => rostro.status());
    $('#notice').empty();
    if (history.days === 0 && history.sightings === 0) return $('#notice').append(await howToSwitchOn());
    $('#lead').text(history.days === 0 ? t('history.off') : t('history.kept', { count: history.days }));
    $('#filter').prop('hidden', false);
    await Promise.all([nameCameras(), suggestNames()]);
    await show();
  } catch (error) {
    $('#notice')
      .empty()
      .append(failureNotice(error, t, () => void start()));
  }
}

/** @param {string} [before] the page after this one is added; else the first page is shown */
async function show(before) {
  const request = ++latest;
  writeUrl();
  try {
    const page = await rostro.history.list({ ...filter(), limit: PAGE, before });
    if (request !== latest) return;
    $('#notice').empty();
    if (before === undefined) $('#days').empty();
    page.sightings.forEach(append);
    next = page.next;
    $('#more').prop('hidden', next === null);
    $('#erase').prop('disabled', $('.sighting').length === 0);
    if ($('.sighting').length === 0) $('#notice').append($('<p class="hint">').text(t('history.none')));
    if ($('.sighting[tabindex=0]').length === 0) $('.sighting').first().attr('tabindex', 0);
  } catch (error) {
    if (request === latest)
      $('#notice')
        .empty()
        .append(failureNotice(error, t, () => void show(before)));
  }
}

/** Adds a card under the heading of its day. @param {Sighting} sighting */
function append(sighting) {
  const day = dayName.format(new Date(sighting.first));
  let section = $('#days .seen-day').last();
  if (section.attr('data-day') !== day) {
    section = $('<section class="seen-day">')
      .attr('data-day', day)
      .append($('<h2>').text(day), $('<ul class="sightings">'));
    $('#days').append(section);
  }
  section.children('ul').append(cardOf(sighting));
}

/** @param {Sighting} sighting */
function cardOf(sighting) {
  return sightingCard(sighting, {
    t,
    cameraName: (id) => cameras.get(id) ?? id,
    onErase: (one) => void erase(one),
    onCorrect: correct,
  });
}

/** @param {Sighting} sighting @param {string | null} person */
async function correct(sighting, person) {
  try {
    const changed = await rostro.history.correct(sighting.id, person);
    const card = $(`.sighting[data-id="${sighting.id}"]`);
    const next = cardOf(changed);
    card.replaceWith(next);
    focusOn(next[0]);
    $('#notice').empty();
    announce(t('history.corrected', { name: changed.person ?? t('history.stranger') }));
    if (person !== null) await suggestNames();
  } catch (error) {
    $('#notice').empty().append(failureNotice(error, t));
    $('#notice')[0].scrollIntoView({ block: 'center' });
  }
}

/** @returns {SightingFilter} */
function filter() {
  const { who, person, day } = fields();
  const from = day === '' ? undefined : new Date(`${day}T00:00`);
  return {
    person: person === '' ? undefined : person,
    stranger: who === '' ? undefined : who === 'strangers',
    ...(from && { from, to: new Date(from.getTime() + DAY_MS) }),
  };
}

function fields() {
  const text = (/** @type {string} */ id) => String($(id).val() ?? '').trim();
  return { who: text('#who'), person: text('#person'), day: text('#day') };
}

/** The filter is in the address, so that it can be shared and survives a reload. */
function writeUrl() {
  const wanted = Object.entries(fields()).filter(([, value]) => value !== '');
  const search = new URLSearchParams(wanted).toString();
  history.replaceState(null, '', search === '' ? location.pathname : `?${search}`);
}

function readUrl() {
  for (const [name, value] of new URLSearchParams(location.search)) {
    if (['who', 'person', 'day'].includes(name)) $(`#${name}`).val(value);
  }
}

/** @param {Sighting} sighting */
async function erase({ id, person }) {
  const name = person ?? t('history.stranger');
  const confirmed = await confirmErasure({
    title: t('history.eraseTitle', { name }),
    text: t('history.eraseText'),
    action: t('history.eraseYes'),
  });
  if (!confirmed) return;
  try {
    await rostro.history.delete(id);
    const card = $(`.sighting[data-id="${id}"]`);
    focusOn(neighbour(card, 1) ?? neighbour(card, -1));
    if (card.siblings().length === 0) card.closest('.seen-day').remove();
    else card.remove();
    announce(t('history.erased', { count: 1 }));
  } catch (error) {
    $('#notice').empty().append(failureNotice(error, t));
  }
}

async function eraseAll() {
  const confirmed = await confirmErasure({
    title: t('history.eraseAll'),
    text: t('history.eraseAllText'),
    action: t('history.eraseYes'),
  });
  if (!confirmed) return;
  try {
    const isAll = Object.values(fields()).every((value) => value === '');
    const { deleted } = isAll ? await rostro.history.deleteAll() : await rostro.history.deleteWhere(filter());
    announce(t('history.erased', { count: deleted }));
    await show();
  } catch (error) {
    $('#notice').empty().append(failureNotice(error, t));
  }
}

/** The cards are one tab stop: arrow keys move, Delete erases. @param {JQuery.TriggeredEvent} event */
function moveOrErase(event) {
  if (event.target !== event.currentTarget) return;
  const card = $(event.currentTarget);
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns(card), ArrowUp: -columns(card) }[String(event.key)];
  if (event.key === 'Delete') card.find('button').trigger('click');
  else if (step !== undefined) focusOn(neighbour(card, step));
  else return;
  event.preventDefault();
}

/** Cards in a row of the grid. @param {JQuery} card */
function columns(card) {
  const cards = card.parent().children().toArray();
  const top = cards[0].offsetTop;
  return cards.filter((one) => one.offsetTop === top).length;
}

/** @param {JQuery} card @param {number} step */
function neighbour(card, step) {
  const cards = $('.sighting').toArray();
  return cards.at(Math.min(Math.max(cards.indexOf(card[0]) + step, 0), cards.length - 1)) ?? null;
}

/** @param {HTMLElement | null} card */
function focusOn(card) {
  $('.sighting').attr('tabindex', -1);
  $(card ?? [])
    .attr('tabindex', 0)
    .trigger('focus');
}

async function nameCameras() {
  const list = await rostro.cameras.list().catch(() => []);
  for (const { id, name } of list) cameras.set(id, name);
}

async function suggestNames() {
  const { people } = await rostro.people.list().catch(() => ({ people: [] }));
  $('#names')
    .empty()
    .append(people.map(({ name }) => $('<option>').attr('value', name)));
}

async function howToSwitchOn() {
  const { scope } = await session();
  return $('<div class="empty">').append(
    $('<p class="empty-title">').text(t('history.offTitle')),
    $('<p class="hint">').text(t('history.what')),
    scope === 'admin'
      ? $('<a class="btn btn-primary mt-3" href="server.html#settings">').text(t('history.switchOn'))
      : $('<p class="hint">').text(t('history.how')),
  );
}
