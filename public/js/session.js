import { Rostro } from '../client/index.js';
import { forgetSharedPhotos } from './shared-photos.js';

/** @import { BrowserSession } from '/client/index.js' */

/** The URL of the server, which may be below a path. */
export const SERVER = new URL('..', import.meta.url).href;

/** Separate from the client in `api.js`, which calls this module before each change. */
const { session: login } = new Rostro({
  url: SERVER,
  headers: (method) => (method === 'DELETE' ? csrfHeader() : {}),
  retries: 0,
});

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
  await forgetSharedPhotos();
  forgetSession();
}

/** Goes to the login page, which returns here. */
export function goToLogin() {
  const page = new URL('login.html', SERVER);
  if (location.pathname === page.pathname) return;
  page.searchParams.set('back', location.pathname + location.search);
  location.assign(page);
}

/** The target after a login: always a page of this server. @param {string} search of the login page */
export function pageAfterLogin(search) {
  const home = new URL(SERVER);
  const back = new URLSearchParams(search).get('back') ?? '';
  const target = new URL(back, location.origin);
  const isOwn = back.startsWith('/') && target.origin === home.origin && target.pathname.startsWith(home.pathname);
  return isOwn ? target.pathname + target.search : home.pathname;
}
