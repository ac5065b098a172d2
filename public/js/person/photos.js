import $ from '../../vendor/jquery/jquery.module.min.js';
import { rostro } from '../api.js';
import { exampleItem } from '../people/examples.js';
import { mergeForm } from '../people/merge-form.js';

/**
 * @import { Example, Person } from '/client/index.js'
 * @import { Translate } from '../i18n.js'
 * @typedef {{ changed(person: Person, message: string): void, fail(error: unknown): void, erase(): void }} Page `erase`
 *   erases the person, with the last photo
 */

/**
 * The photos of a person; each can become the cover, move to another person or be deleted.
 * @param {Person} person
 * @param {Translate} t
 * @param {Page} page
 * @returns {JQuery}
 */
export function photosOf(person, t, page) {
  const { name, examples } = person;
  const items = examples.map((example, index) =>
    exampleItem(
      example,
      { name, number: index + 1, total: examples.length },
      {
        t,
        onErased: () => void reload(person, t, page),
        onFailure: page.fail,
        ...(examples.length === 1 && { erase: page.erase }),
        more: actionsOf(example, index + 1, person, t, page),
      },
    ),
  );
  return $('<ul class="examples profile-photos">').append(items);
}

/** @param {Person} person @param {Translate} t @param {Page} page */
async function reload({ name }, t, page) {
  try {
    page.changed(await rostro.people.get(name), t('example.deleted', { name }));
  } catch (error) {
    page.fail(error);
  }
}

/** @param {Example} example @param {number} number @param {Person} person @param {Translate} t @param {Page} page */
function actionsOf(example, number, { name, examples, cover }, t, page) {
  const { id } = example;
  const actions = $('<div class="profile-photo-actions">');
  if (id === cover) actions.append($('<span class="badge person-group">').text(t('profile.cover')));
  else if (example.crop !== null) {
    actions.append(button(t('profile.makeCover'), t('profile.makeCoverOf', { number }), () => void makeCover(id)));
  }
  if (examples.length > 1) {
    const move = button(t('profile.move'), t('profile.moveOf', { number }), () => askWhere(move));
    actions.append(move);
  }
  return actions;

  async function makeCover(/** @type {string} */ chosen) {
    try {
      page.changed(await rostro.people.change(name, { cover: chosen }), t('profile.coverSaved'));
    } catch (error) {
      page.fail(error);
    }
  }

  function askWhere(/** @type {JQuery} */ move) {
    const form = mergeForm(
      name,
      t,
      {
        onInto: (into) => void moveTo(into),
        onCancel() {
          form.remove();
          move.trigger('focus');
        },
      },
      { label: t('profile.moveTo'), action: t('profile.move') },
    );
    actions.find('form').remove();
    actions.append(form);
    form.find('input').first().trigger('focus');
  }

  async function moveTo(/** @type {string} */ into) {
    try {
      const to = await rostro.people.moveExample(name, id, into);
      page.changed(await rostro.people.get(name), t('profile.moved', { name: to.name }));
    } catch (error) {
      page.fail(error);
    }
  }
}

/** @param {string} text @param {string} label @param {() => void} onClick */
function button(text, label, onClick) {
  return $('<button type="button" class="btn btn-sm btn-outline-secondary">')
    .attr({ 'aria-label': label, 'data-needs': 'admin' })
    .text(text)
    .on('click', onClick);
}
