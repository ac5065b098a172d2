/**
 * The page of the help that the `?` of each page opens. The server sends the help itself, so it needs no Internet; for a
 * page that it does not have, it shows the list of all.
 * @type {Readonly<Record<string, string>>}
 */
export const HELP_PAGES = {
  people: 'people-and-privacy',
  person: 'people-and-privacy',
  live: 'getting-started',
  verify: 'challenges',
  seen: 'history',
  attendance: 'attendance',
  cameras: 'cameras',
  compare: 'http-api',
  calibration: 'accuracy-and-thresholds',
  server: 'settings',
  login: 'security',
};

/** @param {string} page @returns {string} relative to the pages */
export function helpUrl(page) {
  return Object.hasOwn(HELP_PAGES, page) ? `help/${HELP_PAGES[page]}.html` : 'help/';
}
