import $ from '../../vendor/jquery/jquery.module.min.js';

/**
 * @import { Person } from '/client/index.js'
 * @import { Translate } from '../i18n.js'
 * @typedef {NonNullable<Person['consent']>} Consent
 */

const BASES = /** @type {const} */ (['consent', 'contract', 'legal_duty', 'public_interest', 'other']);

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
