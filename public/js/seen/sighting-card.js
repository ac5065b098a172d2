import $ from '../../vendor/jquery/jquery.module.min.js';
import { rostro } from '../api.js';
import { currentLocale } from '../i18n.js';
import { icon } from '../icons.js';

/**
 * @import { Sighting, Stranger } from '/client/index.js'
 * @import { Translate } from '../i18n.js'
 */

/**
 * @typedef {object} SightingActions
 * @property {(sighting: Sighting) => void} onErase
 * @property {(sighting: Sighting, person: string | null, isAll: boolean) => Promise<void>} onCorrect
 *   `isAll`: the name is for all sightings of the stranger
 */

const clock = new Intl.DateTimeFormat(currentLocale(), { timeStyle: 'short' });

/**
 * A card of one sighting: the face, the name, when and where, and a button to erase it.
 * @param {Sighting} sighting
 * @param {SightingActions & { t: Translate, cameraName: (id: string) => string }} options
 * @returns {JQuery}
 */
export function sightingCard(sighting, options) {
  const { t, cameraName, onErase } = options;
  const { id, person, strangerId, first, last, camera, crop, live } = sighting;
  const name = person ?? t('history.stranger');
  const place = camera === null ? t('history.live') : cameraName(camera);
  const label = t('history.erase', { name, time: clock.format(new Date(first)) });
  const button = $('<button type="button" class="btn btn-icon" tabindex="-1">')
    .attr({ 'aria-label': label, title: label })
    .append(icon('trash'))
    .on('click', () => onErase(sighting));
  const face = $('<div class="sighting-face">').append(
    crop === null ? icon('person') : $('<img alt="" loading="lazy" decoding="async">').attr('src', `${crop}?size=288`),
  );
  const words = [place, live?.verdict === 'spoof' ? t('history.spoof') : '', certainty(sighting, t)].filter(Boolean);
  return $('<li class="sighting" tabindex="-1" aria-keyshortcuts="Delete">')
    .attr({ 'data-id': id, 'data-known': String(person !== null), 'data-stranger': strangerId })
    .append(
      face,
      $('<div class="sighting-words">').append(
        $('<p class="sighting-name">').text(name),
        $('<p class="hint">').text(timeRange(first, last)),
        words.map((text) => $('<p class="hint">').text(text)),
        nameForm(sighting, options),
      ),
      button,
    );
}

/**
 * Names a stranger, with all their sightings or only this one, or corrects a name; folded until it is opened.
 * @param {Sighting} sighting @param {SightingActions & { t: Translate }} options
 */
function nameForm(sighting, { t, onCorrect }) {
  const { person, strangerId } = sighting;
  const field = $(
    '<input class="form-control form-control-sm" name="person" list="names" autocomplete="off" required>',
  );
  const save = $('<button type="submit" class="btn btn-sm btn-primary">').text(t('history.save'));
  const nobody = $('<button type="button" class="btn btn-sm btn-outline-secondary">')
    .text(t('history.notThem', { name: person ?? '' }))
    .on('click', () => void onCorrect(sighting, null, false));
  const others = $('<div class="sighting-others">');
  const form = $('<form>')
    .append(
      $('<label>').append($('<span>').text(t('history.whoIsIt')), field),
      others,
      save,
      person === null ? [] : nobody,
    )
    .on('submit', (event) => {
      event.preventDefault();
      void onCorrect(sighting, String(field.val()).trim(), others.find('input').is(':checked'));
    });
  return $('<details class="sighting-correct">')
    .append($('<summary>').text(t(person === null ? 'history.nameThem' : 'history.wrong')), form)
    .on('toggle', async ({ currentTarget }) => {
      if (strangerId === null || !(/** @type {HTMLDetailsElement} */ (currentTarget).open)) return;
      // Without an answer the form names this sighting only.
      const stranger = await rostro.strangers.get(strangerId).catch(() => null);
      others.empty();
      if (stranger !== null && stranger.sightings > 1) others.append(otherSightings(stranger, sighting, t));
    });
}

/**
 * Asks whether the name is for the other sightings of the stranger too, and shows their faces.
 * @param {Stranger} stranger @param {Sighting} sighting @param {Translate} t
 */
function otherSightings({ sightings, crops }, { crop }, t) {
  const faces = crops.filter((other) => other !== crop);
  return [
    $('<label class="form-check">').append(
      $('<input type="checkbox" class="form-check-input" checked>'),
      $('<span>').text(t('history.alsoOthers', { count: sightings - 1 })),
    ),
    $('<div class="sighting-other-faces">').append(
      faces.map((url) => $('<img alt="" decoding="async">').attr('src', `${url}?size=72`)),
    ),
  ];
}

/** @param {string} first @param {string} last */
function timeRange(first, last) {
  return clock.formatRange(new Date(first), new Date(last));
}

/** How many strangers come this near, in words; nothing for a stranger. @param {Sighting} sighting @param {Translate} t */
function certainty({ person, falseMatchRate }, t) {
  if (person === null || falseMatchRate === null) return '';
  const share = falseMatchRate.toLocaleString(currentLocale(), { style: 'percent', maximumSignificantDigits: 2 });
  return falseMatchRate < 1e-4 ? '' : t('history.falseMatches', { share });
}
