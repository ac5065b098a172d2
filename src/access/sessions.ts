import { createHash, randomBytes } from 'node:crypto';

export interface Session {
  readonly keyId: string;
  /** Sent back with every change, by a page that could read it. */
  readonly csrfToken: string;
  readonly startedAt: number;
  readonly usedAt: number;
}

/** Who is logged in in a browser. */
export interface Sessions {
  /** @returns the cookie's value too, which is kept nowhere. @throws RostroError `database_unreachable` */
  start(keyId: string): Promise<{ token: string; session: Session }>;
  /** Counts as a use. @returns null for one that has ended. @throws RostroError `database_unreachable` */
  find(token: string): Promise<Session | null>;
  /** As `find`, without being a use. */
  peek(token: string): Promise<Session | null>;
  end(token: string): Promise<void>;
}

const TOKEN_BYTES = 32;
const MAX_SESSIONS = 1000;
export const IDLE_MS = 12 * 60 * 60 * 1000;
export const LONGEST_MS = 7 * 24 * 60 * 60 * 1000;

/** In memory only, so that a restart ends every session. */
export class MemorySessions implements Sessions {
  /** By the hash of the cookie, oldest first. */
  private readonly sessions = new Map<string, Session>();

  constructor(private readonly now: () => number = Date.now) {}

  start(keyId: string): Promise<{ token: string; session: Session }> {
    const [token, csrfToken] = [newToken(), newToken()];
    const session = { keyId, csrfToken, startedAt: this.now(), usedAt: this.now() };
    const [oldest] = this.sessions.keys();
    if (this.sessions.size >= MAX_SESSIONS) this.sessions.delete(oldest);
    this.sessions.set(idOf(token), session);
    return Promise.resolve({ token, session });
  }

  find(token: string): Promise<Session | null> {
    const session = this.lookUp(token);
    if (session === null) return Promise.resolve(null);
    const used = { ...session, usedAt: this.now() };
    this.sessions.set(idOf(token), used);
    return Promise.resolve(used);
  }

  peek(token: string): Promise<Session | null> {
    return Promise.resolve(this.lookUp(token));
  }

  end(token: string): Promise<void> {
    this.sessions.delete(idOf(token));
    return Promise.resolve();
  }

  private lookUp(token: string): Session | null {
    const id = idOf(token);
    const session = this.sessions.get(id);
    if (!session) return null;
    const now = this.now();
    if (now - session.usedAt > IDLE_MS || now - session.startedAt > LONGEST_MS) {
      this.sessions.delete(id);
      return null;
    }
    return session;
  }
}

/** Of a session, or of its changes: 256 random bits. */
export function newToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}

/** What is kept of a token. */
export function idOf(token: string): string {
  return createHash('sha256').update(token).digest('base64');
}
