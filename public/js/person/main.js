import $ from '../../vendor/jquery/jquery.module.min.js';
import { announce } from '../announce.js';
import { rostro } from '../api.js';
import { createTranslator } from '../i18n.js';
import { failureNotice, waitingNotice } from '../notice.js';
import { negativesOf } from '../people/examples.js';
import { faceThumbnail } from '../people/face-thumbnail.js';
import { mergeForm } from '../people/merge-form.js';
import { personForm } from '../people/person-form.js';
import { whenReady } from '../retry.js';
import { may } from '../session.js';
import { mountShell, refreshStatus } from '../shell.js';
import common from '../strings/common.js';
import people from '../strings/people.js';
import strings from '../strings/person.js';
import { confirmErasure } from '../confirm.js';
import { consentForm } from './consent-form.js';
import { photosOf } from './photos.js';
import { receiptView } from './receipt.js';
import { showSightings } from './sightings.js';

/** @import { Person, PersonChange } from '/client/index.js' */

const { t } = createTranslator(common, people, strings);
mountShell({ page: 'people', t });
let name = new URLSearchParams(location.search).get('name') ?? '';
void load();

async function load() {
  $('#notice')
    .empty()
    .append(waitingNotice(t('profile.loading')));
  try {
    const person = await whenReady(() => rostro.people.get(name));
    $('#notice').empty();
    show(person);
  } catch (error) {
    $('#profile').empty();
    fail(error, () => void load());
  }
}

/** @param {unknown} error @param {() => void} [retry] */
function fail(error, retry) {
  $('#notice')
    .empty()
    .append(failureNotice(error, t, retry));
  $('#notice')[0].scrollIntoView({ block: 'center' });
}

/** @param {Person} person */
function show(person) {
  name = person.name;
  document.title = t('profile.titleOf', { name });
  const address = `?${new URLSearchParams({ name }).toString()}`;
  if (location.search !== address) history.replaceState(null, '', address);
  const sightings = $('<div>');
  $('#profile')
    .empty()
    .append(
      heading(person),
      section('photos', photosOf(person, t, { changed, fail, erase: () => void erase(person) }), corrections(person)),
      ...[
        section('details', detailsForm(person)),
        section(
          'consent',
          consentForm(person, t, (change) => void save(change, t('profile.consentSaved'))),
        ),
        section('seen', sightings),
        section('erase', $('<p class="hint">').text(t('profile.eraseHint', { name })), eraseButton(person)),
      ].map((one) => one.attr('data-needs', 'admin')),
    );
  void may('admin').then((isAllowed) => (isAllowed ? showSightings(sightings, name, t) : undefined));
}

/** @param {Person} person */
function heading({ id, groups, examples, cover }) {
  const crop = examples.find((example) => example.id === cover)?.crop ?? null;
  const exported = $('<a class="btn btn-outline-secondary" id="export" download>')
    .attr('href', `people/${encodeURIComponent(name)}/export`)
    .text(t('profile.export'));
  const merge = $('<button type="button" class="btn btn-outline-secondary" id="merge">').text(t('profile.merge'));
  const asked = $('<div class="profile-merge">');
  merge.on('click', () => askForOther(asked, merge));
  return $('<div class="profile-head">').append(
    faceThumbnail(crop, ''),
    $('<div class="profile-names">').append(
      $('<h1 tabindex="-1">').text(name),
      $('<p class="person-about">').append(
        id === null ? [] : $('<span class="person-id">').text(id),
        groups.map((group) => $('<span class="badge person-group">').text(group)),
      ),
    ),
    $('<div class="profile-actions" data-needs="admin">').append(exported, merge),
    asked,
  );
}

/** @param {string} key @param {...(JQuery | JQuery[])} content */
function section(key, ...content) {
  return $('<section class="profile-section">')
    .attr('aria-labelledby', `${key}-heading`)
    .append(
      $('<h2>')
        .attr('id', `${key}-heading`)
        .text(t(`profile.${key}`)),
      ...content.flat(),
    );
}

/** @param {Person} person */
function corrections({ negatives }) {
  const place = $('<div>');
  if (negatives === 0) return place;
  rostro.people.negatives(name).then(
    (found) => place.append(negativesOf(found, t, () => void load())),
    (error) => fail(error),
  );
  return place;
}

/** @param {Person} person */
function detailsForm(person) {
  return personForm(person, t, {
    onChange(change) {
      if (Object.keys(change).length > 0) void save(change, t('person.saved', { name: change.name ?? name }));
    },
    onFailure: fail,
  });
}

/** @param {JQuery} place @param {JQuery} button */
function askForOther(place, button) {
  const form = mergeForm(name, t, {
    onInto: (into) => void mergeInto(into),
    onCancel() {
      place.empty();
      button.trigger('focus');
    },
  });
  place.empty().append(form);
  form.find('input').first().trigger('focus');
}

/** @param {string} into */
async function mergeInto(into) {
  const question = {
    title: t('person.mergeTitle', { name, into }),
    text: t('person.mergeText', { name, into }),
    action: t('person.mergeYes'),
  };
  if (!(await confirmErasure(question))) return;
  try {
    changed(await rostro.people.merge(name, into), t('person.merged', { name, into }));
  } catch (error) {
    fail(error);
  }
}

/** @param {PersonChange} change @param {string} message */
async function save(change, message) {
  try {
    changed(await rostro.people.change(name, change), message);
  } catch (error) {
    fail(error);
  }
}

/** Shows the person as they are now, and goes on where the reader was. @param {Person} person @param {string} message */
function changed(person, message) {
  $('#notice').empty();
  const at = document.activeElement?.closest('section')?.getAttribute('aria-labelledby') ?? null;
  show(person);
  const target = at === null ? $('.profile-head h1') : $(`#${at}`).attr('tabindex', -1);
  target[0].focus({ preventScroll: true });
  announce(message);
}

/** @param {Person} person */
function eraseButton(person) {
  return $('<button type="button" class="btn btn-outline-danger" id="erase">')
    .text(t('profile.eraseAction', { name }))
    .on('click', () => void erase(person));
}

/** @param {Pick<Person, 'examples'>} person */
async function erase({ examples }) {
  const question = {
    title: t('person.deleteTitle', { name }),
    text: t('person.deleteText', { name, count: examples.length }),
    action: t('person.deleteYes'),
  };
  if (!(await confirmErasure(question))) return;
  try {
    const { receipt } = await rostro.people.delete(name);
    document.title = t('profile.title');
    history.replaceState(null, '', location.pathname);
    $('#notice').empty();
    $('#profile').empty().append(receiptView(receipt, t));
    $('#profile h1').trigger('focus');
    void refreshStatus();
  } catch (error) {
    fail(error, () => void erase({ examples }));
  }
}
