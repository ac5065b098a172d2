import { constants } from 'node:zlib';
import compression from 'compression';
import type { Request, RequestHandler, Response } from 'express';

/** Bootstrap's style sheet of 232 KB has 27.5 KB in 10 to 20 ms; 33.0 KB with quality 4, and 26.6 KB in 165 ms with 9. */
const BROTLI_QUALITY = 6;

/** Of one response: `pipeline` and the layers of this server listen for its end eleven times; Node warns at eleven. */
const LISTENERS = 20;

/**
 * Compresses text with Brotli or gzip, as the browser takes it. Not `text/event-stream`: an event must not wait for the
 * next one. Not `/session`: its reply has the token that protects changes, and the length of a compressed reply can tell
 * of a secret in it (https://breachattack.com). Not parts of a file (206): their ranges count uncompressed bytes.
 */
export function compressed(): RequestHandler {
  const compress = compression({
    brotli: { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } },
    filter: (request: Request, response: Response) =>
      request.path !== '/session' &&
      response.statusCode !== 206 &&
      !String(response.getHeader('Content-Type')).startsWith('text/event-stream') &&
      compression.filter(request, response),
  });
  return (request, response, next) => {
    response.setMaxListeners(LISTENERS);
    compress(request, response, next);
  };
}
