import { jsonBody } from './body.js';
import { type CallOptions, pathOf } from './options.js';
import type { Requester } from './requester.js';
import type { AccessKey, AccessKeyList, CreatedKey, NewAccessKey, RevokedKey } from './types.js';

/** The access keys of the server, for administrators. */
export class Keys {
  constructor(private readonly server: Requester) {}

  /** All keys, revoked and expired ones too. */
  async list(options?: CallOptions): Promise<readonly AccessKey[]> {
    return (await this.server.json<AccessKeyList>({ path: '/keys' }, options)).keys;
  }

  /**
   * Makes a key. The reply has the key itself, which is not shown again.
   * @throws RostroApiError `last_admin_key` if it is the first key and not an admin key for all groups; `bad_request`,
   *   `bad_details`, `storage_failed`
   */
  create(wish: NewAccessKey, options?: CallOptions): Promise<CreatedKey> {
    return this.server.json({ method: 'POST', path: '/keys', body: jsonBody(wish) }, options);
  }

  /** Revokes a key, which ends its logins. @throws RostroApiError `key_not_found`, `last_admin_key`, `storage_failed` */
  revoke(id: string, options?: CallOptions): Promise<RevokedKey> {
    return this.server.json({ method: 'DELETE', path: pathOf('keys', id) }, options);
  }
}
