import $ from '../../vendor/jquery/jquery.module.min.js';

/** @import { Translate } from '../i18n.js' */

/**
 * The pages with a button: the first, the last, the current one and its neighbours; 0 stands for a gap.
 * @param {number} page from 1
 * @param {number} pages
 * @returns {number[]}
 */
export function pageNumbers(page, pages) {
  const wanted = new Set([1, page - 1, page, page + 1, pages].filter((number) => number >= 1 && number <= pages));
  /** @type {number[]} */
  const numbers = [];
  for (const number of [...wanted].sort((a, b) => a - b)) {
    const last = numbers.at(-1) ?? 0;
    if (number === last + 2) numbers.push(last + 1);
    else if (number > last + 2) numbers.push(0);
    numbers.push(number);
  }
  return numbers;
}

/**
 * @param {JQuery} place
 * @param {{ page: number, pages: number, t: Translate, onPage: (page: number) => void }} options
 */
export function showPagination(place, { page, pages, t, onPage }) {
  place.empty();
  if (pages <= 1) return;
  const items = pageNumbers(page, pages).map((number) =>
    number === 0
      ? $('<li class="page-item disabled" aria-hidden="true">').append($('<span class="page-link">').text('…'))
      : $('<li class="page-item">')
          .toggleClass('active', number === page)
          .append(pageButton(number, number === page, t, onPage)),
  );
  place.append($('<ul class="pagination">').append(items));
}

/** @param {number} number @param {boolean} current @param {Translate} t @param {(page: number) => void} onPage */
function pageButton(number, current, t, onPage) {
  return $('<button type="button" class="page-link">')
    .attr({ 'aria-label': t('people.page', { number }), 'aria-current': current ? 'page' : null })
    .text(number)
    .on('click', () => onPage(number));
}
