import $ from '../../vendor/jquery/jquery.module.min.js';
import { PageError } from '../describe-error.js';

/**
 * @import { PersonChange } from '/client/index.js'
 * @import { Translate } from '../i18n.js'
 */

/**
 * A form for a person's name, id and groups, and the metadata where they are given.
 * @param {{ name: string, id: string | null, groups: string[], metadata?: PersonChange['metadata'] }} person
 * @param {Translate} t
 * @param {{
 *   onChange(change: PersonChange): void,
 *   onCancel?: () => void,
 *   onFailure?: (error: unknown) => void,
 * }} answers `onChange` receives the changed fields; without `onCancel` the form has no button to cancel
 * @returns {JQuery}
 */
export function personForm({ name, id, groups, metadata }, t, { onChange, onCancel, onFailure }) {
  const shown = {
    name,
    id: id ?? '',
    groups: groups.join(', '),
    metadata: metadata && JSON.stringify(metadata, null, 2),
  };
  const fields = {
    name: field(shown.name, 100).prop('required', true),
    id: field(shown.id, 128),
    groups: field(shown.groups, 5000),
    metadata: $('<textarea class="form-control form-control-sm" rows="3" spellcheck="false">').val(
      shown.metadata ?? '',
    ),
  };
  const value = (/** @type {keyof typeof fields} */ key) => String(fields[key].val()).trim();
  const form = $('<form class="name-form">').append(
    labelled(t(onCancel ? 'person.newName' : 'profile.name'), fields.name),
    labelled(t('person.id'), fields.id),
    labelled(t('person.groups'), fields.groups),
    metadata === undefined ? [] : labelled(t('profile.metadata'), fields.metadata).addClass('wide'),
    $('<button class="btn btn-sm btn-primary">').text(t('person.save')),
  );
  if (onCancel) {
    form
      .append(
        $('<button type="button" class="btn btn-sm btn-outline-secondary">').text(t('cancel')).on('click', onCancel),
      )
      .on('keydown', (event) => {
        if (event.key === 'Escape') onCancel();
      });
  }
  return form.on('submit', (event) => {
    event.preventDefault();
    try {
      onChange({
        ...(value('name') !== shown.name && { name: value('name') }),
        ...(value('id') !== shown.id && { id: value('id') || null }),
        ...(value('groups') !== shown.groups && { groups: separated(value('groups')) }),
        ...(metadata !== undefined && value('metadata') !== shown.metadata && { metadata: parsed(value('metadata')) }),
      });
    } catch (error) {
      onFailure?.(error);
    }
  });
}

/** @param {string} text @returns {NonNullable<PersonChange['metadata']>} @throws {PageError} */
function parsed(text) {
  try {
    const value = JSON.parse(text || '{}');
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // The same error as for JSON that is no object.
  }
  throw new PageError('bad_metadata', 'The metadata are not a JSON object.');
}

/** @param {string} text */
function separated(text) {
  return text
    .split(',')
    .map((group) => group.trim())
    .filter((group) => group !== '');
}

/** @param {string} value @param {number} maxLength */
function field(value, maxLength) {
  return $('<input class="form-control form-control-sm" autocomplete="off">').attr('maxlength', maxLength).val(value);
}

/** @param {string} text @param {JQuery} input */
function labelled(text, input) {
  return $('<label>').append($('<span>').text(text), input);
}
