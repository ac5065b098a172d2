import { ApiError } from './api-error.js';

/** @import { BrowserSession } from './api-types.js' */

/** @type {Promise<BrowserSession> | null} */
let known = null;

/** Who is logged in in this browser; asked for once. @returns {Promise<BrowserSession>} @throws {ApiError} */
export function session() {
  known ??= request('GET');
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

/** @param {string} key @returns {Promise<BrowserSession>} @throws {ApiError} */
export function logIn(key) {
  forgetSession();
  return request('POST', { body: JSON.stringify({ key }), headers: { 'Content-Type': 'application/json' } });
}

/** @throws {ApiError} */
export async function logOut() {
  await request('DELETE', { headers: await csrfHeader() });
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

/** @param {string} method @param {RequestInit} [options] */
async function request(method, { headers, ...options } = {}) {
  const reply = await fetch('/session', {
    method,
    ...options,
    headers: { Accept: 'application/json', ...headers },
  }).catch(() => {
    throw ApiError.offline();
  });
  const body = await reply.json().catch(() => null);
  if (reply.ok && body !== null) return body;
  throw ApiError.fromReply(reply.status, body);
}
