import { jsonBody } from './body.js';
import { type CallOptions, withQuery } from './options.js';
import type { Requester } from './requester.js';
import type { ChangedSettings, ServerModel, Setting, SettingChanges, SettingList } from './types.js';

/** The settings that may change while the server runs. Needs the scope `admin`. */
export class Settings {
  constructor(private readonly server: Requester) {}

  async list(options?: CallOptions): Promise<readonly Setting[]> {
    return (await this.server.json<SettingList>({ path: '/settings' }, options)).settings;
  }

  /**
   * Changes settings at once, all of them or none.
   * @param changes new values by name: `{ HISTORY_DAYS: 7 }`; null for the default
   * @throws RostroApiError `setting_fixed` where the environment sets one; `bad_request`, `liveness_unavailable`
   */
  change(changes: SettingChanges, options?: CallOptions): Promise<ChangedSettings> {
    return this.patch(changes, undefined, options);
  }

  /** As `change`, but changes nothing: checks the values and counts what they would erase. */
  preview(changes: SettingChanges, options?: CallOptions): Promise<ChangedSettings> {
    return this.patch(changes, true, options);
  }

  private patch(changes: SettingChanges, preview: true | undefined, options?: CallOptions): Promise<ChangedSettings> {
    const path = withQuery('/settings', { preview });
    return this.server.json({ method: 'PATCH', path, body: jsonBody(changes) }, options);
  }
}

/** The embedder of the server. Needs the scope `admin`. */
export class ServerModels {
  constructor(private readonly server: Requester) {}

  /** What runs, which embedders there are, and the progress of `prepare`. */
  get(options?: CallOptions): Promise<ServerModel> {
    return this.server.json({ path: '/model' }, options);
  }

  /**
   * Begins to compute the embeddings of another embedder, beside those in use.
   * @throws RostroApiError `bad_request` for one that runs already or is not installed; `busy` while one is prepared
   */
  prepare(embedder: string, options?: CallOptions): Promise<ServerModel> {
    return this.server.json({ method: 'POST', path: '/model', body: jsonBody({ embedder }) }, options);
  }

  /** Stops `prepare`; the next call goes on from there. */
  stop(options?: CallOptions): Promise<ServerModel> {
    return this.server.json({ method: 'DELETE', path: '/model' }, options);
  }
}
