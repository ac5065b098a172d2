import { createHash, randomBytes } from 'node:crypto';

export interface Session {
  readonly keyId: string;
  /** Sent back with every change, by a page that could read it. */
  readonly csrfToken: string;
  readonly startedAt: number;
  readonly usedAt: number;
}

const TOKEN_BYTES = 32;
const MAX_SESSIONS = 1000;
const IDLE_MS = 12 * 60 * 60 * 1000;
const LONGEST_MS = 7 * 24 * 60 * 60 * 1000;

/** Who is logged in in a browser: in memory only, so that a restart ends every session. */
export class Sessions {
  /** By the hash of the cookie, oldest first. */
  private readonly sessions = new Map<string, Session>();

  constructor(private readonly now: () => number = Date.now) {}

  /** @returns the cookie's value too, which is kept nowhere */
  start(keyId: string): { token: string; session: Session } {
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    const csrfToken = randomBytes(TOKEN_BYTES).toString('base64url');
    const session = { keyId, csrfToken, startedAt: this.now(), usedAt: this.now() };
    const [oldest] = this.sessions.keys();
    if (this.sessions.size >= MAX_SESSIONS) this.sessions.delete(oldest);
    this.sessions.set(idOf(token), session);
    return { token, session };
  }

  /** @returns null for one that has ended */
  find(token: string): Session | null {
    const id = idOf(token);
    const session = this.sessions.get(id);
    if (!session) return null;
    const now = this.now();
    if (now - session.usedAt > IDLE_MS || now - session.startedAt > LONGEST_MS) {
      this.sessions.delete(id);
      return null;
    }
    const used = { ...session, usedAt: now };
    this.sessions.set(id, used);
    return used;
  }

  end(token: string): void {
    this.sessions.delete(idOf(token));
  }
}

function idOf(token: string): string {
  return createHash('sha256').update(token).digest('base64');
}
