import type { IncomingHttpHeaders } from 'node:http';
import { parseCookie } from 'cookie';
import type { Credentials } from '../access/gate.js';

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
