import $ from '../../vendor/jquery/jquery.module.min.js';
import { rostro } from '../api.js';
import { confirmErasure } from '../confirm.js';
import { failureNotice } from '../notice.js';
import { BulkTask } from './bulk-task.js';

/**
 * @import { Translate } from '../i18n.js'
 * @import { PeopleList } from './people-list.js'
 */

/** The server exports this many people at once. */
const MOST_EXPORTED = 1000;

/** The selected people, on all pages of the list, and the bar with what can be done with them. */
export class Selection {
  active = false;
  /** @type {Set<string>} */
  #names = new Set();
  #bar = $('#people-selection');

  /** @param {Translate} t @param {PeopleList} list */
  constructor(t, list) {
    this.t = t;
    this.list = list;
    this.task = new BulkTask(t, $('#people-task'));
    this.count = $('<strong id="selected-count" role="status">');
    this.all = this.#button('people.selectAll', () => void this.#selectAll());
    this.group = $('<input class="form-control form-control-sm" maxlength="64" required autocomplete="off">').attr({
      list: 'group-names',
      'aria-label': t('people.groupToAdd'),
      placeholder: t('people.groupToAdd'),
    });
    const form = $('<form class="selection-group">')
      .append(
        this.group,
        $('<datalist id="group-names">'),
        $('<button class="btn btn-sm btn-outline-secondary">').text(t('people.addToGroup')),
      )
      .on('submit', (event) => {
        event.preventDefault();
        void this.#addToGroup(String(this.group.val()).trim());
      });
    const erase = this.#button('people.deleteSelected', () => void this.#erase()).addClass('btn-outline-danger');
    this.#bar.append(
      this.count,
      this.all,
      form,
      this.#button('people.exportSelected', () => void this.#export()),
      erase.removeClass('btn-outline-secondary'),
      this.#button('people.endSelection', () => this.end()),
    );
  }

  /** @param {string} key @param {() => void} onClick */
  #button(key, onClick) {
    return $('<button type="button" class="btn btn-sm btn-outline-secondary">').text(this.t(key)).on('click', onClick);
  }

  start() {
    this.active = true;
    $('#select').attr('aria-expanded', 'true').prop('hidden', true);
    this.#bar.prop('hidden', false);
    const groups = $('#group option').toArray().slice(1);
    $('#group-names')
      .empty()
      .append(groups.map((option) => $('<option>').val(String($(option).val()))));
    this.#changed();
    $('#people-list .person-main').first().trigger('focus');
  }

  end() {
    this.active = false;
    this.#names.clear();
    this.#bar.prop('hidden', true);
    $('#select').attr('aria-expanded', 'false').prop('hidden', false).trigger('focus');
    this.list.selectionChanged();
  }

  /** @param {string} name */
  has(name) {
    return this.#names.has(name);
  }

  /** @param {string} name @param {boolean} isSelected */
  toggle(name, isSelected) {
    if (isSelected) this.#names.add(name);
    else this.#names.delete(name);
    this.#showCount();
  }

  #changed() {
    this.#showCount();
    this.list.selectionChanged();
  }

  #showCount() {
    this.count.text(this.t('people.selected', { count: this.#names.size }));
    this.all.text(this.t('people.selectAll', { count: this.list.total }));
    this.#bar
      .find('button')
      .slice(1, -1)
      .prop('disabled', this.#names.size === 0);
  }

  async #selectAll() {
    try {
      for await (const { name } of rostro.people.all(this.list.query)) this.#names.add(name);
      this.#changed();
    } catch (error) {
      this.task.say(failureNotice(error, this.t, () => void this.#selectAll()));
    }
  }

  async #erase() {
    const names = [...this.#names];
    const count = names.length;
    const question = {
      title: this.t('people.deleteTitle', { count }),
      text: this.t('people.deleteText', { count }),
      action: this.t('people.deleteYes', { count }),
    };
    if (!(await confirmErasure(question))) return;
    await this.task.run('people.deleting', names, async (name, options) => {
      await rostro.people.delete(name, options);
      this.#names.delete(name);
    });
    this.#changed();
    this.list.erased();
  }

  /** @param {string} group */
  async #addToGroup(group) {
    if (group === '' || this.#names.size === 0) return;
    await this.task.run('people.adding', [...this.#names], async (name, options) => {
      const { groups } = await rostro.people.get(name, options);
      if (!groups.includes(group)) await rostro.people.change(name, { groups: [...groups, group] }, options);
    });
    this.group.val('');
    await this.list.reload();
  }

  async #export() {
    const names = [...this.#names];
    const parts = Math.ceil(names.length / MOST_EXPORTED);
    const chunks = Array.from({ length: parts }, (_, i) => names.slice(i * MOST_EXPORTED, (i + 1) * MOST_EXPORTED));
    await this.task.run('people.exporting', chunks, async (chunk, { signal }) => {
      const zip = await new Response(await rostro.people.exportAll(chunk, { signal })).blob();
      const url = URL.createObjectURL(zip);
      $('<a>').attr({ href: url, download: 'rostro-people.zip' })[0].click();
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
    });
  }
}
