import $ from '/vendor/jquery/jquery.module.min.js';
import { deletePerson, renamePerson } from '../api.js';
import { announce } from '../announce.js';
import { confirmErasure } from '../confirm.js';
import { currentLocale } from '../i18n.js';
import { icon } from '../icons.js';
import { failureNotice } from '../notice.js';
import { showExamples } from './examples.js';
import { faceThumbnail } from './face-thumbnail.js';
import { nameForm } from './name-form.js';

/**
 * @import { PersonSummary } from '../api-types.js'
 * @import { Translate } from '../i18n.js'
 */

/** One enrolled person: who, how many photos, since when; rename, delete, and their photos on demand. */
export class PersonCard {
  open = false;
  renaming = false;

  /** @param {PersonSummary} person @param {Translate} t @param {{ erased(): void, renamingEnded(): void }} list */
  constructor({ name, examples, addedAt, thumbnail }, t, list) {
    this.name = name;
    this.count = examples;
    this.t = t;
    this.list = list;
    this.title = $('<div class="person-title">');
    this.meta = $('<button type="button" class="btn btn-link person-meta" aria-expanded="false">').on(
      'click',
      () => void this.toggle(!this.open),
    );
    this.added = $('<p class="person-added">').text(addedText(addedAt, t));
    this.actions = $('<div class="person-actions">');
    this.notice = $('<div class="person-notice">');
    this.examples = $('<div class="person-examples" hidden>');
    this.element = $('<li class="person">').append(
      faceThumbnail(thumbnail ?? null, ''),
      $('<div class="person-body">').append(this.title, this.meta, this.added),
      this.actions,
      this.notice,
      this.examples,
    );
    this.#show();
  }

  #show() {
    const { name, t } = this;
    this.title.empty().append($('<h3 class="person-name">').text(name));
    this.meta.empty().append($('<span>').text(t('person.photos', { count: this.count })), icon('chevron'));
    this.meta.attr('aria-label', t('person.showPhotos', { name, count: this.count }));
    this.actions.empty().append(
      iconButton('pencil', t('person.rename', { name }), () => this.#rename()),
      iconButton('trash', t('person.delete', { name }), () => void this.#erase()),
    );
  }

  #rename() {
    const { t } = this;
    this.renaming = true;
    const form = nameForm({
      label: t('person.newName'),
      value: this.name,
      action: t('person.save'),
      cancel: t('cancel'),
      onName: (name) => void this.#renameTo(name),
      onCancel: () => this.#endRenaming(),
    });
    this.actions.empty();
    this.title.empty().append(form);
    form.find('input').trigger('focus').trigger('select');
  }

  #endRenaming() {
    this.renaming = false;
    this.notice.empty();
    this.#show();
    this.actions.find('button').first().trigger('focus');
    this.list.renamingEnded();
  }

  /** @param {string} name */
  async #renameTo(name) {
    try {
      const renamed = await renamePerson(this.name, name);
      this.name = renamed.name;
      this.#endRenaming();
      announce(this.t('person.renamed', { name: renamed.name }));
      if (this.open) await this.toggle(true);
    } catch (error) {
      this.notice.empty().append(failureNotice(error, this.t));
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
      await deletePerson(name);
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

/** @param {'pencil' | 'trash'} name @param {string} label @param {() => void} onClick */
function iconButton(name, label, onClick) {
  return $('<button type="button" class="btn btn-sm btn-icon">')
    .attr({ 'aria-label': label, title: label })
    .append(icon(name))
    .on('click', onClick);
}
