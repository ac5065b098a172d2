import { RostroApiError } from '../client/index.js';
import $ from '../vendor/jquery/jquery.module.min.js';
import { createTranslator } from './i18n.js';
import common from './strings/common.js';
import people from './strings/people.js';

/**
 * @import { Person } from '/client/index.js'
 * @import { Translate } from './i18n.js'
 * @typedef {NonNullable<Person['consent']>} Consent
 */

const BASES = /** @type {const} */ (['consent', 'contract', 'legal_duty', 'public_interest', 'other']);

/**
 * Sends a change that may enrol a new person; where the server asks for a consent, the user gives it and it is sent again.
 * @template T
 * @param {(consent?: Consent) => Promise<T>} send
 * @returns {Promise<T>}
 * @throws {RostroApiError} `consent_required` where the user gives none
 */
export async function withConsent(send) {
  try {
    return await send();
  } catch (error) {
    if (!(error instanceof RostroApiError && error.code === 'consent_required')) throw error;
    const consent = await askConsent();
    if (consent === null) throw error;
    return send(consent);
  }
}

/** @returns {Promise<Consent | null>} null if the dialog was closed without one */
function askConsent() {
  const { t } = createTranslator(common, people);
  const { fields, value } = consentFields(t, { required: true });
  const buttons = [
    $('<button type="button" class="btn btn-outline-secondary">')
      .text(t('cancel'))
      .on('click', () => element.close()),
    $('<button class="btn btn-primary" value="given">').text(t('consent.enrol')),
  ];
  const dialog = $('<dialog class="consent-dialog">')
    .attr('aria-label', t('error.consent_required'))
    .append(
      $('<form method="dialog">').append(
        $('<p>').text(t('error.consent_required')),
        fields,
        $('<div class="consent-buttons">').append(buttons),
      ),
    );
  const element = /** @type {HTMLDialogElement} */ (dialog[0]);
  // Inside of an open modal, which takes back the focus that leaves it.
  $('.modal.show, body').last().append(dialog);
  element.showModal();
  return new Promise((resolve) => {
    element.addEventListener('close', () => {
      dialog.remove();
      resolve(element.returnValue === 'given' ? value() : null);
    });
  });
}

/**
 * Labelled fields for a consent: basis, date and note.
 * @param {Translate} t
 * @param {{ consent?: Consent | null, required?: boolean }} options `required`: a basis must be chosen
 * @returns {{ fields: JQuery[], value: () => Consent | null }} `value` is null where no basis is chosen
 */
export function consentFields(t, { consent = null, required = false }) {
  const today = new Date().toISOString().slice(0, 10);
  const basis = $('<select class="form-select" name="basis">')
    .prop('required', required)
    .append(
      ['', ...BASES].map((one) =>
        $('<option>')
          .attr('value', one)
          .text(t(`consent.basis.${one || 'none'}`)),
      ),
    )
    .val(consent?.basis ?? '');
  const date = $('<input class="form-control" type="date" name="date">')
    .attr('max', today)
    .val(consent?.date ?? today);
  const note = $('<input class="form-control" name="note" maxlength="500" autocomplete="off">').val(
    consent?.note ?? '',
  );
  const showFields = () => {
    const isGiven = basis.val() !== '';
    date.prop({ disabled: !isGiven, required: isGiven });
    note.prop('disabled', !isGiven);
  };
  basis.on('change', showFields);
  showFields();
  return {
    fields: [labelled(t('consent.basis'), basis), labelled(t('consent.date'), date), labelled(t('consent.note'), note)],
    value() {
      const chosen = BASES.find((one) => one === basis.val());
      if (chosen === undefined) return null;
      return { basis: chosen, date: String(date.val()), note: String(note.val()).trim() || null };
    },
  };
}

/** @param {string} text @param {JQuery} input */
export function labelled(text, input) {
  return $('<label>').append($('<span>').text(text), input);
}
