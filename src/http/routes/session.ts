import express, { Router, type CookieOptions, type Request } from 'express';
import type { BackOff } from '../../access/back-off.js';
import type { Gate, Identity } from '../../access/gate.js';
import { addressOf, credentialsOf, identityOf, sessionCookieName } from '../caller.js';
import { delayedRefusal, requireCsrfToken } from '../guard.js';
import { parseRequest } from '../parse.js';
import { shownKey } from '../request-log.js';
import { loginBody } from '../schemas.js';

/** Crops that the browser kept. Its local storage has only the language, the theme and the camera, which remain. */
const CLEARED_AT_LOGOUT = '"cache"';

/** The login of a browser: `POST /session {key}` starts it, `GET` reads it, `DELETE` ends it. */
export function sessionRoutes(gate: Gate, wrongKeys: BackOff): Router {
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
      response.cookie(sessionCookieName(request.secure), token, cookieOptions(request));
      response.status(201).json(sessionReply(identity, false));
    })
    .delete('/session', async (request, response) => {
      const identity = identityOf(response);
      if (identity) requireCsrfToken(identity, request);
      await endSession(gate, request);
      response.clearCookie(sessionCookieName(request.secure), cookieOptions(request));
      response.set('Clear-Site-Data', CLEARED_AT_LOGOUT);
      response.json({ ended: identity?.session !== null && identity !== null });
    });
}

async function endSession({ sessions }: Gate, request: Request): Promise<void> {
  const { session } = credentialsOf(request.headers, request.secure);
  if (session !== undefined) await sessions.end(session);
}

function cookieOptions({ secure }: Request): CookieOptions {
  return { httpOnly: true, sameSite: 'strict', secure, path: '/' };
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
