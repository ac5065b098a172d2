import { createHash, randomBytes } from 'node:crypto';

export interface Session {
  readonly keyId: string;
  /** Pages send it with every change. Pages of other sites cannot read it. */
  readonly csrfToken: string;
  readonly startedAt: number;
  readonly usedAt: number;
}

/** The sessions of browsers. */
export interface Sessions {
  /** @returns also the value of the cookie, which is not stored. @throws RostroError `database_unreachable` */
  start(keyId: string): Promise<{ token: string; session: Session }>;
  /** Counts as a use. @returns null for a session that has ended. @throws RostroError `database_unreachable` */
  find(token: string): Promise<Session | null>;
  /** As `find`, but does not count as a use. */
  peek(token: string): Promise<Session | null>;
  end(token: string): Promise<void>;
}

const TOKEN_BYTES = 32;
/** Of one key; with more, its oldest one ends. */
export const MAX_SESSIONS = 1000;
export const IDLE_MS = 12 * 60 * 60 * 1000;
export const MAX_AGE_MS = 7 * 24 * 60 * 60 * 1000;

/** In memory: a restart ends every session. */
export class MemorySessions implements Sessions {
  /** By the hash of the token, oldest first. */
  private readonly sessions = new Map<string, Session>();

  constructor(private readonly now: () => number = Date.now) {}

  start(keyId: string): Promise<{ token: string; session: Session }> {
    const [token, csrfToken] = [newToken(), newToken()];
    const session = { keyId, csrfToken, startedAt: this.now(), usedAt: this.now() };
    const ofKey = [...this.sessions].filter(([, { keyId: other }]) => other === keyId);
    if (ofKey.length >= MAX_SESSIONS) this.sessions.delete(ofKey[0][0]);
    this.sessions.set(hashOf(token), session);
    return Promise.resolve({ token, session });
  }

  find(token: string): Promise<Session | null> {
    const session = this.lookUp(token);
    if (session === null) return Promise.resolve(null);
    const used = { ...session, usedAt: this.now() };
    this.sessions.set(hashOf(token), used);
    return Promise.resolve(used);
  }

  peek(token: string): Promise<Session | null> {
    return Promise.resolve(this.lookUp(token));
  }

  end(token: string): Promise<void> {
    this.sessions.delete(hashOf(token));
    return Promise.resolve();
  }

  private lookUp(token: string): Session | null {
    const id = hashOf(token);
    const session = this.sessions.get(id);
    if (!session) return null;
    const now = this.now();
    if (now - session.usedAt > IDLE_MS || now - session.startedAt > MAX_AGE_MS) {
      this.sessions.delete(id);
      return null;
    }
    return session;
  }
}

/** 256 random bits, for a session or its CSRF token. */
export function newToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}

/** Stored instead of the token. */
export function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64');
}
