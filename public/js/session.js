import { Rostro } from '/client/index.js';

/** @import { BrowserSession } from '/client/index.js' */

/** Apart from that of `api.js`, whose every change asks who is logged in. */
const { session: login } = new Rostro({ headers: (method) => (method === 'DELETE' ? csrfHeader() : {}), retries: 0 });

/** @type {Promise<BrowserSession> | null} */
let known = null;

/** Who is logged in in this browser; asked for once. @returns {Promise<BrowserSession>} @throws {import('/client/index.js').RostroApiError} */
export function session() {
  known ??= login.get();
  known.catch(forgetSession);
  return known;
}

/** The next change asks for the token again, which another tab's login may have changed. */
export function forgetSession() {
  known = null;
}

/** What every change of a logged-in browser carries. @returns {Promise<Record<string, string>>} none without a login */
export async function csrfHeader() {
  const current = await session().catch(() => null);
  /** @type {Record<string, string>} */
  const header = {};
  if (current?.csrfToken) header['X-Csrf-Token'] = current.csrfToken;
  return header;
}

/** @param {string} key @returns {Promise<BrowserSession>} @throws {import('/client/index.js').RostroApiError} */
export function logIn(key) {
  forgetSession();
  return login.begin(key);
}

/** @throws {import('/client/index.js').RostroApiError} */
export async function logOut() {
  await login.end();
  forgetSession();
}

/** Leaves for the login, which leads back here. */
export function goToLogin() {
  if (location.pathname !== '/login.html')
    location.assign(`/login.html?back=${encodeURIComponent(location.pathname + location.search)}`);
}

/** Where a login leads: a page of this server, whatever the address says. @param {string} search of the login page */
export function pageAfterLogin(search) {
  const back = new URLSearchParams(search).get('back') ?? '/';
  const target = new URL(back, location.origin);
  return target.origin === location.origin && back.startsWith('/') ? target.pathname + target.search : '/';
}
