import $ from '../../vendor/jquery/jquery.module.min.js';
import { announce } from '../announce.js';
import { rostro } from '../api.js';
import { confirmErasure } from '../confirm.js';
import { withConsent } from '../consent.js';
import { createTranslator, currentLocale } from '../i18n.js';
import { failureNotice, waitingNotice } from '../notice.js';
import { whenReady } from '../retry.js';
import { session } from '../session.js';
import { mountShell } from '../shell.js';
import common from '../strings/common.js';
import seen from '../strings/seen.js';
import { focusOn, makeCurrent, onKey, removeCard } from './cards.js';
import { sightingCard } from './sighting-card.js';
import { strangersView, suggestion } from './strangers.js';

/** @import { Sighting, SightingFilter } from '/client/index.js' */

const PAGE = 60;

const DAY_MS = 24 * 60 * 60 * 1000;
const dayName = new Intl.DateTimeFormat(currentLocale(), { dateStyle: 'full' });

const { t } = createTranslator(common, seen);
mountShell({ page: 'seen', t });

/** @type {Map<string, string>} */
const cameras = new Map();
const strangers = strangersView({
  t,
  cameraName: (id) => cameras.get(id) ?? id,
  sectionOf,
  onGone: removeCard,
  onNamed: suggestNames,
  onMoved: async (id) => {
    await show();
    focusOn($(`.sighting[data-id="${id}"]`)[0] ?? $('.sighting')[0]);
  },
});
/** What the history keeps: set at the start. */
let kept = { days: 0, strangerDays: 0 };
/** The last request: answers to earlier ones are dropped. */
let latest = 0;
/** @type {string | null} */
let next = null;

$('#filter')
  .on('input', () => void show())
  .on('submit', (event) => event.preventDefault());
$('#more').on('click', () => void show(next ?? undefined));
$('#erase').on('click', () => void eraseAll());
$('#days')
  .on('keydown', '.sighting', onKey)
  .on('focusin', '.sighting', ({ currentTarget }) => makeCurrent(currentTarget));
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
    kept = history;
    $('#filter').prop('hidden', false);
    await Promise.all([nameCameras(), suggestNames()]);
    await show();
    if (!ofStrangers()) $('#notice').append(await suggestion(t, () => $('#who').val('strangers').trigger('input')));
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
    const add = await (ofStrangers() ? strangerPage(before) : sightingPage(before));
    if (request !== latest) return;
    $('#notice').empty();
    $('#lead').text(lead());
    $('#person, #day').parent().prop('hidden', ofStrangers());
    if (before === undefined) $('#days').empty();
    next = add();
    $('#more').prop('hidden', next === null);
    $('#erase').prop('disabled', $('.sighting').length === 0);
    if ($('.sighting').length === 0) $('#notice').append($('<p class="hint">').text(t('history.none')));
    makeCurrent($('.sighting[tabindex=0]')[0] ?? $('.sighting')[0]);
  } catch (error) {
    if (request === latest)
      $('#notice')
        .empty()
        .append(failureNotice(error, t, () => void show(before)));
  }
}

/** @param {string} [before] @returns {Promise<() => string | null>} adds the cards and returns the next page */
async function sightingPage(before) {
  const page = await rostro.history.list({ ...filter(), limit: PAGE, before });
  return () => {
    for (const one of page.sightings)
      sectionOf(dayName.format(new Date(one.first)))
        .children('ul')
        .append(cardOf(one));
    return page.next;
  };
}

/** @param {string} [after] @returns {Promise<() => string | null>} */
async function strangerPage(after) {
  const page = await rostro.strangers.list({ limit: PAGE, after });
  return () => {
    page.strangers.forEach((one) => strangers.append(one));
    return page.next;
  };
}

/** The last section, or a new one where the last has another heading. @param {string} heading */
function sectionOf(heading) {
  const last = $('#days .seen-day').last();
  if (last.attr('data-day') === heading) return last;
  const section = $('<section class="seen-day">')
    .attr('data-day', heading)
    .append($('<h2>').text(heading), $('<ul class="sightings">').toggleClass('strangers', ofStrangers()));
  $('#days').append(section);
  return section;
}

function lead() {
  if (kept.days === 0) return t('history.off');
  return ofStrangers() ? t('strangers.kept', { count: kept.strangerDays }) : t('history.kept', { count: kept.days });
}

function ofStrangers() {
  return fields().who === 'strangers';
}

/** @param {Sighting} sighting */
function cardOf(sighting) {
  return sightingCard(sighting, {
    t,
    cameraName: (id) => cameras.get(id) ?? id,
    onErase: (one) => void erase(one),
    onCorrect: correct,
  }).data('sighting', sighting);
}

/** @param {HTMLElement} card @returns {Sighting} */
function sightingOf(card) {
  return $(card).data('sighting');
}

/** @param {Sighting} sighting @param {string | null} person @param {boolean} isAll the name is for all sightings of the stranger */
async function correct({ id, strangerId }, person, isAll) {
  try {
    const { words, changed } =
      isAll && strangerId !== null && person !== null ? await nameAll(strangerId, person) : await nameOne(id, person);
    for (const one of changed) $(`.sighting[data-id="${one.id}"]`).replaceWith(cardOf(one));
    focusOn($(`.sighting[data-id="${id}"]`)[0]);
    $('#notice').empty();
    announce(words);
    if (person !== null) await suggestNames();
  } catch (error) {
    $('#notice').empty().append(failureNotice(error, t));
    $('#notice')[0].scrollIntoView({ block: 'center' });
  }
}

/** @param {string} id @param {string | null} person */
async function nameOne(id, person) {
  const changed = await withConsent((consent) => rostro.history.correct(id, person, { consent }));
  return { words: t('history.corrected', { name: changed.person ?? t('history.stranger') }), changed: [changed] };
}

/** @param {string} strangerId @param {string} person */
async function nameAll(strangerId, person) {
  const named = await withConsent((consent) => rostro.strangers.name(strangerId, person, { consent }));
  const name = named.person ?? person;
  // Not asked for again: one that has not ended can have become a sighting of the person since.
  const changed = $(`.sighting[data-stranger="${strangerId}"]`)
    .toArray()
    .map((card) => ({ ...sightingOf(card), person: name, strangerId: null, falseMatchRate: null }));
  return { words: t('strangers.named', { name, count: named.sightings }), changed };
}

/** @returns {SightingFilter} */
function filter() {
  const { who, person, day } = fields();
  if (ofStrangers()) return { stranger: true };
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
    removeCard(id);
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
