/**
 * What the list shows. It is in the address, so that it can be shared, and Back returns to it.
 * @typedef {{ search: string, group: string, sort: 'name' | 'newest' | 'photos', initial: string, page: number }} ListState
 */

const ORDERS = /** @type {const} */ (['name', 'newest', 'photos']);

/** @param {string} search of the address @returns {ListState} */
export function readState(search) {
  const given = new URLSearchParams(search);
  const page = Number(given.get('page'));
  return {
    search: (given.get('search') ?? '').slice(0, 100),
    group: given.get('group') ?? '',
    sort: ORDERS.find((order) => order === given.get('sort')) ?? 'name',
    initial: (given.get('initial') ?? '').slice(0, 8),
    page: Number.isInteger(page) && page > 0 ? page : 1,
  };
}

/** @param {ListState} state @returns {string} the query of the address, without what is the default; begins with `?` or is empty */
export function writeState({ search, group, sort, initial, page }) {
  const shown = new URLSearchParams();
  if (search !== '') shown.set('search', search);
  if (group !== '') shown.set('group', group);
  if (sort !== 'name') shown.set('sort', sort);
  if (initial !== '') shown.set('initial', initial);
  if (page > 1) shown.set('page', String(page));
  const text = shown.toString();
  return text === '' ? '' : `?${text}`;
}
