import { Router } from 'express';
import { managesKeys } from '../../access/keys.js';
import type { Gate } from '../../access/gate.js';
import type { StoredKey } from '../../access/key.js';
import { parseGroup } from '../../people/person-details.js';
import { RostroError } from '../../shared/errors.js';
import { senderOf } from '../caller.js';
import { jsonBody, parseRequest } from '../parse.js';
import { newKeyBody } from '../schemas.js';
import type { Services } from '../services.js';

const json = jsonBody(4 * 1024);

/** The access keys: `GET /keys` lists them, `POST /keys` makes one, `DELETE /keys/:id` revokes one. */
export function keysRoutes(services: () => Services, { keys }: Gate): Router {
  return Router()
    .get('/keys', async (_request, response) => {
      const current = senderOf(response).key?.id;
      const all = await keys.list();
      response.json({
        keys: all.map((key) => ({ ...shown(key), lastUsedAt: key.lastUsedAt, current: key.id === current })),
      });
    })
    .post('/keys', json, async (request, response) => {
      const { name, scope, group, expiresAt } = parseRequest(newKeyBody, request.body, 'body');
      const wish = {
        name,
        scope,
        group: typeof group !== 'string' ? undefined : parseGroup(group),
        expiresAt: typeof expiresAt !== 'string' ? null : new Date(expiresAt),
      };
      if (!keys.everCreated && !managesKeys(wish)) throw firstKeyIsAdmin();
      const create = () => keys.create(wish);
      const { result } = await services().trail.change('key_create', null, create, ({ stored: { id } }) => ({
        id,
        scope,
      }));
      response.status(201).json({ ...shown(result.stored), key: result.key });
    })
    .delete('/keys/:id', async (request, response) => {
      const { id } = request.params;
      const revoke = () => keys.revoke(id);
      const { result } = await services().trail.change('key_revoke', null, revoke, () => ({ id }));
      response.json(shown(result));
    });
}

/** The first key closes the server: without an admin key nobody could make another one from a browser. */
function firstKeyIsAdmin(): RostroError {
  return new RostroError(
    'last_admin_key',
    'The first key must be an admin key for all groups: from then on the server needs a key, and only such a key makes others.',
  );
}

function shown({ id, name, scope, group, createdAt, expiresAt, revokedAt }: StoredKey) {
  return { id, name, scope, group, createdAt, expiresAt, revokedAt };
}
