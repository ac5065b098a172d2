import $ from '../../vendor/jquery/jquery.module.min.js';
import { rostro } from '../api.js';
import { announce } from '../announce.js';
import { confirmErasure } from '../confirm.js';
import { icon } from '../icons.js';
import { failureNotice } from '../notice.js';
import { qualityWords } from '../quality-words.js';
import { faceThumbnail } from './face-thumbnail.js';

/**
 * @import { Example, Negatives } from '/client/index.js'
 * @import { Translate } from '../i18n.js'
 */

/**
 * A photo with its quality and a button to delete it.
 * @param {Example} example
 * @param {{ name: string, number: number, total: number }} place
 * @param {{
 *   t: Translate,
 *   onErased: () => void,
 *   onFailure: (error: unknown) => void,
 *   erase?: () => void,
 *   more?: JQuery,
 * }} options `erase` in place of deleting the example; `more` is shown below
 */
export function exampleItem(example, { name, number, total }, { t, onErased, onFailure, erase, more }) {
  const label = t('example.delete', { name, number });
  const button = $('<button type="button" class="btn btn-icon example-delete">')
    .attr({ 'aria-label': label, title: label, 'data-needs': 'admin' })
    .append(icon('trash'))
    .on('click', () => {
      if (erase) erase();
      else void eraseExample(example.id, name, total, t).then((erased) => erased && onErased(), onFailure);
    });
  return $('<li class="example">').append(
    $('<div class="example-photo">').append(faceThumbnail(example.crop, t('example.photo', { name, number })), button),
    qualityLine(example, t),
    wrongMatchesLine(example, t),
    more ?? [],
  );
}

/** Points at a photo that strangers were taken for. @param {Example} example @param {Translate} t */
function wrongMatchesLine({ wrongMatches }, t) {
  if (wrongMatches === 0) return [];
  return $('<p class="example-quality" data-poor="true">').text(t('example.wrongMatches', { count: wrongMatches }));
}

/** Faces that do not get the name. @param {Negatives} negatives @param {Translate} t @param {() => void} onErased */
export function negativesOf({ name, negatives }, t, onErased) {
  const items = negatives.map(({ id, crop }, index) => {
    const label = t('negative.delete', { name, number: index + 1 });
    const button = $('<button type="button" class="btn btn-icon example-delete">')
      .attr({ 'aria-label': label, title: label, 'data-needs': 'admin' })
      .append(icon('trash'));
    const item = $('<li class="example">').append(
      $('<div class="example-photo">').append(faceThumbnail(crop, t('negative.photo', { name })), button),
    );
    button.on('click', () => {
      void rostro.people.deleteNegative(name, id).then(
        () => {
          announce(t('negative.deleted'));
          onErased();
        },
        (/** @type {unknown} */ error) => item.append(failureNotice(error, t)),
      );
    });
    return item;
  });
  return $('<section>').append(
    $('<h4 class="negatives-heading">').text(t('negative.heading', { name })),
    $('<p class="hint">').text(t('negative.hint', { name })),
    $('<ul class="examples">').append(items),
  );
}

/** @param {Example} example @param {Translate} t */
function qualityLine({ quality }, t) {
  const words = qualityWords(quality, t);
  if (words === null) return [];
  return $('<p class="example-quality">')
    .attr('data-poor', String(words.poor))
    .append($('<span class="example-score">').text(words.score), words.weakest ? $('<span>').text(words.weakest) : []);
}

/** @param {string} id @param {string} name @param {number} total @param {Translate} t @returns {Promise<boolean>} whether it was deleted */
async function eraseExample(id, name, total, t) {
  const confirmed = await confirmErasure({
    title: t('example.deleteTitle', { name }),
    text: t(total === 1 ? 'example.deleteLast' : 'example.deleteText', { name }),
    action: t('example.deleteYes'),
  });
  if (!confirmed) return false;
  await rostro.people.deleteExample(name, id);
  announce(t('example.deleted', { name }));
  return true;
}
