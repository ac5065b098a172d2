import $ from '../../vendor/jquery/jquery.module.min.js';

/** The cards of the page: one tab stop, moved through with arrow keys. */

/** Arrow keys move, Delete erases; of a stranger, Enter goes to the name, N says that it is not a face. @param {JQuery.TriggeredEvent} event */
export function onKey(event) {
  if (event.target !== event.currentTarget) return;
  const card = $(event.currentTarget);
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns(card), ArrowUp: -columns(card) }[String(event.key)];
  if (event.key === 'Delete') card.children('button').trigger('click');
  else if (event.key === 'Enter' && card.is('.stranger')) card.find('.stranger-name input').trigger('focus');
  else if (String(event.key).toLowerCase() === 'n' && card.is('.stranger'))
    card.find('.stranger-no-face').trigger('click');
  else if (step !== undefined) focusOn(neighbour(card, step));
  else return;
  event.preventDefault();
}

/** Cards in a row of the grid. @param {JQuery} card */
function columns(card) {
  const cards = card.parent().children().toArray();
  const top = cards[0].offsetTop;
  return cards.filter((one) => one.offsetTop === top).length;
}

/** @param {JQuery} card @param {number} step */
function neighbour(card, step) {
  const cards = $('.sighting').toArray();
  return cards.at(Math.min(Math.max(cards.indexOf(card[0]) + step, 0), cards.length - 1)) ?? null;
}

/** @param {HTMLElement | null} card */
export function focusOn(card) {
  makeCurrent(card ?? undefined);
  $(card ?? []).trigger('focus');
}

/** The cards are one tab stop; only what is in the current one can be reached from there. @param {HTMLElement} [card] */
export function makeCurrent(card) {
  const inside = 'button, input, summary';
  $('.sighting')
    .not(card ?? [])
    .attr('tabindex', -1)
    .find(inside)
    .attr('tabindex', -1);
  $(card ?? [])
    .attr('tabindex', 0)
    .find(inside)
    .attr('tabindex', 0);
}

/** Removes a card, and its section if it was the last. @param {string} id */
export function removeCard(id) {
  const card = $(`.sighting[data-id="${id}"]`);
  const cards = $('.sighting').toArray();
  const at = cards.indexOf(card[0]);
  focusOn(cards[at + 1] ?? cards[at - 1] ?? null);
  if (card.siblings().length === 0) card.closest('.seen-day').remove();
  else card.remove();
}
