import type { IncomingHttpHeaders } from 'node:http';
import type { RequestHandler } from 'express';
import { RostroError } from '../shared/errors.js';

export const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
/** `none` is a request that no page made, such as a bookmark. */
const OWN_SITES: ReadonlySet<unknown> = new Set(['same-origin', 'none']);

/**
 * Refuses changes that a page of another site makes a visitor's browser send (CSRF). Programs other than browsers send
 * neither header and pass. Source: Fetch Metadata (W3C), `Sec-Fetch-Site`; RFC 6454 for `Origin`.
 * @param allowed origins of other sites that may
 */
export function sameOriginOnly(allowed: readonly string[]): RequestHandler {
  return (request, _response, next) => {
    if (!SAFE_METHODS.has(request.method)) refuseOtherSites(request.headers, request.host, allowed);
    next();
  };
}

/**
 * @param host as the client called this server
 * @throws RostroError `cross_origin`
 */
export function refuseOtherSites(
  { 'sec-fetch-site': site, origin }: IncomingHttpHeaders,
  host: string | undefined,
  allowed: readonly string[],
): void {
  if (isOwnPage(site, origin, host) || (origin !== undefined && allowed.includes(origin))) return;
  throw new RostroError('cross_origin', 'Requests that another site makes a browser send are refused.');
}

function isOwnPage(site: unknown, origin: string | undefined, host: string | undefined): boolean {
  if (site !== undefined) return OWN_SITES.has(site);
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
}
