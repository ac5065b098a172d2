import $ from '../../vendor/jquery/jquery.module.min.js';
import { currentLocale } from '../i18n.js';

/**
 * @import { DeletedPerson } from '/client/index.js'
 * @import { Translate } from '../i18n.js'
 * @typedef {DeletedPerson['receipt']} Receipt
 */

/**
 * What was erased, and the receipt to download. The server does not keep it.
 * @param {Receipt} receipt
 * @param {Translate} t
 * @returns {JQuery}
 */
export function receiptView(receipt, t) {
  const facts = factsOf(receipt, t);
  const json = `${JSON.stringify(receipt, null, 2)}\n`;
  const text = `${[t('receipt.heading', { name: receipt.person }), '', ...facts.map((fact) => fact.join(': '))].join('\n')}\n`;
  const file = `rostro-erasure-${receipt.id}`;
  return $('<div class="receipt">').append(
    $('<h1 tabindex="-1">').text(t('receipt.heading', { name: receipt.person })),
    $('<p class="lead">').text(t('receipt.lead')),
    $('<p class="receipt-actions">').append(
      download(`${file}.json`, 'application/json', json, t('receipt.json')).addClass('btn-primary'),
      download(`${file}.txt`, 'text/plain', text, t('receipt.text')).addClass('btn-outline-secondary'),
    ),
    $('<dl class="receipt-facts">').append(
      facts.map(([term, value]) => $('<div>').append($('<dt>').text(term), $('<dd>').text(value))),
    ),
    $('<p class="hint">').text(t('receipt.beyond')),
  );
}

/** @param {Receipt} receipt @param {Translate} t @returns {[string, string][]} */
function factsOf(receipt, t) {
  const { id, erasedAt, examples, crops, files, remaining, sightings, attendance, classifier, elsewhere, audit } =
    receipt;
  const time = new Date(erasedAt).toLocaleString(currentLocale(), { dateStyle: 'long', timeStyle: 'long' });
  const number = (/** @type {number} */ count) => count.toLocaleString(currentLocale());
  return [
    [t('receipt.at'), time],
    [t('receipt.id'), id],
    [t('receipt.examples'), number(examples.length)],
    [t('receipt.crops'), number(crops)],
    [t('receipt.sightings'), number(sightings)],
    [t('receipt.attendance'), number(attendance)],
    [t('receipt.files'), number(files.length)],
    [t('receipt.classifier'), t(`receipt.classifier.${classifier}`)],
    ...(remaining.length > 0 ? [pair(t('receipt.remaining'), remaining.join(', '))] : []),
    ...(elsewhere.length > 0 ? [pair(t('receipt.elsewhere'), elsewhere.join(', '))] : []),
    ...(audit ? [pair(t('receipt.audit'), `${audit.line}:${audit.hash}`)] : []),
  ];
}

/** @param {string} term @param {string} value @returns {[string, string]} */
function pair(term, value) {
  return [term, value];
}

/** @param {string} name @param {string} type @param {string} content @param {string} label */
function download(name, type, content, label) {
  const url = URL.createObjectURL(new Blob([content], { type: `${type};charset=utf-8` }));
  return $('<a class="btn">').attr({ href: url, download: name }).text(label);
}
