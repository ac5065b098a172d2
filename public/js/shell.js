import $ from '../vendor/jquery/jquery.module.min.js';
import { rostro } from './api.js';
import { currentLanguage, currentLocale, LANGUAGES, setLanguage, translatePage } from './i18n.js';
import { helpUrl } from './help-pages.js';
import { icon } from './icons.js';
import { mountInstall } from './install.js';
import { PAGES } from './pages.js';
import { goToLogin, heldScope, logOut, may, session } from './session.js';
import { applyTheme, chosenTheme, chooseTheme, followSystemTheme } from './theme.js';

/**
 * @import { Status } from '../client/index.js'
 * @import { Language, Translate } from './i18n.js'
 * @import { ThemeChoice } from './theme.js'
 * @import { PageName } from './pages.js'
 */

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
  void showRights(page);
  if (page !== 'login') void refreshStatus();
}

/** Offers what the key may do, and shows the key. A key that may not list people gets from People to Live. @param {PageName | 'login'} page */
async function showRights(page) {
  const scope = await heldScope();
  document.documentElement.dataset.scope = scope ?? 'none';
  if (page === 'login' || scope === null) return;
  if (!(await may(PAGES.people.needs))) {
    $('.brand').attr('href', PAGES.live.href);
    if (page === 'people') location.replace(PAGES.live.href);
  }
  await showLogin();
}

/** Shows name and scope of the key and the logout button if logged in. */
export async function showLogin() {
  const t = translate;
  const current = await session().catch(() => null);
  if (!current?.loggedIn || current.scope === null) return;
  const rights = t(`scope.${current.scope}`) + (current.group === null ? '' : ` · ${current.group}`);
  const name = current.keyName || t('nav.unnamedKey');
  $('#log-in-key, #log-out').remove();
  $('.switches').append(
    $('<p id="log-in-key">')
      .attr('title', t('nav.loggedInAs', { name }))
      .append($('<span>').text(name), $('<small>').text(rights)),
    $('<button type="button" class="btn btn-sm btn-outline-secondary" id="log-out">')
      .attr('title', t('nav.logOut'))
      .append(icon('leave'), $('<span>').text(t('nav.logOut')))
      .on('click', () => void logOut().then(goToLogin, goToLogin)),
  );
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
  const links = Object.entries(PAGES).map(([name, { href, needs }]) =>
    $('<a class="nav-link">')
      .attr({ href, 'data-needs': needs, 'aria-current': name === page ? 'page' : null })
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
