import { jsonBody } from './body.js';
import type { CallOptions } from './options.js';
import type { Requester } from './requester.js';
import type { BrowserSession, EndedSession } from './types.js';

/** The login of a browser, which keeps a cookie then; programs have a key. */
export class Login {
  constructor(private readonly server: Requester) {}

  /** Who the sender is. `csrfToken` goes with every change of a login as the header `X-Csrf-Token`. */
  get(options?: CallOptions): Promise<BrowserSession> {
    return this.server.json({ path: '/session' }, options);
  }

  /** @throws RostroApiError `unauthorised`, `too_many_requests` after wrong keys */
  begin(key: string, options?: CallOptions): Promise<BrowserSession> {
    const request = { method: 'POST', path: '/session', body: jsonBody({ key }), repeat: 'once' } as const;
    return this.server.json(request, options);
  }

  /** @returns whether there was a login @throws RostroApiError `bad_csrf_token` */
  async end(options?: CallOptions): Promise<boolean> {
    return (await this.server.json<EndedSession>({ method: 'DELETE', path: '/session' }, options)).ended;
  }
}
