import { setMaxListeners } from 'node:events';
import type { Response } from 'express';
import { RostroError } from '../errors.js';

/**
 * Aborted as soon as nobody waits for the answer any more: the client has gone, or the deadline is over. Its reason is a
 * RostroError `client_gone` or `deadline_exceeded`.
 * @param deadlineMs from now on, when the request has been read
 */
export function requestSignal(response: Response, deadlineMs: number): AbortSignal {
  const controller = new AbortController();
  // Every photo of the request listens to it.
  setMaxListeners(0, controller.signal);
  const stop = (error: RostroError) => controller.abort(error);
  const timer = setTimeout(() => {
    const seconds = Number((deadlineMs / 1000).toPrecision(3));
    stop(new RostroError('deadline_exceeded', `The server could not answer within ${seconds} s; try again later.`));
  }, deadlineMs);
  response.once('close', () => {
    clearTimeout(timer);
    if (!response.writableFinished) stop(new RostroError('client_gone', 'The client closed the connection.'));
  });
  if (response.destroyed) stop(new RostroError('client_gone', 'The client closed the connection.'));
  return controller.signal;
}
