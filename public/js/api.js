import { Rostro } from '../client/index.js';
import { csrfHeader, forgetSession, goToLogin, SERVER } from './session.js';

/** The server's own time limit for a large photo and its processing. */
const TIMEOUT_MS = 150_000;
const RETRIES = 3;

/**
 * The client for this page's server. Redirects to the login if it is missing or has expired. Errors that the page shows
 * (server unreachable or loading) are not retried silently.
 */
export const rostro = new Rostro({
  url: SERVER,
  timeoutMs: TIMEOUT_MS,
  retries: ({ code }, made) => made < RETRIES && (code === 'busy' || code === 'worker_restarted'),
  headers: (method) => (method === 'GET' ? {} : csrfHeader()),
  onError({ code }) {
    if (code === 'unauthorised') goToLogin();
    if (code === 'bad_csrf_token') forgetSession();
  },
});
