import { Router } from 'express';
import { firstSeen, type Sighting, SIGHTING_ID, type SightingFilter } from '../../history/sighting.js';
import { sightingNotFound } from '../../history/sighting-store.js';
import { parsePersonDetails } from '../../people/person-details.js';
import { sendCrop } from '../crops.js';
import { jsonBody, parseRequest } from '../parse.js';
import type { RequestLimits } from '../photos.js';
import { publicPathOf } from '../public-path.js';
import { requestSignal } from '../request-signal.js';
import { sightingPatch, sightingsQuery, sightingsToErase } from '../schemas.js';
import type { Services } from '../services.js';

const json = jsonBody(4 * 1024);

/** Who was seen: sightings of cameras and live sessions, their crops, correcting and erasing them. */
export function historyRoutes(services: () => Services, limits: RequestLimits): Router {
  return Router()
    .get('/sightings', async (request, response) => {
      const { limit, before, ...filter } = parseRequest(sightingsQuery, request.query, 'query');
      const found = await services().history.store.list(
        { ...filterOf(filter, services()), notAFace: false },
        { limit: limit + 1, before },
      );
      const page = found.slice(0, limit);
      response.json({
        sightings: page.map((one) => sightingReply(one, services(), publicPathOf(request))),
        next: found.length > limit ? page[limit - 1].id : null,
      });
    })
    .delete('/sightings', async (request, response) => {
      const filter = filterOf(parseRequest(sightingsToErase, request.query, 'query'), services());
      response.json({ deleted: await services().auditedSightings.erase(filter) });
    })
    .get('/sightings/:id', async (request, response) => {
      const sighting = await services().history.store.get(idOf(request.params.id));
      if (sighting === null) throw sightingNotFound();
      response.json(sightingReply(sighting, services(), publicPathOf(request)));
    })
    .patch('/sightings/:id', json, async (request, response) => {
      const { person, consent } = parseRequest(sightingPatch, request.body, 'body');
      const details = parsePersonDetails({ consent });
      const signal = requestSignal(response, limits.deadlineMs);
      const sighting = await services().sightingCorrection.correct(idOf(request.params.id), person, {
        details,
        signal,
      });
      response.json(sightingReply(sighting, services(), publicPathOf(request)));
    })
    .delete('/sightings/:id', async (request, response) => {
      const id = idOf(request.params.id);
      await services().auditedSightings.eraseOne(id);
      response.json({ deleted: id });
    })
    .get('/sightings/:id/crop', async (request, response) => {
      const face = await services().history.store.face(idOf(request.params.id));
      if (!face?.crop) throw sightingNotFound();
      await sendCrop(request, response, face.crop);
    });
}

/** @throws RostroError `sighting_not_found` */
function idOf(text: string): string {
  if (!SIGHTING_ID.test(text)) throw sightingNotFound();
  return text;
}

/** With the name as it is enrolled: accents may be composed in another way. */
function filterOf(given: SightingFilter, { people }: Services): SightingFilter {
  const { stranger, strangerId, source, camera, from, to, minQuality } = given;
  const person = given.person === undefined ? undefined : (people.nameOf(given.person) ?? given.person);
  return { person, stranger, strangerId, source, camera, from, to, minQuality };
}

function sightingReply(found: Sighting, { people }: Services, root: string) {
  const { id, source, camera, person, last, hasCrop, stranger, ...rest } = found;
  const { looks, quality, distance, threshold, falseMatchRate, live } = rest;
  const sighting = { id, source, camera, person, looks, quality, distance, threshold, falseMatchRate, live };
  return {
    ...sighting,
    personId: sighting.person === null ? null : (people.find(sighting.person)?.id ?? null),
    strangerId: stranger,
    first: firstSeen(sighting.id).toISOString(),
    last: last.toISOString(),
    crop: hasCrop ? `${root}/sightings/${sighting.id}/crop` : null,
  };
}
