import $ from '../../vendor/jquery/jquery.module.min.js';
import { RostroApiError } from '../../client/index.js';
import { announce } from '../announce.js';
import { rostro } from '../api.js';
import { confirmErasure } from '../confirm.js';
import { describeError } from '../describe-error.js';
import { createTranslator, currentLocale } from '../i18n.js';
import { icon } from '../icons.js';
import { failureNotice, waitingNotice } from '../notice.js';
import { logIn, session } from '../session.js';
import { showLogin } from '../shell.js';
import common from '../strings/common.js';
import keys from '../strings/keys.js';
import { firstKeyForm, keyForm } from './key-form.js';

/** @import { AccessKey, CreatedKey, NewAccessKey } from '/client/index.js' */

/** Another server on the same database knows a new key after a second. */
const LOGIN_PAUSE_MS = 1500;

const { t } = createTranslator(common, keys);
const moment = new Intl.DateTimeFormat(currentLocale(), { dateStyle: 'medium', timeStyle: 'short' });

/** Lists, makes and revokes access keys. @param {JQuery} element */
export async function mount(element) {
  const made = $('<div id="key-made">');
  const notice = $('<div id="key-notice">').append(waitingNotice(t('keys.loading')));
  const body = $('<div>');
  element.append(
    $('<h2>').text(t('keys.heading')),
    $('<p class="hint key-lead">').text(t('keys.lead')),
    made,
    notice,
    body,
  );
  const section = { made, notice, body };
  await show(section);
  notice.empty();
}

/** @typedef {{ made: JQuery, notice: JQuery, body: JQuery }} Section */

/** @param {Section} section */
async function show(section) {
  const { keyNeeded } = await session();
  if (!keyNeeded) return section.body.empty().append(firstKey(section));
  const [all, groups] = await Promise.all([rostro.keys.list(), rostro.groups().catch(() => [])]);
  const [valid, ended] = [all.filter(isValid), all.filter((key) => !isValid(key))];
  const names = groups.map(({ name }) => name);
  section.body.empty().append(
    $('<details class="key-new">').append(
      $('<summary>').text(t('keys.new')),
      keyForm(names, t, (wish) => attempt(section, () => make(section, wish))),
    ),
    $('<h3 id="keys-heading" tabindex="-1">').text(t('keys.list')),
    $('<ul class="keys">').append(valid.map((key) => item(key, section))),
    ended.length === 0
      ? []
      : $('<details class="keys-ended">').append(
          $('<summary>').text(t('keys.ended', { count: ended.length })),
          $('<ul class="keys">').append(ended.map((key) => item(key, section))),
        ),
  );
}

/** @param {Section} section */
function firstKey(section) {
  return $('<section class="key-panel">').append(
    $('<h3>').text(t('keys.first.heading')),
    $('<p>').text(t('keys.first.text')),
    firstKeyForm(t, (wish) => attempt(section, () => makeFirst(section, wish))),
  );
}

/** @param {Section} section @param {NewAccessKey} wish */
async function make(section, wish) {
  showOnce(section, await rostro.keys.create(wish));
  await show(section);
}

/** From the first key on the server refuses requests without a key: it is on the page before anything else can fail. @param {Section} section @param {NewAccessKey} wish */
async function makeFirst(section, wish) {
  const made = await rostro.keys.create(wish);
  section.body.empty();
  showOnce(section, made);
  try {
    await logInWith(made.key);
  } catch (error) {
    section.notice.append(
      $('<p class="alert alert-warning" role="alert">').text(
        t('keys.first.noLogin', { problem: describeError(error, t) }),
      ),
    );
    return;
  }
  announce(t('keys.first.done'));
  section.made.find('.key-panel').prepend($('<p>').text(t('keys.first.done')));
  await showLogin();
  await show(section);
}

/** @param {string} key */
async function logInWith(key) {
  try {
    await logIn(key);
  } catch (error) {
    if (!(error instanceof RostroApiError && error.code === 'unauthorised')) throw error;
    await new Promise((resolve) => setTimeout(resolve, LOGIN_PAUSE_MS));
    await logIn(key);
  }
}

/** Shows a new key until it is put away. Leaving the page before it is copied asks. @param {Section} section @param {CreatedKey} made */
function showOnce({ made: place }, { name, key }) {
  const field = $('<input class="form-control" id="key-value" readonly spellcheck="false">').val(key);
  field.attr('aria-label', t('keys.made', { name })).on('focus', () => void field.trigger('select'));
  const copy = $('<button type="button" class="btn btn-primary" id="key-copy">').text(t('keys.copy'));
  const put = $('<button type="button" class="btn btn-outline-secondary" id="key-put">').text(t('keys.put'));
  addEventListener('beforeunload', keepPage);
  copy.on('click', () => {
    void copyFrom(/** @type {HTMLInputElement} */ (field[0])).then((isCopied) => {
      if (!isCopied) return;
      removeEventListener('beforeunload', keepPage);
      copy.text(t('keys.copied'));
      announce(t('keys.copied'));
    });
  });
  put.on('click', () => {
    removeEventListener('beforeunload', keepPage);
    place.empty();
    $('#keys-heading').trigger('focus');
  });
  place
    .empty()
    .append(
      $('<section class="key-panel is-new" aria-labelledby="key-made-heading">').append(
        $('<h3 id="key-made-heading" tabindex="-1">').text(t('keys.made', { name })),
        $('<p>').text(t('keys.once')),
        $('<div class="key-value">').append(field, copy, put),
      ),
    );
  $('#key-made-heading').trigger('focus');
}

/** @param {BeforeUnloadEvent} event */
function keepPage(event) {
  event.preventDefault();
}

/** Over plain HTTP from another machine browsers have no clipboard API. @param {HTMLInputElement} field */
async function copyFrom(field) {
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    return document.execCommand('copy');
  }
}

/** @param {AccessKey} key @param {Section} section */
function item(key, section) {
  const name = key.name || key.id;
  const heading = $('<h4>').text(name);
  if (key.current) heading.append(' ', $('<span class="badge key-current">').text(t('keys.current')));
  const revoke = $('<button type="button" class="btn btn-sm btn-outline-danger">')
    .attr('aria-label', t('keys.revokeThis', { name }))
    .append(icon('trash'), ' ', $('<span>').text(t('keys.revoke')))
    .on('click', () => void attempt(section, () => askAndRevoke(key, section)));
  return $('<li class="key-item">').append(
    $('<div class="key-head">').append(heading, isValid(key) ? revoke : []),
    $('<dl class="key-facts">').append(
      factsOf(key).map(([term, value]) => $('<div>').append($('<dt>').text(term), $('<dd>').text(value))),
    ),
  );
}

/** @param {AccessKey} key @returns {string[][]} */
function factsOf(key) {
  const at = (/** @type {string} */ iso) => moment.format(new Date(iso));
  const { scope, group, createdAt, expiresAt, revokedAt, lastUsedAt } = key;
  const expired = expiresAt !== null && Date.parse(expiresAt) <= Date.now();
  return [
    [t('keys.fact.scope'), t(`keys.scope.${scope}`)],
    [t('keys.fact.group'), group ?? t('keys.group.all')],
    [t('keys.fact.made'), at(createdAt)],
    [
      t(expired ? 'keys.fact.expired' : 'keys.fact.expires'),
      expiresAt === null ? t('keys.expiry.never') : at(expiresAt),
    ],
    revokedAt === null
      ? [t('keys.fact.used'), lastUsedAt === null ? t('keys.unused') : at(lastUsedAt)]
      : [t('keys.fact.revoked'), at(revokedAt)],
  ];
}

/** @param {AccessKey} key */
function isValid({ revokedAt, expiresAt }) {
  return revokedAt === null && (expiresAt === null || Date.parse(expiresAt) > Date.now());
}

/** @param {AccessKey} key @param {Section} section */
async function askAndRevoke({ id, name, current }, section) {
  const shown = name || id;
  const question = {
    title: t('keys.revokeTitle', { name: shown }),
    text: t(current ? 'keys.revokeOwn' : 'keys.revokeText'),
    action: t('keys.revoke'),
  };
  if (!(await confirmErasure(question))) return;
  await rostro.keys.revoke(id);
  announce(t('keys.revoked', { name: shown }));
  await show(section);
  $('#keys-heading').trigger('focus');
}

/** Shows a failure above the list. @param {Section} section @param {() => Promise<void>} work */
async function attempt({ notice }, work) {
  notice.empty();
  try {
    await work();
  } catch (error) {
    notice.empty().append(failureNotice(error, t));
    notice[0].scrollIntoView({ block: 'nearest' });
  }
}
