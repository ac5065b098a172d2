import { Router } from 'express';
import { STRANGER_ID } from '../../history/sighting.js';
import { strangerNotFound } from '../../history/sighting-store.js';
import type { Stranger } from '../../history/strangers.js';
import { parsePersonDetails } from '../../people/person-details.js';
import { RostroError } from '../../shared/errors.js';
import { jsonBody, parseRequest } from '../parse.js';
import type { RequestLimits } from '../photos.js';
import { publicPathOf } from '../public-path.js';
import { requestSignal } from '../request-signal.js';
import { strangerPatch, strangerSplit, strangersQuery, strangerToErase } from '../schemas.js';
import type { Services } from '../services.js';

const json = jsonBody(4 * 1024);
const SIMILAR = 6;

/** Unknown faces, each with its sightings: naming, merging, splitting and erasing them. */
export function strangerRoutes(services: () => Services, limits: RequestLimits): Router {
  return Router()
    .get('/strangers', async (request, response) => {
      const { limit, after } = parseRequest(strangersQuery, request.query, 'query');
      const { strangers, ...page } = await services().strangers.list(limit, after);
      response.json({ strangers: strangers.map((one) => strangerReply(one, publicPathOf(request))), ...page });
    })
    .get('/strangers/:id', async (request, response) => {
      const id = idOf(request.params.id);
      const stranger = await services().strangers.get(id);
      const similar = await services().strangers.similar(id, SIMILAR);
      const [own, ...others] = [stranger, ...similar].map((one) => strangerReply(one, publicPathOf(request)));
      response.json({ ...own, similar: others });
    })
    .patch('/strangers/:id', json, async (request, response) => {
      const id = idOf(request.params.id);
      const patch = parseRequest(strangerPatch, request.body, 'body');
      const { strangers, sightingCorrection, people } = services();
      if ('person' in patch) {
        const details = parsePersonDetails({ consent: patch.consent });
        const signal = requestSignal(response, limits.deadlineMs);
        const result = await sightingCorrection.nameStranger(id, patch.person, { details, signal });
        const { name: person, named, enrolled } = result;
        const personId = people.find(person)?.id ?? null;
        response.json({ stranger: null, person, personId, sightings: named, enrolled });
        return;
      }
      if (patch.sameAs === id) throw new RostroError('bad_request', '"sameAs" must be another stranger.');
      const sightings = await strangers.merge(id, patch.sameAs);
      const stranger = strangerReply(await strangers.get(patch.sameAs), publicPathOf(request));
      response.json({ stranger, person: null, personId: null, sightings, enrolled: 0 });
    })
    .delete('/strangers/:id', async (request, response) => {
      const id = idOf(request.params.id);
      const { notAFace } = parseRequest(strangerToErase, request.query, 'query');
      const { strangers, auditedSightings } = services();
      await strangers.get(id);
      const work = notAFace ? strangers.hide(id) : auditedSightings.erase({ stranger: true, strangerId: id });
      response.json({ deleted: id, sightings: await work });
    })
    .post('/strangers/:id/split', json, async (request, response) => {
      const { sighting } = parseRequest(strangerSplit, request.body, 'body');
      const { strangers } = services();
      const stranger = await strangers.get(await strangers.split(idOf(request.params.id), sighting));
      response.status(201).json(strangerReply(stranger, publicPathOf(request)));
    });
}

/** @throws RostroError `stranger_not_found` */
function idOf(text: string): string {
  if (!STRANGER_ID.test(text)) throw strangerNotFound();
  return text;
}

function strangerReply({ best, first, last, ...stranger }: Stranger, root: string) {
  return {
    ...stranger,
    first: first.toISOString(),
    last: last.toISOString(),
    crops: best.map((id) => `${root}/sightings/${id}/crop`),
  };
}
