import $ from '../../vendor/jquery/jquery.module.min.js';
import { rostro } from '../api.js';
import { nameForm } from './name-form.js';

/** @import { Translate } from '../i18n.js' */

const SUGGESTIONS = 20;
let forms = 0;

/**
 * A form that asks which person to merge into; it suggests names that contain the typed text.
 * @param {string} name
 * @param {Translate} t
 * @param {{ onInto(name: string): void, onCancel(): void }} answers
 * @param {{ label: string, action: string }} [words]
 * @returns {JQuery}
 */
export function mergeForm(name, t, { onInto, onCancel }, words) {
  const form = nameForm({
    label: words?.label ?? t('person.mergeInto', { name }),
    value: '',
    action: words?.action ?? t('person.mergeAction'),
    cancel: t('cancel'),
    onName: onInto,
    onCancel,
  });
  const list = $('<datalist>').attr('id', `people-suggested-${forms++}`);
  const suggest = async () => {
    const search = String(form.find('input').val()).trim();
    const { people } = await rostro.people.list({ search, size: SUGGESTIONS });
    const others = people.filter((person) => person.name !== name);
    list.empty().append(others.map((person) => $('<option>').val(person.name)));
  };
  form
    .find('input')
    .attr('list', String(list.attr('id')))
    .on('input focus', () => void suggest().catch(() => {}));
  return form.append(list);
}
