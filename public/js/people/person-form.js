import $ from '../../vendor/jquery/jquery.module.min.js';

/**
 * @import { PersonChange } from '/client/index.js'
 * @import { Translate } from '../i18n.js'
 */

/**
 * A form for a person's name, id and groups.
 * @param {{ name: string, id: string | null, groups: string[] }} person
 * @param {Translate} t
 * @param {{ onChange(change: PersonChange): void, onCancel(): void }} answers `onChange` receives the changed fields
 * @returns {JQuery}
 */
export function personForm({ name, id, groups }, t, { onChange, onCancel }) {
  const shown = { name, id: id ?? '', groups: groups.join(', ') };
  const fields = {
    name: field(shown.name, 100).prop('required', true),
    id: field(shown.id, 128),
    groups: field(shown.groups, 5000),
  };
  const value = (/** @type {keyof typeof fields} */ key) => String(fields[key].val()).trim();
  return $('<form class="name-form">')
    .append(
      labelled(t('person.newName'), fields.name),
      labelled(t('person.id'), fields.id),
      labelled(t('person.groups'), fields.groups),
      $('<button class="btn btn-sm btn-primary">').text(t('person.save')),
      $('<button type="button" class="btn btn-sm btn-outline-secondary">').text(t('cancel')).on('click', onCancel),
    )
    .on('keydown', (event) => {
      if (event.key === 'Escape') onCancel();
    })
    .on('submit', (event) => {
      event.preventDefault();
      onChange({
        ...(value('name') !== shown.name && { name: value('name') }),
        ...(value('id') !== shown.id && { id: value('id') || null }),
        ...(value('groups') !== shown.groups && { groups: separated(value('groups')) }),
      });
    });
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
