import $ from '../../vendor/jquery/jquery.module.min.js';

/** @import { Translate } from '../i18n.js' */

/** @typedef {{ encoding: string, names: readonly string[] }} EncodingPreview */

/**
 * Asks in which encoding the names of an import read right.
 * @param {readonly EncodingPreview[]} previews the likeliest first
 * @param {Translate} t
 * @param {(encoding: string) => void} onChoice
 * @returns {JQuery}
 */
export function encodingChoice(previews, t, onChoice) {
  const options = previews.map(({ encoding, names }) =>
    $('<option>')
      .val(encoding)
      .text(t('import.reading', { names: names.join(', '), encoding })),
  );
  const select = $('<select class="form-select form-select-sm">').append(options);
  return $('<form class="name-form">')
    .append(
      $('<label>').append($('<span>').text(t('import.encoding')), select),
      $('<button class="btn btn-sm btn-primary">').text(t('import.goOn')),
    )
    .on('submit', (event) => {
      event.preventDefault();
      onChoice(String(select.val()));
    });
}
