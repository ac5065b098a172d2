import $ from '../../vendor/jquery/jquery.module.min.js';
import { rostro } from '../api.js';
import { describeError } from '../describe-error.js';
import { currentLocale } from '../i18n.js';
import { icon } from '../icons.js';

/**
 * @import { Sighting, Stranger } from '/client/index.js'
 * @import { Translate } from '../i18n.js'
 */

/**
 * @typedef {object} StrangerActions
 * @property {(stranger: Stranger, person: string) => Promise<void>} onName
 * @property {(stranger: Stranger, other: string) => Promise<void>} onSame
 * @property {(stranger: Stranger, sighting: string) => Promise<void>} onSplit
 * @property {(stranger: Stranger) => Promise<void>} onNotAFace
 * @property {(stranger: Stranger) => Promise<void>} onErase
 */

const SHOWN = 60;
const moment = new Intl.DateTimeFormat(currentLocale(), { dateStyle: 'medium', timeStyle: 'short' });

/**
 * A card of one stranger: the best faces, a form for the name, the sightings, similar strangers.
 * @param {Stranger} stranger
 * @param {StrangerActions & { t: Translate, cameraName: (id: string) => string }} options
 * @returns {JQuery}
 */
export function strangerCard(stranger, options) {
  const { t, cameraName, onNotAFace, onErase } = options;
  const { id, sightings, first, last, cameras, crops } = stranger;
  const [best, ...others] = crops;
  const label = t('strangers.erase', { time: moment.format(new Date(last)) });
  const notAFace = $('<button type="button" class="btn btn-sm btn-outline-secondary stranger-no-face">')
    .text(t('strangers.notAFace'))
    .on('click', () => void onNotAFace(stranger));
  const erase = $('<button type="button" class="btn btn-icon">')
    .attr({ 'aria-label': label, title: label })
    .append(icon('trash'))
    .on('click', () => void onErase(stranger));
  return $('<li class="sighting stranger" aria-keyshortcuts="Enter N Delete">')
    .attr({ 'data-id': id, 'data-known': 'false' })
    .append(
      $('<div class="stranger-faces">').append(
        face(best, 'sighting-face'),
        others.length === 0 ? [] : $('<div class="stranger-others">').append(others.map((crop) => face(crop))),
      ),
      $('<div class="sighting-words">').append(
        $('<p class="sighting-name">').text(t('strangers.seen', { count: sightings })),
        $('<p class="hint">').text(moment.formatRange(new Date(first), new Date(last))),
        cameras.length === 0 ? [] : $('<p class="hint">').text(cameras.map(cameraName).join(', ')),
        nameForm(stranger, options),
        sightings > 1 ? fold(t('strangers.all', { count: sightings }), () => sightingList(stranger, options), t) : [],
        fold(t('strangers.same'), () => similarList(stranger, options), t),
        notAFace,
      ),
      erase,
    );
}

/** @param {string | undefined} crop @param {string} [className] */
function face(crop, className = 'stranger-face') {
  const picture = crop === undefined ? icon('person') : $('<img alt="" loading="lazy" decoding="async">');
  if (crop !== undefined) $(picture).attr('src', `${crop}?size=288`);
  return $('<div>').addClass(className).append(picture);
}

/** @param {Stranger} stranger @param {{ t: Translate } & Pick<StrangerActions, 'onName'>} options */
function nameForm(stranger, { t, onName }) {
  const field = $(
    '<input class="form-control form-control-sm" name="person" list="names" autocomplete="off" maxlength="100" required>',
  );
  const save = $('<button type="submit" class="btn btn-sm btn-primary">').text(t('strangers.save'));
  return $('<form class="stranger-name">')
    .append($('<label>').append($('<span>').text(t('strangers.who')), field), save)
    .on('submit', (event) => {
      event.preventDefault();
      save.prop('disabled', true);
      void onName(stranger, String(field.val()).trim()).finally(() => save.prop('disabled', false));
    });
}

/** Details whose content is made when they are opened. @param {string} title @param {() => Promise<JQuery>} content @param {Translate} t */
function fold(title, content, t) {
  const inside = $('<div class="stranger-fold" aria-live="polite">');
  return $('<details>')
    .append($('<summary>').text(title), inside)
    .on('toggle', async (event) => {
      if (!(/** @type {HTMLDetailsElement} */ (event.currentTarget).open)) return;
      try {
        inside.empty().append(await content());
      } catch (error) {
        inside.text(describeError(error, t));
      }
    });
}

/** @param {Stranger} stranger @param {{ t: Translate } & Pick<StrangerActions, 'onSplit'>} options */
async function sightingList(stranger, { t, onSplit }) {
  const { sightings } = await rostro.history.list({ strangerId: stranger.id, limit: SHOWN });
  return $('<ul class="stranger-list">').append(sightings.map((one) => sightingItem(one, stranger, t, onSplit)));
}

/** @param {Sighting} sighting @param {Stranger} stranger @param {Translate} t @param {StrangerActions['onSplit']} onSplit */
function sightingItem({ id, first, crop }, stranger, t, onSplit) {
  const time = moment.format(new Date(first));
  return $('<li>').append(
    face(crop ?? undefined),
    $('<span class="hint">').text(time),
    $('<button type="button" class="btn btn-sm btn-outline-secondary">')
      .text(t('strangers.somebodyElse'))
      .attr('aria-label', t('strangers.splitLabel', { time }))
      .on('click', () => void onSplit(stranger, id)),
  );
}

/** @param {Stranger} stranger @param {{ t: Translate } & Pick<StrangerActions, 'onSame'>} options */
async function similarList(stranger, { t, onSame }) {
  const { similar } = await rostro.strangers.get(stranger.id);
  if (similar.length === 0) return $('<p class="hint">').text(t('strangers.nobodyElse'));
  return $('<ul class="stranger-list">').append(
    similar.map(({ id, last, crops }) =>
      $('<li>').append(
        face(crops[0]),
        $('<span class="hint">').text(moment.format(new Date(last))),
        $('<button type="button" class="btn btn-sm btn-outline-secondary">')
          .text(t('strangers.theSame'))
          .attr('aria-label', t('strangers.sameLabel', { time: moment.format(new Date(last)) }))
          .on('click', () => void onSame(stranger, id)),
      ),
    ),
  );
}
