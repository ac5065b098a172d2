import type { Response } from 'express';
import type { Identity } from '../access/gate.js';
import { runAs, type Actor } from '../privacy/audit/actor.js';

/** Who sends a request, as the audit log calls them: their key, whether they sent it or logged in with it. */
export function actorOf(identity: Identity | null): Actor {
  return identity?.key ? { kind: 'key', id: identity.key.id } : { kind: 'local' };
}

/** What follows is done by whoever sent the request. The parsers of bodies keep to the request's course; a test holds them to it. */
export function asSender(_request: unknown, response: Response, next: () => void): void {
  runAs(actorOf((response.locals.identity as Identity | undefined) ?? null), next);
}
