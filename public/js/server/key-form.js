import $ from '../../vendor/jquery/jquery.module.min.js';

/**
 * @import { NewAccessKey } from '/client/index.js'
 * @import { Translate } from '../i18n.js'
 */

const DAY_MS = 24 * 60 * 60 * 1000;
const SCOPES = /** @type {const} */ (['recognise', 'enrol', 'admin']);
const EXPIRIES = ['never', '1', '30', '365', 'date'];

/** Asks for the name of the first key, which is an admin key. @param {Translate} t @param {(wish: NewAccessKey) => Promise<void>} onMake */
export function firstKeyForm(t, onMake) {
  const name = nameField();
  return form(t('keys.first.make'), [labelled(t('keys.name'), name, t('keys.nameHint'))], () =>
    onMake({ name: text(name), scope: 'admin' }),
  );
}

/** @param {readonly string[]} groups known ones, as suggestions @param {Translate} t @param {(wish: NewAccessKey) => Promise<void>} onMake */
export function keyForm(groups, t, onMake) {
  const name = nameField();
  const scopes = $('<fieldset class="key-scopes">').append(
    $('<legend class="form-label">').text(t('keys.may')),
    SCOPES.map((scope) => scopeChoice(scope, t)),
  );
  const group = $(
    '<input class="form-control" id="key-group" maxlength="64" autocomplete="off" list="key-groups">',
  ).attr('placeholder', t('keys.group.all'));
  const known = $('<datalist id="key-groups">').append(groups.map((one) => $('<option>').val(one)));
  const expiry = $('<select class="form-select" id="key-expiry">').append(
    EXPIRIES.map((value) =>
      $('<option>')
        .val(value)
        .text(t(`keys.expiry.${value}`)),
    ),
  );
  const day = $('<input type="date" class="form-control" id="key-day">').attr('min', dayOf(new Date()));
  const dayField = labelled(t('keys.lastDay'), day).prop('hidden', true);
  expiry.on('change', () => {
    const isDate = expiry.val() === 'date';
    dayField.prop('hidden', !isDate);
    day.prop('required', isDate);
  });
  const fields = [
    labelled(t('keys.name'), name, t('keys.nameHint')),
    scopes,
    labelled(t('keys.group'), group, t('keys.group.hint')).append(known),
    $('<div class="key-expiry">').append(labelled(t('keys.expiry'), expiry), dayField),
  ];
  return form(t('keys.make'), fields, () =>
    onMake({
      name: text(name),
      scope: /** @type {(typeof SCOPES)[number]} */ (scopes.find(':checked').val()),
      group: text(group) || null,
      expiresAt: expiryOf(text(expiry), text(day)),
    }),
  );
}

/** @param {string} choice one of `EXPIRIES` @param {string} day @returns {string | null} ISO 8601 */
function expiryOf(choice, day) {
  if (choice === 'never') return null;
  const at = choice === 'date' ? new Date(`${day}T23:59:59`) : new Date(Date.now() + Number(choice) * DAY_MS);
  return at.toISOString();
}

/** In local time, for a date field. @param {Date} date */
function dayOf(date) {
  const two = (/** @type {number} */ part) => String(part).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** @param {(typeof SCOPES)[number]} scope @param {Translate} t */
function scopeChoice(scope, t) {
  const input = $('<input class="form-check-input" type="radio" name="scope">')
    .attr({ id: `key-${scope}`, 'aria-describedby': `key-${scope}-hint` })
    .val(scope)
    .prop('checked', scope === 'recognise');
  return $('<div class="form-check">').append(
    input,
    $('<label class="form-check-label">')
      .attr('for', `key-${scope}`)
      .text(t(`keys.scope.${scope}`)),
    $('<p class="hint">')
      .attr('id', `key-${scope}-hint`)
      .text(t(`keys.scope.${scope}.hint`)),
  );
}

function nameField() {
  return $('<input class="form-control" id="key-name" maxlength="100" autocomplete="off" required>');
}

/** @param {string} label @param {JQuery} field @param {string} [hint] */
function labelled(label, field, hint) {
  const id = field.attr('id') ?? '';
  if (hint) field.attr('aria-describedby', `${id}-hint`);
  return $('<div class="key-field">').append(
    $('<label class="form-label">').attr('for', id).text(label),
    field,
    hint ? $('<p class="hint">').attr('id', `${id}-hint`).text(hint) : [],
  );
}

/** @param {string} action @param {JQuery[]} fields @param {() => Promise<void>} onSubmit */
function form(action, fields, onSubmit) {
  const submit = $('<button class="btn btn-primary">').text(action);
  return $('<form class="key-form">')
    .append(fields, submit)
    .on('submit', (event) => {
      event.preventDefault();
      submit.prop('disabled', true);
      void onSubmit().finally(() => submit.prop('disabled', false));
    });
}

/** @param {JQuery} field */
const text = (field) => String(field.val()).trim();
