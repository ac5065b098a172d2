import $ from '../../vendor/jquery/jquery.module.min.js';
import { createTranslator } from '../i18n.js';
import { failureNotice } from '../notice.js';
import { mountShell } from '../shell.js';
import common from '../strings/common.js';
import server from '../strings/server.js';

/**
 * @typedef {{ mount: (element: JQuery) => Promise<void> }} Section fills the empty element; a failure is shown above it
 * @type {Record<string, () => Promise<Section>>} the module of each section by its hash, in the order of the page
 */
const SECTIONS = {
  settings: () => import('./settings.js'),
  keys: () => import('./keys.js'),
  integrations: () => import('./integrations.js'),
  model: () => import('./model.js'),
  health: () => import('./health.js'),
};

const { t } = createTranslator(common, server);
mountShell({ page: 'server', t });
$(window).on('hashchange', () => void show());
void show();

async function show() {
  const names = Object.keys(SECTIONS);
  const chosen = names.find((name) => name === location.hash.slice(1)) ?? names[0];
  $('#sections')
    .empty()
    .append(names.map((name) => linkTo(name, name === chosen)));
  const element = $('<section>').attr('aria-label', t(`server.section.${chosen}`));
  $('#section').empty().append(element);
  $('#notice').empty();
  try {
    const { mount } = await SECTIONS[chosen]();
    await mount(element);
  } catch (error) {
    if (element[0].isConnected)
      $('#notice')
        .empty()
        .append(failureNotice(error, t, () => void show()));
  }
}

/** @param {string} name @param {boolean} isCurrent */
function linkTo(name, isCurrent) {
  return $('<a>')
    .attr({ href: `#${name}`, 'aria-current': isCurrent ? 'true' : null })
    .text(t(`server.section.${name}`));
}
