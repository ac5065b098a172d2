import { timingSafeEqual } from 'node:crypto';
import { type Request, type RequestHandler, type Response, Router } from 'express';
import { rateLimit } from 'express-rate-limit';
import type { BackOff } from '../access/back-off.js';
import type { Credentials, Gate, Identity } from '../access/gate.js';
import { includesScope, type Scope } from '../access/key.js';
import { RostroError } from '../shared/errors.js';
import { type Access, type AccessTable, allowsGroupKeys } from './access-table.js';
import { SAFE_METHODS } from './browser-security.js';
import { addressOf, runAsSender, outsideGroup, credentialsOf, identityOf, senderOf } from './caller.js';

const WINDOW_MS = 60_000;

export interface RateLimits {
  readonly all: RequestHandler;
  /** Requests that change data. */
  readonly changes: RequestHandler;
}

/** @param perMinute requests of one key, or of one address without a key; 0 is no limit */
export function rateLimits(perMinute: { readonly all: number; readonly changes: number }): RateLimits {
  return { all: limiter(perMinute.all, 'requests'), changes: limiter(perMinute.changes, 'changes') };
}

function limiter(limit: number, identifier: string): RequestHandler {
  if (limit === 0) return (_request, _response, next) => next();
  return rateLimit({
    windowMs: WINDOW_MS,
    limit,
    identifier,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    keyGenerator: (request, response) => identityOf(response)?.key?.id ?? addressOf(request),
    handler(_request, response, next) {
      const retryAfterSeconds = Number(response.get('Retry-After') ?? 1);
      next(
        new RostroError('too_many_requests', `More than ${limit} ${identifier} a minute; slow down.`, {
          details: { retryAfterSeconds },
        }),
      );
    },
    // Headers of untrusted proxies are ignored; a warning on the console would be noise.
    validate: { xForwardedForHeader: false, forwardedHeader: false },
  });
}

export interface GuardParts {
  readonly gate: Gate;
  readonly limits: RateLimits;
  readonly wrongKeys: BackOff;
  /** The routes of the core and of the plugins. */
  readonly access: AccessTable;
}

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** Passes a request to the routes if the access table has its route and its sender has the scope. */
export function guarded(routes: Router, parts: GuardParts): RequestHandler {
  const guard = Router();
  for (const [route, access] of Object.entries(parts.access)) {
    const [method, path] = route.split(' ');
    guard[method.toLowerCase() as Method](
      path,
      identify(parts),
      limit(parts, access),
      allow(route, access),
      runAsSender,
      routes,
    );
  }
  return guard;
}

function identify({ gate, wrongKeys }: GuardParts): RequestHandler {
  return async (request, response, next) => {
    try {
      response.locals.identity = await gate.identify(credentialsIn(request));
    } catch (error) {
      // Public routes ignore a wrong key.
      response.locals.refusal = delayedRefusal(error, wrongKeys, addressOf(request));
    }
    next();
  };
}

/** The key in the path, if the route has one there. */
function credentialsIn({ params, headers, secure }: Request): Credentials {
  const { key, session } = credentialsOf(headers, secure);
  return { key: typeof params.apiKey === 'string' ? params.apiKey : key, session };
}

function limit({ limits }: GuardParts, access: Access): RequestHandler {
  return (request, response, next) => {
    const isChange = access !== 'recognise' && access !== 'public' && !SAFE_METHODS.has(request.method);
    (isChange ? limits.changes : limits.all)(request, response, next);
  };
}

function allow(route: string, access: Access): RequestHandler {
  return (request, response, next) => {
    if (access !== 'public') {
      requireScope(access, request, response);
      const { group } = senderOf(response);
      if (group !== null && !allowsGroupKeys(route)) throw outsideGroup(group);
    }
    next();
  };
}

/** @throws RostroError `unauthorised`, `forbidden`, `bad_csrf_token`, `too_many_requests` */
function requireScope(scope: Scope, request: Request, response: Response): void {
  if (response.locals.refusal !== undefined) throw response.locals.refusal as Error;
  const identity = identityOf(response);
  checkScope(identity, scope);
  requireCsrfToken(identity, request);
}

/** @throws RostroError `unauthorised`, `forbidden` */
export function checkScope(identity: Identity | null, scope: Scope): asserts identity is Identity {
  if (identity === null) {
    throw new RostroError('unauthorised', 'This needs an access key, or a login in the browser.');
  }
  if (!includesScope(identity.scope, scope)) {
    throw new RostroError('forbidden', `This needs a key of the scope "${scope}"; yours has "${identity.scope}".`);
  }
}

/** @throws RostroError `bad_csrf_token` */
export function requireCsrfToken({ session }: Identity, request: Request): void {
  if (session === null || SAFE_METHODS.has(request.method)) return;
  const [given, own] = [request.get('x-csrf-token') ?? '', session.csrfToken].map((text) => Buffer.from(text));
  if (given.length === own.length && timingSafeEqual(given, own)) return;
  throw new RostroError('bad_csrf_token', 'The request lacks the token of this login; load the page again.');
}

/**
 * Wrong keys of one address are refused for longer with each failure. A valid key from the same address still works:
 * many clients may share an address, and 192 bits cannot be guessed.
 */
function delayedRefusal(error: unknown, wrongKeys: BackOff, address: string): unknown {
  if (error instanceof RostroError && error.code !== 'unauthorised') return error;
  const waitMs = wrongKeys.waitMs(address);
  if (waitMs > 0) return tooManyAttempts(waitMs);
  wrongKeys.failed(address);
  return error;
}

export function tooManyAttempts(waitMs: number): RostroError {
  const retryAfterSeconds = Math.ceil(waitMs / 1000);
  return new RostroError('too_many_requests', `Too many wrong keys; try again in ${retryAfterSeconds} s.`, {
    details: { retryAfterSeconds },
  });
}
