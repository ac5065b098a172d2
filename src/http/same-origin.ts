import type { IncomingHttpHeaders } from 'node:http';
import type { RequestHandler } from 'express';
import { RostroError } from '../errors.js';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);
/** `none` is a request that no page made, such as a bookmark. */
const OWN_SITES: ReadonlySet<unknown> = new Set(['same-origin', 'none']);

/**
 * Refuses changes that a page of another site makes a visitor's browser send (CSRF). Programs other than browsers send
 * neither header and pass. Source: Fetch Metadata (W3C), `Sec-Fetch-Site`; RFC 6454 for `Origin`.
 */
export const sameOriginOnly: RequestHandler = (request, _response, next) => {
  if (!SAFE_METHODS.has(request.method)) refuseOtherSites(request.headers);
  next();
};

/** @throws RostroError `cross_origin` */
export function refuseOtherSites(headers: IncomingHttpHeaders): void {
  if (isOwn(headers)) return;
  throw new RostroError('cross_origin', 'Requests that another site makes a browser send are refused.');
}

function isOwn({ 'sec-fetch-site': site, origin, host }: IncomingHttpHeaders): boolean {
  if (site !== undefined) return OWN_SITES.has(site);
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
}
