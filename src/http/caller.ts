import type { IncomingHttpHeaders } from 'node:http';
import { parseCookie } from 'cookie';
import type { Request, Response } from 'express';
import { ipKeyGenerator } from 'express-rate-limit';
import type { Credentials, Identity } from '../access/gate.js';
import { includesScope } from '../access/key.js';
import type { NamingOptions } from '../people/naming.js';
import { type Actor, runAs } from '../privacy/audit/actor.js';
import { RostroError } from '../shared/errors.js';

/** The identity that the guard found; null without credentials. */
export function identityOf(response: Response): Identity | null {
  return (response.locals.identity as Identity | undefined) ?? null;
}

/** The identity of a request to a route that is not public. */
export function senderOf(response: Response): Identity {
  return identityOf(response)!;
}

/** The sender for the audit log: the key that was sent, or that the browser logged in with. */
export function actorOf(identity: Identity | null): Actor {
  return identity?.key ? { kind: 'key', id: identity.key.id } : { kind: 'local' };
}

/** Middleware: the rest of the request runs as its sender, for the audit log. A test checks that body parsers keep this context. */
export function runAsSender(_request: unknown, response: Response, next: () => void): void {
  runAs(actorOf(identityOf(response)), next);
}

/** Whose challenges and live sessions a sender reaches: the holders of the same key; all senders where no key is needed. */
export function ownerOf({ key }: Pick<Identity, 'key'>): string {
  return key?.id ?? '';
}

/** The part of an IPv6 address that identifies one customer's network. */
const IPV6_PREFIX = 64;

/** The address that rate limits count: the client's, as trusted proxies report it. */
export function addressOf({ ip }: Pick<Request, 'ip'>): string {
  return ip === undefined ? '' : ipKeyGenerator(ip, IPV6_PREFIX);
}

/** What quotas count: a key, or an address without one. */
export function holderOf(request: Request, response: Response): string {
  return holderId(identityOf(response), addressOf(request));
}

export function holderId(identity: Identity | null, address: string): string {
  return identity?.key?.id ?? address;
}

/**
 * Over HTTPS with the prefix that binds a cookie to this host, or, below a path, only to HTTPS (RFC 6265bis, section 4.1.3).
 * @param publicPath see `PublicPath`
 */
export function sessionCookieName(secure: boolean, publicPath: string): string {
  if (!secure) return 'rostro_session';
  return publicPath === '' ? '__Host-rostro_session' : '__Secure-rostro_session';
}

/** The key of `x-api-key` or `Authorization: Bearer`, and the session cookie. Also used for WebSocket upgrades. */
export function credentialsOf(headers: IncomingHttpHeaders, secure: boolean, publicPath: string): Credentials {
  const given = headers['x-api-key'];
  const [, bearer] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
  const key = (Array.isArray(given) ? given[0] : given) ?? bearer;
  return { key, session: parseCookie(headers.cookie ?? '')[sessionCookieName(secure, publicPath)] };
}

/** Whether replies may show all that is known of a person near to a face: to senders who can list people anyway. */
export function mayListPeople({ scope }: Pick<Identity, 'scope'>): boolean {
  return includesScope(scope, 'enrol');
}

/**
 * Restricts the options of a request to the group and the scope of its key.
 * @throws RostroError `forbidden` for another group
 */
export function withinRights(given: NamingOptions, identity: Pick<Identity, 'group' | 'scope'>): NamingOptions {
  const { group } = identity;
  const options = mayListPeople(identity) ? given : { ...given, limited: true };
  if (group === null) return options;
  if (options.group !== undefined && options.group !== group) throw outsideGroup(group);
  return { ...options, group, ofGroup: true };
}

export function outsideGroup(group: string): RostroError {
  return new RostroError(
    'forbidden',
    `This key belongs to the group "${group}": it recognises the people of that group, and manages them under /api/v1 alone.`,
  );
}
