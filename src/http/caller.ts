import type { IncomingHttpHeaders } from 'node:http';
import { parseCookie } from 'cookie';
import type { Request, Response } from 'express';
import { ipKeyGenerator } from 'express-rate-limit';
import type { Credentials, Identity } from '../access/gate.js';
import type { Wishes } from '../people/name-faces.js';
import { type Actor, runAs } from '../privacy/audit/actor.js';
import { RostroError } from '../shared/errors.js';

/** Who sends a request, as the audit log calls them: their key, whether they sent it or logged in with it. */
export function actorOf(identity: Identity | null): Actor {
  return identity?.key ? { kind: 'key', id: identity.key.id } : { kind: 'local' };
}

/** What follows is done by whoever sent the request. The parsers of bodies keep to the request's course; a test holds them to it. */
export function asSender(_request: unknown, response: Response, next: () => void): void {
  runAs(actorOf((response.locals.identity as Identity | undefined) ?? null), next);
}

/** Of an IPv6 address the network that one customer has. */
const IPV6_PREFIX = 64;

/** Who is counted as one sender: the client's address, as the proxies tell it that are trusted. */
export function addressOf({ ip }: Request): string {
  return ip === undefined ? '' : ipKeyGenerator(ip, IPV6_PREFIX);
}

/** Over HTTPS with the prefix that binds a cookie to this very host (RFC 6265bis, 4.1.3.2). */
export function sessionCookieName(secure: boolean): string {
  return secure ? '__Host-rostro_session' : 'rostro_session';
}

/** The key of `x-api-key` or `Authorization: Bearer`, and the session's cookie. For a WebSocket's upgrade too. */
export function credentialsOf(headers: IncomingHttpHeaders, secure: boolean): Credentials {
  const given = headers['x-api-key'];
  const [, bearer] = /^Bearer +(.+)$/i.exec(headers.authorization ?? '') ?? [];
  const key = (Array.isArray(given) ? given[0] : given) ?? bearer;
  return { key, session: parseCookie(headers.cookie ?? '')[sessionCookieName(secure)] };
}

/** What a request wishes for, within the group that its key belongs to. @throws RostroError `forbidden` for another group */
export function withinGroup(wishes: Wishes, { group }: Pick<Identity, 'group'>): Wishes {
  if (group === null) return wishes;
  if (wishes.group !== undefined && wishes.group !== group) throw beyondGroup(group);
  return { ...wishes, group };
}

export function beyondGroup(group: string): RostroError {
  return new RostroError(
    'forbidden',
    `This key belongs to the group "${group}": it recognises the people of that group, and manages them under /api/v1 alone.`,
  );
}
