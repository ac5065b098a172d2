import { Rostro } from '/client/index.js';
import { csrfHeader, forgetSession, goToLogin } from './session.js';

/** As long as the server waits for a large photo, and for what it does with it. */
const TIMEOUT_MS = 150_000;
const RETRIES = 3;

/**
 * The server of this page. It leads to the login where that is missing, or where it has ended. What the reader is told of
 * (a server that is away, or still loading) is not tried again in silence.
 */
export const rostro = new Rostro({
  timeoutMs: TIMEOUT_MS,
  retries: ({ code }, made) => made < RETRIES && (code === 'busy' || code === 'worker_restarted'),
  headers: (method) => (method === 'GET' ? {} : csrfHeader()),
  onError({ code }) {
    if (code === 'unauthorised') goToLogin();
    if (code === 'bad_csrf_token') forgetSession();
  },
});
