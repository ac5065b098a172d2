import $ from '../../vendor/jquery/jquery.module.min.js';
import { rostro } from '../api.js';
import { failureNotice, waitingNotice } from '../notice.js';
import { whenReady } from '../retry.js';
import { mountRoving } from '../roving.js';
import { GroupFilter } from './group-filter.js';
import { Letters } from './letters.js';
import { readState, writeState } from './list-state.js';
import { showPagination } from './pagination.js';
import { PersonCard } from './person-card.js';

/**
 * @import { PeoplePage } from '/client/index.js'
 * @import { Translate } from '../i18n.js'
 * @import { ListState } from './list-state.js'
 * @import { Selection } from './selection.js'
 */

/** A multiple of two, three and four columns. */
const PAGE_SIZE = 48;
const SEARCH_PAUSE_MS = 250;

/** The enrolled people, page by page. */
export class PeopleList {
  #state = readState(location.search);
  /** Number of the last request; older responses are dropped. */
  #request = new AbortController();
  /** @type {PersonCard[]} */
  #cards = [];
  /** A reload is due when no card is being edited. */
  #stale = false;
  #total = 0;
  /** @type {Selection | null} */
  #selection = null;
  #rove = mountRoving($('#people-list')[0], '.person-main');

  /** @param {Translate} t @param {() => void} onErased called when a person was erased */
  constructor(t, onErased) {
    this.t = t;
    this.onErased = onErased;
    this.filter = new GroupFilter(t, (group) => this.#turnTo({ group, page: 1 }));
    this.letters = new Letters(t, (initial) => this.#turnTo({ initial, page: 1 }));
    $('#sort').on('change', () => {
      this.#turnTo({ sort: /** @type {ListState['sort']} */ ($('#sort').val()), page: 1 });
    });
    $('#select').on('click', () => void this.#startSelecting());
    this.#listenToSearch();
    addEventListener('popstate', () => {
      this.#state = readState(location.search);
      this.#showState();
      void this.reload();
    });
    this.#showState();
  }

  #listenToSearch() {
    let timer = 0;
    $('#search').on('input', () => {
      clearTimeout(timer);
      timer = window.setTimeout(() => {
        Object.assign(this.#state, { search: String($('#search').val()).trim(), page: 1 });
        history.replaceState(null, '', location.pathname + writeState(this.#state));
        void this.reload();
      }, SEARCH_PAUSE_MS);
    });
  }

  #showState() {
    const { search, sort } = this.#state;
    if (String($('#search').val()).trim() !== search) $('#search').val(search);
    $('#sort').val(sort);
  }

  /** What all people who match have in common, as `rostro.people.all` takes it. */
  get query() {
    const { search, group, initial, sort } = this.#state;
    return { search, sort, ...(group && { group }), ...(initial && { initial }) };
  }

  get total() {
    return this.#total;
  }

  /** Like `reload`, but waits while a card is being edited. */
  async refresh() {
    this.#stale = this.#cards.some(({ editing }) => editing);
    if (!this.#stale) await this.reload();
  }

  /** Requests the current page again. */
  async reload() {
    this.#request.abort();
    const { signal } = (this.#request = new AbortController());
    $('#people').prop('hidden', false);
    try {
      const query = { ...this.query, page: this.#state.page, size: PAGE_SIZE };
      const answer = await whenReady(
        () => rostro.people.list({ ...query, signal }),
        (waiting) =>
          waiting &&
          $('#people-notice')
            .empty()
            .append(waitingNotice(this.t('error.not_ready'))),
      );
      if (signal.aborted) return;
      this.#show(answer);
      if (!(await this.filter.reload(this.#state.group))) this.#turnTo({ group: '', page: 1 });
    } catch (error) {
      if (!signal.aborted) this.#showFailure(error);
    }
  }

  /** @param {PeoplePage} answer */
  #show({ people, total, initials }) {
    const pages = Math.max(1, Math.ceil(total / PAGE_SIZE));
    if (this.#state.page > pages) {
      this.#turnTo({ page: pages });
      return;
    }
    this.#total = total;
    this.#cards = people.map((person) => new PersonCard(person, this.t, this));
    $('#people-list')
      .empty()
      .append(this.#cards.map(({ element }) => element));
    this.#showSelection();
    requestAnimationFrame(() => setTimeout(() => this.#cards.forEach((card) => card.showActions())));
    $('#people-count').text(total > 0 ? this.t('people.count', { count: total }) : '');
    $('#people-tools').prop('hidden', total === 0);
    $('#people-notice')
      .empty()
      .append(total > 0 ? [] : this.#emptyState());
    this.letters.show(initials, this.#state.initial, pages > 1);
    const onPage = (/** @type {number} */ page) => this.#turnTo({ page });
    showPagination($('#people-pages'), { page: this.#state.page, pages, t: this.t, onPage });
    this.onShown?.(total > 0 || writeState(this.#state) !== '');
    this.#rove();
  }

  /** Called with whether anyone is enrolled, as far as the page knows. @type {((isPopulated: boolean) => void) | undefined} */
  onShown;

  #emptyState() {
    const { group, search } = this.#state;
    if (group !== '') return $('<p class="empty">').text(this.t('people.noMatchInGroup'));
    if (search !== '') return $('<p class="empty">').text(this.t('people.noMatch', { search }));
    return $('<div class="empty">').append(
      $('<img src="img/empty.svg" alt="" width="160" height="120">'),
      $('<p class="empty-title">').text(this.t('people.empty')),
      $('<p>').text(this.t('people.emptyHint')),
    );
  }

  async #startSelecting() {
    const { Selection } = await import('./selection.js');
    this.#selection ??= new Selection(this.t, this);
    this.#selection.start();
  }

  /** Shows which cards are selected. */
  #showSelection() {
    if (this.#selection === null) return;
    for (const card of this.#cards) card.showSelection(this.#selection);
  }

  /** Called when the selection or its mode has changed. */
  selectionChanged() {
    this.#showSelection();
    this.#rove();
  }

  /** @param {unknown} error */
  #showFailure(error) {
    const notice = failureNotice(error, this.t, () => void this.reload());
    $('#people-notice').empty().append(notice);
  }

  /** Called when people were erased. */
  erased() {
    $('#people-heading').trigger('focus');
    void this.reload();
    this.onErased();
  }

  /** Called by a card when its person's groups changed. */
  changed() {
    void this.filter.reload(this.#state.group).catch(() => {});
  }

  /** Called by a card when its form was closed. */
  editingEnded() {
    if (this.#stale) void this.refresh();
  }

  /** Shows other people, and remembers those before in the history of the browser. @param {Partial<ListState>} change */
  #turnTo(change) {
    Object.assign(this.#state, change);
    history.pushState(null, '', location.pathname + writeState(this.#state));
    if (change.page !== undefined && Object.keys(change).length === 1) $('#people-heading').trigger('focus');
    void this.reload();
  }
}
