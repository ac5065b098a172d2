import $ from '../../vendor/jquery/jquery.module.min.js';
import { rostro } from '../api.js';
import { announce } from '../announce.js';
import { confirmErasure } from '../confirm.js';
import { currentLocale } from '../i18n.js';
import { icon } from '../icons.js';
import { failureNotice } from '../notice.js';
import { showExamples } from './examples.js';
import { faceThumbnail } from './face-thumbnail.js';
import { mergeForm } from './merge-form.js';
import { personForm } from './person-form.js';

/**
 * @import { PersonChange, PersonSummary } from '/client/index.js'
 * @import { Translate } from '../i18n.js'
 */

/** The card of one person: name, number of photos, date; change, merge, delete; the photos on demand. */
export class PersonCard {
  open = false;
  /** Whether a form is open. */
  editing = false;

  /** @param {PersonSummary} person @param {Translate} t @param {{ changed(): void, erased(): void, editingEnded(): void }} list */
  constructor({ name, id, groups, examples, addedAt, thumbnail }, t, list) {
    this.name = name;
    this.id = id;
    this.groups = groups;
    this.count = examples;
    this.t = t;
    this.list = list;
    this.title = $('<div class="person-title">');
    this.meta = $('<button type="button" class="btn btn-link person-meta" aria-expanded="false">').on(
      'click',
      () => void this.toggle(!this.open),
    );
    this.about = $('<p class="person-about">');
    this.added = $('<p class="person-added">').text(addedText(addedAt, t));
    this.actions = $('<div class="person-actions">');
    this.notice = $('<div class="person-notice">');
    this.examples = $('<div class="person-examples" hidden>');
    this.element = $('<li class="person">').append(
      faceThumbnail(thumbnail ?? null, ''),
      $('<div class="person-body">').append(this.title, this.about, this.meta, this.added),
      this.actions,
      this.notice,
      this.examples,
    );
    this.#show();
  }

  #show() {
    const { name, t } = this;
    this.title.empty().append(
      $('<h3 class="person-name">').append(
        $('<a>')
          .attr('href', `person.html?name=${encodeURIComponent(name)}`)
          .text(name),
      ),
    );
    this.about.empty().append(
      this.id === null ? [] : $('<span class="person-id">').text(this.id),
      this.groups.map((group) => $('<span class="badge person-group">').text(group)),
    );
    this.meta.empty().append($('<span>').text(t('person.photos', { count: this.count })), icon('chevron'));
    this.meta.attr('aria-label', t('person.showPhotos', { name, count: this.count }));
    this.actions.empty().append(
      iconButton('pencil', t('person.rename', { name }), () => this.#edit()),
      iconButton('merge', t('person.merge', { name }), () => this.#askForOther()),
      iconButton('trash', t('person.delete', { name }), () => void this.#erase()),
    );
  }

  #edit() {
    this.#ask(
      personForm(this, this.t, {
        onChange: (change) => void this.#change(change),
        onCancel: () => this.#endEditing(),
      }),
    );
  }

  #askForOther() {
    this.#ask(
      mergeForm(this.name, this.t, {
        onInto: (into) => void this.#mergeInto(into),
        onCancel: () => this.#endEditing(),
      }),
    );
  }

  /** @param {JQuery} form */
  #ask(form) {
    this.editing = true;
    this.actions.empty();
    this.title.empty().append(form);
    form.find('input').first().trigger('focus').trigger('select');
  }

  #endEditing() {
    this.editing = false;
    this.notice.empty();
    this.#show();
    this.actions.find('button').first().trigger('focus');
    this.list.editingEnded();
  }

  /** @param {PersonChange} change */
  async #change(change) {
    if (Object.keys(change).length === 0) return this.#endEditing();
    try {
      const { name, id, groups } = await rostro.people.change(this.name, change);
      Object.assign(this, { name, id, groups });
      this.#endEditing();
      announce(this.t(change.name === undefined ? 'person.saved' : 'person.renamed', { name }));
      this.list.changed();
      if (this.open) await this.toggle(true);
    } catch (error) {
      this.notice.empty().append(failureNotice(error, this.t));
    }
  }

  /** @param {string} into */
  async #mergeInto(into) {
    const { name, t } = this;
    const question = {
      title: t('person.mergeTitle', { name, into }),
      text: t('person.mergeText', { name, into }),
      action: t('person.mergeYes'),
    };
    if (!(await confirmErasure(question))) return;
    try {
      await rostro.people.merge(name, into);
      announce(t('person.merged', { name, into }));
      this.list.erased();
    } catch (error) {
      this.notice.empty().append(failureNotice(error, t));
    }
  }

  async #erase() {
    const { name, t, count } = this;
    const question = {
      title: t('person.deleteTitle', { name }),
      text: t('person.deleteText', { name, count }),
      action: t('person.deleteYes'),
    };
    if (!(await confirmErasure(question))) return;
    try {
      await rostro.people.delete(name);
      announce(t('person.deleted', { name }));
      this.list.erased();
    } catch (error) {
      this.notice.empty().append(failureNotice(error, t, () => void this.#erase()));
    }
  }

  /** Shows or hides the person's photos. @param {boolean} open */
  async toggle(open) {
    this.open = open;
    this.meta.attr('aria-expanded', String(open));
    this.examples.prop('hidden', !open).empty();
    if (open) await showExamples(this.examples, this.name, this.t, () => this.list.erased());
  }
}

/** @param {string | null} addedAt @param {Translate} t */
function addedText(addedAt, t) {
  if (addedAt === null) return t('person.addedBefore');
  const date = new Date(addedAt).toLocaleDateString(currentLocale(), { dateStyle: 'medium' });
  return t('person.added', { date });
}

/** @param {'pencil' | 'merge' | 'trash'} name @param {string} label @param {() => void} onClick */
function iconButton(name, label, onClick) {
  return $('<button type="button" class="btn btn-sm btn-icon">')
    .attr({ 'aria-label': label, title: label })
    .append(icon(name))
    .on('click', onClick);
}
