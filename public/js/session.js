import { Rostro } from '../client/index.js';
import { includesScope, landingPage } from './pages.js';
import { forgetSharedPhotos } from './shared-photos.js';

/**
 * @import { BrowserSession } from '/client/index.js'
 * @import { Scope } from './pages.js'
 */

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

/** What pages may offer: with a key of a group no more than recognising. @param {BrowserSession} login @returns {Scope | null} */
function scopeIn({ scope, group }) {
  return scope !== null && group !== null ? 'recognise' : scope;
}

/** What this browser may do; everything on a server without keys, nothing before the login. @returns {Promise<Scope | null>} */
export async function heldScope() {
  // The server decides in any case: while it does not answer, the pages offer everything.
  return session().then(scopeIn, () => 'admin');
}

/** Whether the page may offer what needs this scope. Elements with `data-needs="SCOPE"` are hidden without it. @param {Scope} needed */
export async function may(needed) {
  return includesScope(await heldScope(), needed);
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
export async function logIn(key) {
  const begun = await login.begin(key);
  forgetSession();
  return begun;
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
  page.searchParams.set('back', location.pathname + location.search + location.hash);
  location.assign(page);
}

/** The target after a login. @param {string} search of the login page @param {BrowserSession} login */
export function pageAfterLogin(search, login) {
  return landingPage(new URLSearchParams(search).get('back') ?? '', SERVER, scopeIn(login));
}
