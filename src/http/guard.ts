import { timingSafeEqual } from 'node:crypto';
import { type Request, type RequestHandler, type Response, Router } from 'express';
import { MemoryStore, rateLimit } from 'express-rate-limit';
import type { BackOff } from '../access/back-off.js';
import type { Credentials, Gate, Identity } from '../access/gate.js';
import { includesScope, type Scope } from '../access/key.js';
import { RostroError } from '../shared/errors.js';
import { type Access, type AccessTable, allowsGroupKeys, isPersonalRead, KEY_CHECK } from './access-table.js';
import { SAFE_METHODS } from './browser-security.js';
import { addressOf, holderOf, runAsSender, outsideGroup, credentialsOf, identityOf, senderOf } from './caller.js';
import { publicPathOf } from './public-path.js';
import { type Refusals, shownKey } from './request-log.js';

const WINDOW_MS = 60_000;

export interface RateLimits {
  readonly all: RequestHandler;
  /** Requests that change data. */
  readonly changes: RequestHandler;
  /**
   * Counts a frame of a live connection among `all`.
   * @param holder see {@link holderOf}
   * @throws RostroError `too_many_requests`
   */
  readonly count: (holder: string) => Promise<void>;
}

/** @param perMinute requests of one key, or of one address without a key; 0 is no limit */
export function rateLimits(perMinute: { readonly all: number; readonly changes: number }): RateLimits {
  const store = new MemoryStore();
  const all = limiter(perMinute.all, 'requests', store);
  const count = async (holder: string) => {
    if (perMinute.all === 0) return;
    const { totalHits, resetTime } = await store.increment(holder);
    const retryAfterSeconds = Math.ceil(((resetTime?.getTime() ?? 0) - Date.now()) / 1000);
    if (totalHits > perMinute.all) throw tooManyRequests(perMinute.all, 'requests', Math.max(1, retryAfterSeconds));
  };
  return { all, changes: limiter(perMinute.changes, 'changes', new MemoryStore()), count };
}

function tooManyRequests(limit: number, what: string, retryAfterSeconds: number): RostroError {
  return new RostroError('too_many_requests', `More than ${limit} ${what} a minute; slow down.`, {
    details: { retryAfterSeconds },
  });
}

function limiter(limit: number, identifier: string, store: MemoryStore): RequestHandler {
  if (limit === 0) return (_request, _response, next) => next();
  return rateLimit({
    windowMs: WINDOW_MS,
    limit,
    identifier,
    store,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    keyGenerator: holderOf,
    handler(_request, response, next) {
      const retryAfterSeconds = Number(response.get('Retry-After') ?? 1);
      next(tooManyRequests(limit, identifier, retryAfterSeconds));
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
  readonly refusals: Refusals;
  /** Records that data of people are read. */
  readonly onRead: (route: string, request: Request) => void;
}

/** Not limited: a supervisor at the address of an attacker, behind a proxy, would restart the server. */
const HEALTH_CHECKS = ['GET /healthz', 'GET /readyz'];

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** Passes a request to the routes if the access table has its route and its sender has the scope. */
export function guarded(routes: Router, parts: GuardParts): RequestHandler {
  const guard = Router();
  for (const [route, access] of Object.entries(parts.access)) {
    const [method, path] = route.split(' ');
    guard[method.toLowerCase() as Method](
      path,
      notStored,
      identify(parts),
      ...(HEALTH_CHECKS.includes(route) ? [] : [limit(parts, access)]),
      allow(route, access, parts),
      runAsSender,
      ...(isPersonalRead(route, access) ? [noteRead(path, parts)] : []),
      routes,
    );
  }
  return guard;
}

/** Refuses requests for a path that routes of other methods have. @throws RostroError `method_not_allowed` */
export function otherMethods(access: AccessTable): Router {
  const router = Router();
  for (const route of Object.keys(access)) {
    const [method, path] = route.split(' ');
    router.all(path, (_request, response, next) => {
      const { allowed = [] } = response.locals as { allowed?: string[] };
      response.locals.allowed = [...allowed, method, ...(method === 'GET' ? ['HEAD'] : [])];
      next();
    });
  }
  return router.use((request, response, next) => {
    const { allowed } = response.locals as { allowed?: string[] };
    if (allowed === undefined) return next();
    const methods = [...new Set(allowed)];
    response.set('Allow', methods.join(', '));
    const given = `${request.path} takes ${methods.join(', ')}, not ${request.method}`;
    next(new RostroError('method_not_allowed', `${given}. The page /docs/ of this server describes every route.`));
  });
}

/** Replies may be about people, so no browser and no proxy may keep them. Pages and their scripts are not routes. */
const notStored: RequestHandler = (_request, response, next) => {
  response.set('Cache-Control', 'no-store');
  next();
};

function identify({ gate, wrongKeys }: GuardParts): RequestHandler {
  return async (request, response, next) => {
    const credentials = credentialsIn(request);
    try {
      response.locals.identity = await gate.identify(credentials);
    } catch (error) {
      response.locals.shownKey = shownKey(credentials.key);
      // Public routes ignore a wrong key.
      response.locals.refusal = delayedRefusal(error, wrongKeys, addressOf(request));
    }
    next();
  };
}

/** The key in the path, if the route has one there. */
function credentialsIn(request: Request): Credentials {
  const { params, headers, secure } = request;
  const { key, session } = credentialsOf(headers, secure, publicPathOf(request));
  return { key: typeof params.apiKey === 'string' ? params.apiKey : key, session };
}

function limit({ limits }: GuardParts, access: Access): RequestHandler {
  return (request, response, next) => {
    const isChange = access !== 'recognise' && access !== 'public' && !SAFE_METHODS.has(request.method);
    (isChange ? limits.changes : limits.all)(request, response, next);
  };
}

function allow(route: string, access: Access, { refusals }: GuardParts): RequestHandler {
  return (request, response, next) => {
    const { refusal } = response.locals as { refusal?: Error };
    if (access === 'public' && refusal) {
      if (route === KEY_CHECK && refusal instanceof RostroError && refusal.code === 'too_many_requests') throw refusal;
      refusals.recordRequest(refusal, request, response);
    }
    if (access !== 'public') {
      requireScope(access, request, response);
      const { group } = senderOf(response);
      if (group !== null && !allowsGroupKeys(route)) throw outsideGroup(group);
    }
    next();
  };
}

function noteRead(path: string, { onRead }: GuardParts): RequestHandler {
  return (request, _response, next) => {
    onRead(path, request);
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

/** Whether the sender must not go on, as opposed to a server that cannot tell at the moment. */
export function isRefusal(error: unknown): boolean {
  return error instanceof RostroError && (error.code === 'unauthorised' || error.code === 'forbidden');
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
export function delayedRefusal(error: unknown, wrongKeys: BackOff, address: string): unknown {
  if (!(error instanceof RostroError && error.code === 'unauthorised')) return error;
  const waitMs = wrongKeys.waitMs(address);
  if (waitMs > 0) return tooManyAttempts(waitMs);
  wrongKeys.failed(address);
  return error;
}

function tooManyAttempts(waitMs: number): RostroError {
  const retryAfterSeconds = Math.ceil(waitMs / 1000);
  return new RostroError('too_many_requests', `Too many wrong keys; try again in ${retryAfterSeconds} s.`, {
    details: { retryAfterSeconds },
  });
}
