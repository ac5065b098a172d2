/**
 * Makes many elements one tab stop: arrow keys, Home and End move the focus among them. The element that had the focus last,
 * or else the first, can be reached with Tab.
 * @param {HTMLElement} container
 * @param {string} selector of the elements; those that are not visible are passed over
 * @returns {() => void} call it after the elements have changed
 */
export function mountRoving(container, selector) {
  const all = () => /** @type {HTMLElement[]} */ ([...container.querySelectorAll(selector)]);
  const reachable = () => all().filter(isVisible);
  /** @param {HTMLElement | undefined} current */
  const show = (current) => {
    for (const element of all()) element.tabIndex = element === current ? 0 : -1;
  };
  container.addEventListener('focusin', ({ target }) => {
    const element = /** @type {HTMLElement} */ (target);
    if (element.matches(selector)) show(element);
  });
  container.addEventListener('keydown', (event) => {
    const from = /** @type {HTMLElement} */ (event.target);
    if (!from.matches(selector) || event.altKey || event.ctrlKey || event.metaKey) return;
    const elements = reachable();
    const to = elements[target(event.key, elements, elements.indexOf(from))];
    if (to === undefined) return;
    event.preventDefault();
    to.focus();
  });
  return () => {
    // Lazily: the first question about an element lays out the whole list.
    const elements = all();
    show(elements.find((element) => element.tabIndex === 0 && isVisible(element)) ?? elements.find(isVisible));
  };
}

/** @param {HTMLElement} element */
const isVisible = (element) => element.getClientRects().length > 0;

/** @param {string} key @param {HTMLElement[]} elements @param {number} index @returns {number} -1: the focus stays */
function target(key, elements, index) {
  const last = elements.length - 1;
  const within = (/** @type {number} */ wanted) => Math.min(Math.max(wanted, 0), last);
  switch (key) {
    case 'ArrowRight':
      return within(index + 1);
    case 'ArrowLeft':
      return within(index - 1);
    case 'ArrowDown':
      return within(index + columns(elements));
    case 'ArrowUp':
      return within(index - columns(elements));
    case 'Home':
      return 0;
    case 'End':
      return last;
    default:
      return -1;
  }
}

/** Elements in the first row. @param {HTMLElement[]} elements */
function columns(elements) {
  const top = elements[0].getBoundingClientRect().top;
  const next = elements.findIndex((element) => element.getBoundingClientRect().top > top + 1);
  return next === -1 ? elements.length : next;
}
