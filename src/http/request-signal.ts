import { setMaxListeners } from 'node:events';
import type { Response } from 'express';
import { RostroError } from '../shared/errors.js';

/**
 * Aborted when the client has gone or the deadline is over; the reason is a RostroError `client_gone` or
 * `deadline_exceeded`.
 * @param deadlineMs from now on
 */
export function requestSignal(response: Response, deadlineMs: number): AbortSignal {
  const controller = new AbortController();
  // Every photo of the request adds a listener.
  setMaxListeners(0, controller.signal);
  const stop = (error: RostroError) => controller.abort(error);
  const timer = setTimeout(() => stop(deadlineExceeded(deadlineMs)), deadlineMs);
  response.once('close', () => {
    clearTimeout(timer);
    if (!response.writableFinished) stop(clientGone());
  });
  if (response.destroyed) stop(clientGone());
  return controller.signal;
}

export function deadlineExceeded(deadlineMs: number): RostroError {
  const seconds = Number((deadlineMs / 1000).toPrecision(3));
  return new RostroError('deadline_exceeded', `The server could not answer within ${seconds} s; try again later.`);
}

export function clientGone(): RostroError {
  return new RostroError('client_gone', 'The client closed the connection.');
}
