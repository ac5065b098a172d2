import { timingSafeEqual } from 'node:crypto';
import { Router, type Request, type RequestHandler, type Response } from 'express';
import type { BackOff } from '../access/back-off.js';
import type { Credentials, Gate, Identity } from '../access/gate.js';
import { includesScope, type Scope } from '../access/key.js';
import { RostroError } from '../shared/errors.js';
import { addressOf, asSender, beyondGroup, credentialsOf } from './caller.js';
import { ACCESS, keepsToGroup, type Access } from './access-table.js';
import type { RateLimits } from './rate-limits.js';
import { SAFE_METHODS } from './browser-security.js';

export interface GuardParts {
  readonly gate: Gate;
  readonly limits: RateLimits;
  readonly wrongKeys: BackOff;
}

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** Lets a request through to the routes when the table has its route and its sender may use it. */
export function guarded(routes: Router, parts: GuardParts): RequestHandler {
  const guard = Router();
  for (const [route, access] of Object.entries(ACCESS)) {
    const [method, path] = route.split(' ');
    guard[method.toLowerCase() as Method](
      path,
      identify(parts),
      limit(parts, access),
      allow(route, access),
      asSender,
      routes,
    );
  }
  return guard;
}

/** Who sent the request; null for somebody who showed nothing. */
export function identityOf(response: Response): Identity | null {
  return (response.locals.identity as Identity | undefined) ?? null;
}

/** Who sent a request to a route that is not public. */
export function senderOf(response: Response): Identity {
  return identityOf(response)!;
}

function identify({ gate, wrongKeys }: GuardParts): RequestHandler {
  return async (request, response, next) => {
    try {
      response.locals.identity = await gate.identify(shownBy(request));
    } catch (error) {
      // A public route does not mind a wrong key.
      response.locals.refusal = heldBack(error, wrongKeys, addressOf(request));
    }
    next();
  };
}

/** A route whose path has the key takes it from there. */
function shownBy({ params, headers, secure }: Request): Credentials {
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
      if (group !== null && !keepsToGroup(route)) throw beyondGroup(group);
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
 * Wrong keys are answered more and more slowly. A good key from the same address is let in meanwhile: many may share an
 * address, and nobody guesses 192 bits.
 */
function heldBack(error: unknown, wrongKeys: BackOff, address: string): unknown {
  if (error instanceof RostroError && error.code !== 'unauthorised') return error;
  const waitMs = wrongKeys.waitMs(address);
  if (waitMs > 0) return tooManyTries(waitMs);
  wrongKeys.failed(address);
  return error;
}

export function tooManyTries(waitMs: number): RostroError {
  const retryAfterSeconds = Math.ceil(waitMs / 1000);
  return new RostroError('too_many_requests', `Too many wrong keys; try again in ${retryAfterSeconds} s.`, {
    details: { retryAfterSeconds },
  });
}
