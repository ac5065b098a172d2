import { RostroError } from '../shared/errors.js';
import type { Scope, StoredKey } from './key.js';
import type { AccessKeys, KeyFault } from './keys.js';
import type { Session, Sessions } from './sessions.js';

/** What a request sends to identify its sender. */
export interface Credentials {
  readonly key: string | undefined;
  /** The value of the session cookie. */
  readonly session: string | undefined;
}

/** The sender of a request. */
export interface Identity {
  readonly scope: Scope;
  /** The group whose people the sender may see; null for all people. */
  readonly group: string | null;
  /** Null where no key is needed. */
  readonly key: Pick<StoredKey, 'id' | 'name'> | null;
  /** Of a browser that is logged in. */
  readonly session: Session | null;
}

const OPEN_ACCESS: Identity = { scope: 'admin', group: null, key: null, session: null };

const FAULTS: Readonly<Record<KeyFault, string>> = {
  unknown: 'The access key is not one of this server.',
  revoked: 'The access key was revoked.',
  expired: 'The access key has expired.',
};

/** Identifies senders by key or session. */
export class Gate {
  /** @param openWithoutKeys whether all requests are allowed while no key exists */
  constructor(
    readonly keys: AccessKeys,
    readonly sessions: Sessions,
    private readonly openWithoutKeys: boolean,
  ) {}

  /** Whether requests need no key. */
  async isOpen(): Promise<boolean> {
    await this.keys.refresh();
    return this.openWithoutKeys && !this.keys.everCreated;
  }

  /**
   * Counts as a use of the session.
   * @returns null without credentials, or for a session that has ended
   * @throws RostroError `unauthorised` for an unknown, revoked or expired key
   */
  identify(credentials: Credentials): Promise<Identity | null> {
    return this.lookUp(credentials, (token) => this.sessions.find(token));
  }

  /** As `identify`, for open connections: does not count as a use, so an idle session still ends. */
  recheck(credentials: Credentials): Promise<Identity | null> {
    return this.lookUp(credentials, (token) => this.sessions.peek(token));
  }

  private async lookUp(
    { key, session: token }: Credentials,
    sessionOf: (token: string) => Promise<Session | null>,
  ): Promise<Identity | null> {
    if (await this.isOpen()) return OPEN_ACCESS;
    if (key !== undefined) return this.identityOfKey(key);
    const session = token === undefined ? null : await sessionOf(token);
    const holder = session && this.keys.usable(session.keyId);
    return holder ? identityOf(holder, session) : null;
  }

  /** @throws RostroError `unauthorised` */
  private identityOfKey(text: string): Identity {
    const check = this.keys.check(text);
    if ('fault' in check) throw new RostroError('unauthorised', FAULTS[check.fault]);
    return identityOf(check.key, null);
  }

  /** Starts the session of a browser. @throws RostroError `unauthorised` */
  async logIn(text: string): Promise<{ token: string; identity: Identity }> {
    await this.keys.refresh();
    const holder = this.identityOfKey(text);
    const { token, session } = await this.sessions.start(holder.key!.id);
    return { token, identity: { ...holder, session } };
  }
}

function identityOf(key: StoredKey, session: Session | null): Identity {
  return { scope: key.scope, group: key.group, key, session };
}
