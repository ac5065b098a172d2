import { RostroError } from '../shared/errors.js';
import type { Scope, StoredKey } from './key.js';
import type { AccessKeys, KeyFault } from './keys.js';
import type { Session, Sessions } from './sessions.js';

/** What a request brings to show who sends it. */
export interface Credentials {
  readonly key: string | undefined;
  /** The session's cookie. */
  readonly session: string | undefined;
}

/** Who sends a request. */
export interface Identity {
  readonly scope: Scope;
  /** Of whose people the request may hear; null for everybody. */
  readonly group: string | null;
  /** Null where no key is needed. */
  readonly key: Pick<StoredKey, 'id' | 'name'> | null;
  /** Of a logged-in browser. */
  readonly session: Session | null;
}

const EVERYBODY: Identity = { scope: 'admin', group: null, key: null, session: null };

const FAULTS: Readonly<Record<KeyFault, string>> = {
  unknown: 'The access key is not one of this server.',
  revoked: 'The access key was revoked.',
  expired: 'The access key has expired.',
};

/** Tells who sends a request. */
export class Gate {
  /** @param openWithoutKeys whether everybody may do everything while there is no key */
  constructor(
    readonly keys: AccessKeys,
    readonly sessions: Sessions,
    private readonly openWithoutKeys: boolean,
  ) {}

  /** Whether nobody is asked for a key. */
  async isOpen(): Promise<boolean> {
    await this.keys.refresh();
    return this.openWithoutKeys && !this.keys.exist;
  }

  /**
   * A login is used by it.
   * @returns null for a request that shows nothing, or a session that has ended
   * @throws RostroError `unauthorised` for a key that is not good
   */
  identify(credentials: Credentials): Promise<Identity | null> {
    return this.lookUp(credentials, (token) => this.sessions.find(token));
  }

  /** As `identify`, for what goes on without anybody doing something: it does not keep a login from ending. */
  identifyAgain(credentials: Credentials): Promise<Identity | null> {
    return this.lookUp(credentials, (token) => this.sessions.peek(token));
  }

  private async lookUp(
    { key, session: token }: Credentials,
    sessionOf: (token: string) => Promise<Session | null>,
  ): Promise<Identity | null> {
    if (await this.isOpen()) return EVERYBODY;
    if (key !== undefined) return this.holderOf(key);
    const session = token === undefined ? null : await sessionOf(token);
    const holder = session && this.keys.usable(session.keyId);
    return holder ? identityOf(holder, session) : null;
  }

  /** @throws RostroError `unauthorised` */
  private holderOf(text: string): Identity {
    const check = this.keys.check(text);
    if ('fault' in check) throw new RostroError('unauthorised', FAULTS[check.fault]);
    return identityOf(check.key, null);
  }

  /** A browser's login. @throws RostroError `unauthorised` */
  async logIn(text: string): Promise<{ token: string; identity: Identity }> {
    await this.keys.refresh();
    const holder = this.holderOf(text);
    const { token, session } = await this.sessions.start(holder.key!.id);
    return { token, identity: { ...holder, session } };
  }
}

function identityOf(key: StoredKey, session: Session | null): Identity {
  return { scope: key.scope, group: key.group, key, session };
}
