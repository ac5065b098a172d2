/**
 * @typedef {'recognise' | 'enrol' | 'admin'} Scope
 * @typedef {'people' | 'live' | 'verify' | 'seen' | 'attendance' | 'cameras' | 'compare' | 'calibration' | 'server'} PageName
 */

/** Each includes those before it. @type {readonly Scope[]} */
const SCOPES = ['recognise', 'enrol', 'admin'];

/** @param {Scope | null} held @param {Scope} needed */
export function includesScope(held, needed) {
  return held !== null && SCOPES.indexOf(held) >= SCOPES.indexOf(needed);
}

/** The pages of the navigation, and the scope that their requests need. @type {Record<PageName, { href: string, needs: Scope }>} */
export const PAGES = {
  people: { href: './', needs: 'enrol' },
  live: { href: 'live.html', needs: 'recognise' },
  verify: { href: 'verify.html', needs: 'recognise' },
  seen: { href: 'seen.html', needs: 'admin' },
  attendance: { href: 'attendance.html', needs: 'enrol' },
  cameras: { href: 'cameras.html', needs: 'enrol' },
  compare: { href: 'compare.html', needs: 'recognise' },
  calibration: { href: 'calibration.html', needs: 'admin' },
  server: { href: 'server.html', needs: 'admin' },
};

/**
 * Where a login leads: to a page of this server that the key may use, else to Live.
 * @param {string} back path, query and hash; empty for the first page
 * @param {string} server URL of the server
 * @param {Scope | null} scope
 */
export function landingPage(back, server, scope) {
  const home = new URL(server);
  const target = new URL(back, home.origin);
  const isOwn = back.startsWith('/') && target.origin === home.origin && target.pathname.startsWith(home.pathname);
  const path = isOwn ? target.pathname.replace(/index\.html$/, '') : home.pathname;
  const page = Object.values(PAGES).find(({ href }) => new URL(href, home).pathname === path);
  if (page && !includesScope(scope, page.needs)) return new URL(PAGES.live.href, home).pathname;
  return isOwn ? target.pathname + target.search + target.hash : home.pathname;
}
