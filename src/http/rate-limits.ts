import type { RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import { RostroError } from '../shared/errors.js';
import { addressOf } from './caller.js';
import { identityOf } from './guard.js';

const WINDOW_MS = 60_000;

export interface RateLimits {
  readonly all: RequestHandler;
  /** Requests that change something. */
  readonly changes: RequestHandler;
}

/** @param perMinute requests of one key, or of one address where there is none; 0 is no limit */
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
    // A header of a proxy that is not trusted is no reason to complain on the console.
    validate: { xForwardedForHeader: false, forwardedHeader: false },
  });
}
