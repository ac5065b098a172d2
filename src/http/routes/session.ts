import express, { Router, type CookieOptions, type Request } from 'express';
import type { BackOff } from '../../access/back-off.js';
import type { Gate, Identity } from '../../access/gate.js';
import { addressOf, credentialsOf, identityOf, sessionCookieName } from '../caller.js';
import { delayedRefusal, requireCsrfToken } from '../guard.js';
import { parseRequest } from '../parse.js';
import { publicPathOf } from '../public-path.js';
import { shownKey } from '../request-log.js';
import { loginBody } from '../schemas.js';

/** Crops that the browser kept. Its local storage has only the language, the theme and the camera, which remain. */
const CLEARED_AT_LOGOUT = '"cache"';

export interface SessionParts {
  readonly gate: Gate;
  readonly wrongKeys: BackOff;
  readonly frameAncestors: readonly string[];
}

/** The login of a browser: `POST /session {key}` starts it, `GET` reads it, `DELETE` ends it. */
export function sessionRoutes({ gate, wrongKeys, frameAncestors }: SessionParts): Router {
  const cookieOptions = (request: Request): CookieOptions => cookieFor(request, frameAncestors.length > 0);
  return Router()
    .get('/session', async (_request, response) => {
      response.json(sessionReply(identityOf(response), await gate.isOpen()));
    })
    .post('/session', express.json({ limit: '4kb' }), async (request, response) => {
      const { key } = parseRequest(loginBody, request.body, 'body');
      response.locals.shownKey = shownKey(key.trim());
      const { token, identity } = await gate.logIn(key.trim()).catch((error: unknown) => {
        throw delayedRefusal(error, wrongKeys, addressOf(request));
      });
      await endSession(gate, request);
      response.cookie(sessionCookieName(request.secure, publicPathOf(request)), token, cookieOptions(request));
      response.status(201).json(sessionReply(identity, false));
    })
    .delete('/session', async (request, response) => {
      const identity = identityOf(response);
      if (identity) requireCsrfToken(identity, request);
      await endSession(gate, request);
      response.clearCookie(sessionCookieName(request.secure, publicPathOf(request)), cookieOptions(request));
      response.set('Clear-Site-Data', CLEARED_AT_LOGOUT);
      response.json({ ended: identity?.session !== null && identity !== null });
    });
}

async function endSession({ sessions }: Gate, request: Request): Promise<void> {
  const { session } = credentialsOf(request.headers, request.secure, publicPathOf(request));
  if (session !== undefined) await sessions.end(session);
}

/**
 * @param mayBeFramed in frames of other sites, browsers send a cookie only if it is secure and says so; it is then another one
 *   for each of these sites. Changes need the token of the login besides.
 */
function cookieFor(request: Request, mayBeFramed: boolean): CookieOptions {
  const { secure } = request;
  const path = publicPathOf(request) || '/';
  const sites =
    mayBeFramed && secure ? ({ sameSite: 'none', partitioned: true } as const) : { sameSite: 'strict' as const };
  return { httpOnly: true, secure, path, ...sites };
}

function sessionReply(identity: Identity | null, isOpen: boolean) {
  return {
    keyNeeded: !isOpen,
    loggedIn: identity !== null && identity.session !== null,
    scope: identity?.scope ?? null,
    group: identity?.group ?? null,
    keyName: identity?.key?.name ?? null,
    csrfToken: identity?.session?.csrfToken ?? null,
  };
}
