import $ from '../../vendor/jquery/jquery.module.min.js';
import { rostro } from '../api.js';
import { failureNotice, waitingNotice } from '../notice.js';
import { whenReady } from '../retry.js';
import { GroupFilter } from './group-filter.js';
import { showPagination } from './pagination.js';
import { PersonCard } from './person-card.js';

/**
 * @import { PeoplePage } from '/client/index.js'
 * @import { Translate } from '../i18n.js'
 */

/** A multiple of two, three and four columns. */
const PAGE_SIZE = 48;
const SEARCH_PAUSE_MS = 250;

/** The enrolled people, page by page. */
export class PeopleList {
  #page = 1;
  #search = '';
  /** Number of the last request; older responses are dropped. */
  #request = new AbortController();
  /** @type {PersonCard[]} */
  #cards = [];
  /** A reload is due when no card is being edited. */
  #stale = false;

  /** @param {Translate} t @param {() => void} onErased called when a person or photo was erased */
  constructor(t, onErased) {
    this.t = t;
    this.onErased = onErased;
    this.filter = new GroupFilter(t, () => this.#turnTo(1));
    this.#listenToSearch();
  }

  #listenToSearch() {
    let timer = 0;
    $('#search').on('input', () => {
      clearTimeout(timer);
      timer = window.setTimeout(() => {
        this.#search = String($('#search').val()).trim();
        this.#page = 1;
        void this.reload();
      }, SEARCH_PAUSE_MS);
    });
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
      const { group } = this.filter;
      const query = { search: this.#search, ...(group && { group }), page: this.#page, size: PAGE_SIZE };
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
      await this.filter.reload();
    } catch (error) {
      if (!signal.aborted) this.#showFailure(error);
    }
  }

  /** @param {PeoplePage} answer */
  #show({ people, total }) {
    const pages = Math.max(1, Math.ceil(total / PAGE_SIZE));
    if (this.#page > pages) {
      this.#page = pages;
      void this.reload();
      return;
    }
    const open = new Set(this.#cards.filter(({ open }) => open).map(({ name }) => name));
    this.#cards = people.map((person) => new PersonCard(person, this.t, this));
    for (const card of this.#cards) if (open.has(card.name)) void card.toggle(true);
    $('#people-list')
      .empty()
      .append(this.#cards.map(({ element }) => element));
    $('#people-count').text(total > 0 ? this.t('people.count', { count: total }) : '');
    $('#people-notice')
      .empty()
      .append(total > 0 ? [] : this.#emptyState());
    const onPage = (/** @type {number} */ page) => this.#turnTo(page);
    showPagination($('#people-pages'), { page: this.#page, pages, t: this.t, onPage });
  }

  #emptyState() {
    if (this.filter.group !== '') return $('<p class="empty">').text(this.t('people.noMatchInGroup'));
    if (this.#search !== '') return $('<p class="empty">').text(this.t('people.noMatch', { search: this.#search }));
    return $('<div class="empty">').append(
      $('<img src="img/empty.svg" alt="" width="160" height="120">'),
      $('<p class="empty-title">').text(this.t('people.empty')),
      $('<p>').text(this.t('people.emptyHint')),
    );
  }

  /** @param {unknown} error */
  #showFailure(error) {
    const notice = failureNotice(error, this.t, () => void this.reload());
    $('#people-notice').empty().append(notice);
  }

  /** Called by a card when its person or a photo was erased. */
  erased() {
    $('#people-heading').trigger('focus');
    void this.reload();
    this.onErased();
  }

  /** Called by a card when its person's groups changed. */
  changed() {
    void this.filter.reload().catch(() => {});
  }

  /** Called by a card when its form was closed. */
  editingEnded() {
    if (this.#stale) void this.refresh();
  }

  /** @param {number} page */
  #turnTo(page) {
    this.#page = page;
    $('#people-heading').trigger('focus');
    void this.reload();
  }
}
