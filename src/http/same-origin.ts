import type { RequestHandler } from 'express';
import { RostroError } from '../errors.js';

export const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
/** `none` is a request that no page made, such as a bookmark. */
const OWN_SITES = new Set(['same-origin', 'none']);

/**
 * Refuses changes that a page of another site makes a visitor's browser send (CSRF). Programs other than browsers send
 * neither header and pass. Source: Fetch Metadata (W3C), `Sec-Fetch-Site`; RFC 6454 for `Origin`.
 * @param allowed origins of other sites that may
 */
export function sameOriginOnly(allowed: readonly string[]): RequestHandler {
  return (request, _response, next) => {
    const origin = request.get('origin');
    const isOwn = isOwnPage(request.get('sec-fetch-site'), origin, request.host);
    if (SAFE_METHODS.has(request.method) || isOwn || (origin !== undefined && allowed.includes(origin))) return next();
    next(new RostroError('cross_origin', 'Requests that another site makes a browser send are refused.'));
  };
}

function isOwnPage(site: string | undefined, origin: string | undefined, host: string | undefined): boolean {
  if (site !== undefined) return OWN_SITES.has(site);
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
}
