import $ from '../vendor/jquery/jquery.module.min.js';
import { rostro } from './api.js';
import { currentLanguage, currentLocale, LANGUAGES, setLanguage, translatePage } from './i18n.js';
import { helpUrl } from './help-pages.js';
import { icon } from './icons.js';
import { mountInstall } from './install.js';
import { goToLogin, logOut, session } from './session.js';
import { applyTheme, chosenTheme, chooseTheme, followSystemTheme } from './theme.js';

/**
 * @import { Status } from '../client/index.js'
 * @import { Language, Translate } from './i18n.js'
 * @import { ThemeChoice } from './theme.js'
 * @typedef {'people' | 'live' | 'verify' | 'seen' | 'attendance' | 'cameras' | 'compare' | 'calibration' | 'server'} PageName pages of the navigation
 */

/** @type {Record<PageName, string>} */
const PAGES = {
  people: './',
  live: 'live.html',
  verify: 'verify.html',
  seen: 'seen.html',
  attendance: 'attendance.html',
  cameras: 'cameras.html',
  compare: 'compare.html',
  calibration: 'calibration.html',
  server: 'server.html',
};
/** @type {Record<ThemeChoice, 'auto' | 'sun' | 'moon'>} */
const THEME_ICONS = { auto: 'auto', light: 'sun', dark: 'moon' };

/** @type {Translate} */
let translate = (key) => key;

/**
 * Translates the page and fills `<header id="header">` and `<footer id="footer">`.
 * @param {{ page: PageName | 'login', t: Translate }} options `t` must know strings/common.js
 */
export function mountShell({ page, t }) {
  translate = t;
  applyTheme();
  followSystemTheme();
  translatePage(t);
  $('#header').empty().append(skipLink(t), navigation(page, t));
  mountInstall();
  if (page === 'login') return;
  void refreshStatus();
  void offerLogOut(t);
}

/** Shows the server's version and networks in the footer, or that it does not answer. */
export async function refreshStatus() {
  const t = translate;
  const status = await rostro.status().catch(() => null);
  const line = status === null ? $('<p class="mb-2">').text(t('footer.unknown')) : factList(factsOf(status, t));
  const notice = status && $('<p class="mb-0">').append(icon('alert'), $('<span>').text(livenessNotice(status, t)));
  const reference = $('<a href="docs/">').text(t('footer.reference'));
  $('#footer')
    .empty()
    .append($('<div class="container">').append(line, notice ?? [], reference));
}

/** What a name is worth on this server. @param {Status} status @param {Translate} t */
function livenessNotice({ model }, t) {
  return t(`footer.liveness.${model.liveness}`);
}

/** @param {Status} status @param {Translate} t */
function factsOf({ version, model, licences, people, history }, t) {
  const used = [licences.detector, licences.embedder, licences.liveness].filter((licence) => licence !== null);
  return [
    [t('footer.detector'), model.detector],
    [t('footer.embedder'), model.embedder],
    [t('footer.provider'), model.provider],
    [t('footer.people'), people.toLocaleString(currentLocale())],
    ...(history.days > 0 ? [[t('footer.history'), t('footer.days', { count: history.days })]] : []),
    [t('footer.version'), version],
    [t('footer.licences'), [...new Set(used)].join(', ')],
  ];
}

/** Shows the logout button if logged in. @param {Translate} t */
async function offerLogOut(t) {
  const current = await session().catch(() => null);
  if (!current?.loggedIn) return;
  const button = $('<button type="button" class="btn btn-sm btn-outline-secondary" id="log-out">').append(
    icon('leave'),
    $('<span>').text(t('nav.logOut')),
  );
  if (current.keyName) button.attr('title', t('nav.loggedInAs', { name: current.keyName }));
  $('.switches').append(button.on('click', () => void logOut().then(goToLogin, goToLogin)));
}

/** @param {string[][]} facts */
function factList(facts) {
  return $('<dl class="status">').append(
    facts.map(([term, value]) => $('<div>').append($('<dt>').text(term), $('<dd>').text(value))),
  );
}

/** @param {PageName | 'login'} page @param {Translate} t */
function navigation(page, t) {
  const brand = $('<a class="brand" href="./">').append(
    $('<img src="img/logo.svg" alt="" width="28" height="28">'),
    'Rostro',
  );
  const links = Object.entries(PAGES).map(([name, href]) =>
    $('<a class="nav-link">')
      .attr({ href, 'aria-current': name === page ? 'page' : null })
      .text(t(`nav.${name}`)),
  );
  const switches = $('<div class="switches">').append(languageSwitch(t), themeSwitch(t), helpLink(page, t));
  return $('<div class="container">').append(
    brand,
    menuButton(t),
    $('<nav id="pages">').attr('aria-label', t('nav.label')).append(links),
    switches,
  );
}

/** The first tab stop of every page. @param {Translate} t */
function skipLink(t) {
  return $('<a class="skip-link" href="#">')
    .text(t('nav.skip'))
    .on('click', (event) => {
      event.preventDefault();
      $('main').attr('tabindex', -1).trigger('focus');
    });
}

/** Shows and hides the pages where there is no room for them. @param {Translate} t */
function menuButton(t) {
  const button = $('<button type="button" class="btn btn-sm btn-outline-secondary" id="menu">')
    .attr({ 'aria-expanded': 'false', 'aria-controls': 'pages' })
    .append(icon('menu'), $('<span>').text(t('nav.label')));
  const show = (/** @type {boolean} */ isOpen) => {
    button.attr('aria-expanded', String(isOpen));
    $('#header').toggleClass('open', isOpen);
  };
  $('#header').on('keydown', ({ key }) => {
    if (key !== 'Escape' || button.attr('aria-expanded') !== 'true') return;
    show(false);
    button.trigger('focus');
  });
  return button.on('click', () => show(button.attr('aria-expanded') !== 'true'));
}

/** To the help of the page. @param {string} page @param {Translate} t */
function helpLink(page, t) {
  return $('<a class="btn btn-sm btn-outline-secondary" id="help-link">')
    .attr({ href: helpUrl(page), 'aria-label': t('nav.help'), title: t('nav.help') })
    .append(icon('help'));
}

/** @param {Translate} t */
function languageSwitch(t) {
  const select = $('<select class="form-select form-select-sm" id="language">').attr('aria-label', t('language'));
  for (const [code, name] of Object.entries(LANGUAGES))
    select.append($('<option>').attr({ value: code, lang: code }).text(name));
  return select.val(currentLanguage()).on('change', () => setLanguage(/** @type {Language} */ (select.val())));
}

/** @param {Translate} t */
function themeSwitch(t) {
  const button = $('<button type="button" class="btn btn-sm btn-outline-secondary" id="theme">');
  const show = () => {
    const text = `${t('theme')}: ${t(`theme.${chosenTheme()}`)}`;
    button.attr({ 'aria-label': text, title: text }).empty().append(icon(THEME_ICONS[chosenTheme()]));
  };
  const choices = /** @type {ThemeChoice[]} */ (Object.keys(THEME_ICONS));
  button.on('click', () => {
    chooseTheme(choices[(choices.indexOf(chosenTheme()) + 1) % choices.length]);
    show();
  });
  show();
  return button;
}
