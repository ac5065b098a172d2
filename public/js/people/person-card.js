import $ from '../../vendor/jquery/jquery.module.min.js';
import { rostro } from '../api.js';
import { announce } from '../announce.js';
import { currentLocale } from '../i18n.js';
import { icon } from '../icons.js';
import { failureNotice } from '../notice.js';
import { may } from '../session.js';
import { faceThumbnail } from './face-thumbnail.js';

/**
 * @import { PersonChange, PersonSummary } from '/client/index.js'
 * @import { Translate } from '../i18n.js'
 * @import { Selection } from './selection.js'
 */

/** A card and a button to clone: parsing them for each person takes a slow tablet half a second. */
const CARD = $(`<li class="person">
  <div class="person-body">
    <div class="person-title"><h3 class="person-name">
      <a class="person-main person-link" tabindex="-1" aria-keyshortcuts="F2 Delete"></a>
    </h3></div>
    <p class="person-about"></p>
    <p class="person-meta"></p>
  </div>
  <div class="person-actions"></div>
  <div class="person-notice"></div>
</li>`)[0];
const BUTTON = $('<button type="button" class="btn btn-sm btn-icon" tabindex="-1" data-needs="admin">')[0];

const medium = new Intl.DateTimeFormat(currentLocale(), { dateStyle: 'medium' });

/**
 * The card of one person: a link to their page, and buttons to change, merge and delete. It is one tab stop: F2 changes,
 * Delete deletes.
 */
export class PersonCard {
  /** Whether a form is open. */
  editing = false;

  /** @param {PersonSummary} person @param {Translate} t @param {{ changed(): void, erased(): void, editingEnded(): void }} list */
  constructor({ name, id, groups, examples, addedAt, thumbnail }, t, list) {
    this.name = name;
    this.id = id;
    this.groups = groups;
    this.count = examples;
    this.since =
      addedAt === null ? t('person.addedBefore') : t('person.added', { date: medium.format(new Date(addedAt)) });
    this.t = t;
    this.list = list;
    this.element = $(/** @type {HTMLElement} */ (CARD.cloneNode(true)));
    const part = (/** @type {string} */ name) => this.element.find(`.person-${name}`);
    this.title = part('title');
    this.heading = part('name');
    this.about = part('about');
    this.meta = part('meta');
    this.actions = part('actions');
    this.notice = part('notice');
    this.element
      .prepend(faceThumbnail(thumbnail ?? null, ''))
      .on('keydown', '.person-main', (event) => this.#onKey(event))
      .on('click', (event) => this.#selectOn(event));
    this.#show();
  }

  /** Their drawings take most of the time of a card, so they are added after the list is shown. */
  showActions() {
    const { name, t } = this;
    this.actions.empty().append(
      iconButton('pencil', t('person.rename', { name }), () => void this.#edit()),
      iconButton('merge', t('person.merge', { name }), () => void this.#askForOther()),
      iconButton('trash', t('person.delete', { name }), () => void this.#erase()),
    );
  }

  #show() {
    const { name, t } = this;
    this.heading
      .children('a')
      .attr('href', `person.html?name=${encodeURIComponent(name)}`)
      .text(name);
    this.title.empty().append(this.heading);
    this.about.empty().append(
      this.id === null ? [] : $('<span class="person-id">').text(this.id),
      this.groups.map((group) => $('<span class="badge person-group">').text(group)),
    );
    this.meta.text(`${t('person.photos', { count: this.count })} · ${this.since}`);
  }

  /** @param {JQuery.TriggeredEvent} event */
  #onKey(event) {
    const action = { F2: () => this.#edit(), Delete: () => this.#erase() }[String(event.key)];
    if (action === undefined) return;
    event.preventDefault();
    void may('admin').then((isAllowed) => (isAllowed ? action() : undefined));
  }

  /** A check box instead of the buttons while people are selected. @param {Selection | null} selection */
  showSelection(selection) {
    this.element.find('.person-select').remove();
    const isActive = selection?.active ?? false;
    this.element
      .toggleClass('selecting', isActive)
      .toggleClass('selected', isActive && selection !== null && selection.has(this.name));
    this.title.find('.person-link').toggleClass('person-main', !isActive).attr('tabindex', -1);
    if (!isActive || selection === null) return;
    const box = $('<input type="checkbox" class="form-check-input person-main person-select" tabindex="-1">')
      .attr('aria-label', this.t('people.selectOne', { name: this.name }))
      .prop('checked', selection.has(this.name))
      .on('change', () => {
        selection.toggle(this.name, box.is(':checked'));
        this.element.toggleClass('selected', box.is(':checked'));
      });
    this.element.prepend(box);
  }

  /** Where people are selected, a click anywhere on the card selects. @param {JQuery.TriggeredEvent} event */
  #selectOn(event) {
    const box = this.element.children('.person-select');
    if (box.length === 0 || box.is(event.target)) return;
    event.preventDefault();
    box.prop('checked', !box.is(':checked')).trigger('change').trigger('focus');
  }

  async #edit() {
    const { personForm } = await import('./person-form.js');
    this.#ask(
      personForm(this, this.t, {
        onChange: (change) => void this.#change(change),
        onCancel: () => this.#endEditing(),
      }),
    );
  }

  async #askForOther() {
    const { mergeForm } = await import('./merge-form.js');
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
    this.showActions();
    this.title.find('a').trigger('focus');
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
    if (!(await confirmed(question))) return;
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
    if (!(await confirmed(question))) return;
    try {
      await rostro.people.delete(name);
      announce(t('person.deleted', { name }));
      this.list.erased();
    } catch (error) {
      this.notice.empty().append(failureNotice(error, t, () => void this.#erase()));
    }
  }
}

/** Loads the dialog when it is needed first. @param {{ title: string, text: string, action: string }} question */
async function confirmed(question) {
  const { confirmErasure } = await import('../confirm.js');
  return confirmErasure(question);
}

/** @param {'pencil' | 'merge' | 'trash'} name @param {string} label @param {() => void} onClick */
function iconButton(name, label, onClick) {
  return $(/** @type {HTMLElement} */ (BUTTON.cloneNode()))
    .attr({ 'aria-label': label, title: label })
    .append(icon(name))
    .on('click', onClick);
}
