import $ from '../../vendor/jquery/jquery.module.min.js';
import { consentFields, labelled } from '../consent.js';

/**
 * @import { Person, PersonChange } from '/client/index.js'
 * @import { Translate } from '../i18n.js'
 */

/**
 * The consent of a person and their last day.
 * @param {Person} person
 * @param {Translate} t
 * @param {(change: PersonChange) => void} onChange
 * @returns {JQuery}
 */
export function consentForm({ consent, expires }, t, onChange) {
  const { fields, value } = consentFields(t, { consent });
  const today = new Date().toISOString().slice(0, 10);
  const end = $('<input class="form-control" type="date" name="expires">')
    .attr('min', today)
    .val(expires ?? '');
  return $('<form class="profile-form" id="consent">')
    .append(
      $('<p class="hint">').text(t(consent === null ? 'consent.missing' : 'consent.hint')),
      fields,
      labelled(t('consent.expires'), end).append($('<span class="hint">').text(t('consent.expiresHint'))),
      $('<button class="btn btn-sm btn-primary">').text(t('person.save')),
    )
    .on('submit', (event) => {
      event.preventDefault();
      onChange({ consent: value(), expires: String(end.val()) || null });
    });
}
