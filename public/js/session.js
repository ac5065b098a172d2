import { Rostro } from '/client/index.js';

/** @import { BrowserSession } from '/client/index.js' */

/** Separate from the client in `api.js`, which calls this module before each change. */
const { session: login } = new Rostro({ headers: (method) => (method === 'DELETE' ? csrfHeader() : {}), retries: 0 });

/** @type {Promise<BrowserSession> | null} */
let known = null;

/** The login of this browser; requested once. @returns {Promise<BrowserSession>} @throws {import('/client/index.js').RostroApiError} */
export function session() {
  known ??= login.get();
  known.catch(forgetSession);
  return known;
}

/** Forgets the token, so that the next change requests it again: another tab's login may have changed it. */
export function forgetSession() {
  known = null;
}

/** The headers of each change from a logged-in browser. @returns {Promise<Record<string, string>>} none without a login */
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

/** Goes to the login page, which returns here. */
export function goToLogin() {
  if (location.pathname !== '/login.html')
    location.assign(`/login.html?back=${encodeURIComponent(location.pathname + location.search)}`);
}

/** The target after a login: always a page of this server. @param {string} search of the login page */
export function pageAfterLogin(search) {
  const back = new URLSearchParams(search).get('back') ?? '/';
  const target = new URL(back, location.origin);
  return target.origin === location.origin && back.startsWith('/') ? target.pathname + target.search : '/';
}
