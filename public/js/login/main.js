import $ from '../../vendor/jquery/jquery.module.min.js';
import { RostroApiError } from '../../client/index.js';
import { PageError } from '../describe-error.js';
import { createTranslator } from '../i18n.js';
import { failureNotice } from '../notice.js';
import { logIn, pageAfterLogin, session } from '../session.js';
import { mountShell } from '../shell.js';
import common from '../strings/common.js';
import login from '../strings/login.js';

const { t } = createTranslator(common, login);
mountShell({ page: 'login', t });

const key = $('#key');
const submit = $('#submit');
const failure = $('#login-failure');

$('#show').on('change', (event) => {
  key.attr('type', /** @type {HTMLInputElement} */ (event.target).checked ? 'text' : 'password');
});

$('#login').on('submit', (event) => {
  event.preventDefault();
  void send(String(key.val()).trim());
});

void offerToGoOn();

/** @param {string} text */
async function send(text) {
  failure.empty();
  submit.prop('disabled', true).text(t('login.busy'));
  try {
    location.replace(pageAfterLogin(location.search, await logIn(text)));
  } catch (error) {
    failure.append(failureNotice(toldHere(error), t).removeAttr('role'));
    submit.prop('disabled', false).text(t('login.submit'));
    key.trigger('focus').trigger('select');
  }
}

/** Describes errors with texts for the login. @param {unknown} error */
function toldHere(error) {
  if (!(error instanceof RostroApiError)) return error;
  if (error.code === 'unauthorised') return new PageError('login', t('login.wrong'));
  if (error.code !== 'too_many_requests') return error;
  return new PageError('login', t('login.wait', { count: error.retryAfterSeconds ?? 1 }));
}

/** A server without keys needs no login. */
async function offerToGoOn() {
  const current = await session().catch(() => null);
  if (current?.loggedIn) return location.replace(pageAfterLogin(location.search, current));
  if (current === null || current.keyNeeded) return key.trigger('focus');
  $('#login-lead').text(t('login.open'));
  $('#login').replaceWith($('<a class="btn btn-primary btn-lg" href="./">').text(t('login.continue')));
}
