import $ from '../../vendor/jquery/jquery.module.min.js';
import { consentFields } from '../consent.js';
import { describeError } from '../describe-error.js';

/**
 * @import { ImportPlan, NamedBy } from '/client/index.js'
 * @import { Consent } from '../consent.js'
 * @import { Translate } from '../i18n.js'
 */

/** Maximum number of people and of files shown. */
const SHOWN = 100;
/** @type {readonly NamedBy[]} */
const CHOICES = ['auto', 'folder', 'top-folder', 'file'];

/**
 * Shows who would be enrolled from which photos, and asks; also for the consent of the new people if the server needs one.
 * @param {JQuery} place
 * @param {ImportPlan} plan
 * @param {{ replan: (by: NamedBy) => Promise<ImportPlan>, needsConsent: boolean }} server
 * @param {Translate} t
 * @returns {Promise<{ plan: ImportPlan, consent: Consent | undefined } | null>} null if the user cancels
 */
export async function agreeOn(place, plan, { replan, needsConsent }, t) {
  const found = $('<div>');
  const enrol = $('<button class="btn btn-primary">').text(t('import.enrol'));
  const cancel = $('<button type="button" class="btn btn-outline-secondary">').text(t('cancel'));
  const show = (/** @type {ImportPlan} */ shown) => {
    plan = shown;
    found.empty().append(peopleIn(plan, t), leftOut(plan, t));
    enrol.prop('disabled', plan.people.length === 0);
  };
  show(plan);
  const by = choiceOf(t, async (chosen) => {
    enrol.prop('disabled', true);
    await replan(chosen).then(show, (error) => found.text(describeError(error, t)));
  });
  const isList = plan.namedBy.includes('list');
  // A list may have the consent of each.
  const consent = consentFields(t, { required: !isList });
  const form = $('<form>').append(
    ...(needsConsent
      ? [$('<p class="hint">').text(t('import.consent')), $('<div class="name-form">').append(consent.fields)]
      : []),
    $('<div class="import-answer">').append(enrol, cancel),
  );
  place.empty().append(found, ...(isList ? [] : [by]), form);
  (plan.people.length > 0 ? enrol : place.find('select')).trigger('focus');
  const isAgreed = await new Promise((resolve) => {
    form.on('submit', (event) => {
      event.preventDefault();
      resolve(true);
    });
    cancel.on('click', () => resolve(false));
  });
  place.empty();
  return isAgreed ? { plan, consent: (needsConsent && consent.value()) || undefined } : null;
}

/** @param {ImportPlan} plan @param {Translate} t */
function peopleIn({ people }, t) {
  const items = people
    .slice(0, SHOWN)
    .map(({ name, photos }) => $('<li>').text(t('import.person', { name, count: photos.length })));
  if (people.length > SHOWN) items.push($('<li>').text(t('import.more', { count: people.length - SHOWN })));
  const head = $('<p role="status">').text(t('import.people', { count: people.length }));
  return [head, $('<ul class="import-people">').append(items)];
}

/** @param {ImportPlan} plan @param {Translate} t */
function leftOut({ refused }, t) {
  if (refused.length === 0) return [];
  const items = refused.slice(0, SHOWN).map((line) => {
    const reason = $('<span class="import-reason">').text(describeLine(line, t));
    return $('<li>').append($('<strong>').text(line.file ?? ''), reason);
  });
  if (refused.length > SHOWN) items.push($('<li>').text(t('import.more', { count: refused.length - SHOWN })));
  const head = $('<p>').text(t('import.leftOut', { count: refused.length }));
  return [head, $('<ul class="import-list">').append(items)];
}

/**
 * Why a file is not enrolled: the server's message if it is more specific than the general text.
 * @param {{ code: string | null, message: string | null }} line
 * @param {Translate} t
 */
export function describeLine({ code, message }, t) {
  const key = `error.${code}`;
  const known = t(key);
  return code === 'bad_row' || code === 'bad_name' || known === key ? (message ?? '') : known;
}

/** @param {Translate} t @param {(by: NamedBy) => void} onChange */
function choiceOf(t, onChange) {
  const select = $('<select class="form-select" id="import-by">').append(
    CHOICES.map((by) =>
      $('<option>')
        .val(by)
        .text(t(`import.by.${by}`)),
    ),
  );
  select.on('change', () => onChange(/** @type {NamedBy} */ (select.val())));
  return $('<div class="import-by">').append($('<label for="import-by">').text(t('import.by')), select);
}
