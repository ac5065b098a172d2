import cors from 'cors';
import { type Request, type RequestHandler, Router } from 'express';
import helmet from 'helmet';
import type { Gate } from '../access/gate.js';
import { RostroError } from '../shared/errors.js';

const DIRECTIVES = {
  defaultSrc: ["'self'"],
  imgSrc: ["'self'", 'data:', 'blob:'],
  mediaSrc: ["'self'", 'blob:'],
  objectSrc: ["'none'"],
  baseUri: ["'self'"],
  formAction: ["'self'"],
  frameAncestors: ["'none'"],
};

const DAY_SECONDS = 24 * 60 * 60;

/**
 * Allows scripts and styles of this server only, none inline, and the camera for its own pages only, also in a frame of a page
 * that passes it on.
 * @param hstsDays how long browsers must use HTTPS; 0 by default, because HSTS holds for all ports of the host name, and
 *   because a browser with HSTS accepts no exception for a self-signed certificate
 * @param frameAncestors origins whose pages may show those of this server in a frame
 */
export function securityHeaders({ hstsDays, frameAncestors }: HeaderPolicy): RequestHandler[] {
  const mayBeFramed = frameAncestors.length > 0;
  const directives = mayBeFramed ? { ...DIRECTIVES, frameAncestors: ["'self'", ...frameAncestors] } : DIRECTIVES;
  return [
    helmet({
      contentSecurityPolicy: { useDefaults: false, directives },
      strictTransportSecurity: false,
      // It cannot name other origins.
      xFrameOptions: !mayBeFramed,
    }),
    (request, response, next) => {
      if (hstsDays > 0 && request.secure) {
        response.set('Strict-Transport-Security', `max-age=${hstsDays * DAY_SECONDS}`);
      }
      response.set('Permissions-Policy', 'camera=(self), microphone=(), geolocation=()');
      next();
    },
    Router().use('/docs', referencePolicy(directives)),
  ];
}

interface HeaderPolicy {
  readonly hstsDays: number;
  readonly frameAncestors: readonly string[];
}

/** The API reference may use inline styles: Scalar inserts its own. */
const referencePolicy = (directives: typeof DIRECTIVES): RequestHandler =>
  helmet.contentSecurityPolicy({
    useDefaults: false,
    directives: { ...directives, scriptSrc: ["'self'"], styleSrc: ["'self'", "'unsafe-inline'"] },
  });

export const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
/** `none`: not started by a page, for example by a bookmark. */
const OWN_SITE_VALUES: ReadonlySet<unknown> = new Set(['same-origin', 'none']);

/**
 * Refuses changes that a page of another site makes a browser send (CSRF). Programs other than browsers send neither
 * header and pass. Source: Fetch Metadata (W3C), `Sec-Fetch-Site`; RFC 6454 for `Origin`.
 * @param allowed origins of other sites that may send changes
 */
export function sameOriginOnly(allowed: readonly string[]): RequestHandler {
  return (request, _response, next) => {
    if (!SAFE_METHODS.has(request.method)) refuseOtherSites(request, allowed);
    next();
  };
}

/** @throws RostroError `cross_origin` */
export function refuseOtherSites(request: Request, allowed: readonly string[]): void {
  const { 'sec-fetch-site': site, origin } = request.headers;
  if (site !== undefined ? OWN_SITE_VALUES.has(site) : origin === undefined) return;
  if (origin !== undefined && allowed.includes(origin)) return;
  const host = calledHost(request);
  const page = site === undefined && origin !== undefined && URL.canParse(origin) ? new URL(origin) : null;
  const called = page && URL.canParse(`${page.protocol}//${host}`) ? new URL(`${page.protocol}//${host}`) : null;
  if (page && called && called.host === page.host) return;
  const message =
    called && called.hostname === page?.hostname
      ? `The page is at ${page.host}, and a proxy calls this server ${host}: let it pass on the header Host with the port (nginx: proxy_set_header Host $http_host).`
      : 'Requests that another site makes a browser send are refused.';
  throw new RostroError('cross_origin', message);
}

/** `Host`, or what a trusted proxy says: `X-Forwarded-Host`, and `X-Forwarded-Port` for a host without a port. */
function calledHost(request: Request): string {
  const host = (request.host as string | undefined) ?? '';
  const port = /^\d+/.exec(request.get('x-forwarded-port') ?? '')?.[0];
  const isProxy = request.app.get('trust proxy fn') as (address: string, hop: number) => boolean;
  if (port === undefined || /:\d+$/.test(host) || !isProxy(request.socket.remoteAddress ?? '', 0)) return host;
  return `${host}:${port}`;
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

/**
 * While no key is needed, accepts requests to localhost only. A site can let its own name resolve to 127.0.0.1 (DNS
 * rebinding); the browser then treats this server as that site, and only the `Host` header shows it.
 */
export function ownHostOnly(gate: Gate): RequestHandler {
  return async ({ headers: { host } }, _response, next) => {
    await refuseForeignHost(gate, host);
    next();
  };
}

/** @throws RostroError `bad_host` */
export async function refuseForeignHost(gate: Gate, host: string | undefined): Promise<void> {
  if (host === undefined || LOOPBACK.test(host) || !(await gate.isOpen())) return;
  throw new RostroError(
    'bad_host',
    `This server is open to its own machine only, as localhost, and was called ${host}. Make an access key, or start it with --open.`,
  );
}

/** Lets pages of these origins call this server with a key; session cookies are not accepted from them. */
export function crossOrigin(origins: readonly string[]): RequestHandler {
  return cors({
    origin: [...origins],
    credentials: false,
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: ['Content-Type', 'Authorization', 'X-Api-Key', 'Last-Event-ID'],
    exposedHeaders: ['X-Request-Id', 'Retry-After', 'RateLimit', 'RateLimit-Policy'],
    maxAge: 600,
  });
}
