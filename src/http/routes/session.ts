import express, { Router, type CookieOptions, type Request } from 'express';
import type { BackOff } from '../../access/back-off.js';
import type { Gate, Identity } from '../../access/gate.js';
import { RostroError } from '../../shared/errors.js';
import { addressOf, credentialsOf, identityOf, sessionCookieName } from '../caller.js';
import { requireCsrfToken, tooManyAttempts } from '../guard.js';
import { parseRequest } from '../parse.js';
import { loginBody } from '../schemas.js';

/** The login of a browser: `POST /session {key}` starts it, `GET` reads it, `DELETE` ends it. */
export function sessionRoutes(gate: Gate, failedLogins: BackOff): Router {
  return Router()
    .get('/session', async (_request, response) => {
      response.set('Cache-Control', 'no-store').json(sessionReply(identityOf(response), await gate.isOpen()));
    })
    .post('/session', express.json({ limit: '4kb' }), async (request, response) => {
      const { key } = parseRequest(loginBody, request.body, 'body');
      const { token, identity } = await logIn(gate, failedLogins, key, addressOf(request));
      await endSession(gate, request);
      response.cookie(sessionCookieName(request.secure), token, cookieOptions(request));
      response.status(201).set('Cache-Control', 'no-store').json(sessionReply(identity, false));
    })
    .delete('/session', async (request, response) => {
      const identity = identityOf(response);
      if (identity) requireCsrfToken(identity, request);
      await endSession(gate, request);
      response.clearCookie(sessionCookieName(request.secure), cookieOptions(request));
      response.json({ ended: identity?.session !== null && identity !== null });
    });
}

async function logIn(gate: Gate, failedLogins: BackOff, key: string, address: string) {
  const waitMs = failedLogins.waitMs(address);
  if (waitMs > 0) throw tooManyAttempts(waitMs);
  try {
    const login = await gate.logIn(key.trim());
    failedLogins.succeeded(address);
    return login;
  } catch (error) {
    if (error instanceof RostroError && error.code === 'unauthorised') failedLogins.failed(address);
    throw error;
  }
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
