import { Router } from 'express';
import type { Negative } from '../../gallery/negatives.js';
import { sendCrop } from '../crops.js';
import { fieldsOf } from '../parse.js';
import { onePhotoOf, photoBody, type RequestLimits } from '../photos.js';
import { publicPathOf } from '../public-path.js';
import { requestSignal } from '../request-signal.js';
import { correctionFields } from '../schemas.js';
import type { Services } from '../services.js';

/** Negatives of people: add, list, erase; their crops. */
export function negativesRoutes(services: () => Services, limits: RequestLimits): Router {
  return Router()
    .get('/people/:name/negatives', (request, response) => {
      const { name, negatives = [] } = services().people.get(request.params.name);
      const root = publicPathOf(request);
      response.json({ name, negatives: negatives.map((negative) => negativeReply(name, negative, root)) });
    })
    .post('/people/:name/negatives', photoBody(limits), async (request, response) => {
      const { face } = fieldsOf(request, correctionFields);
      const signal = requestSignal(response, limits.deadlineMs);
      const bytes = onePhotoOf(request);
      const text = String(request.params.name);
      const { name, outcome, negative } = await services().correction.addPhoto(text, bytes, { face, signal });
      const reply = { name, outcome, negative: negativeReply(name, negative, publicPathOf(request)) };
      response.status(outcome === 'added' ? 201 : 200).json(reply);
    })
    .delete('/people/:name/negatives/:negative', async (request, response) => {
      const { name, negative } = request.params;
      const receipt = await services().erasure.negative(name, negative);
      response.json({ deleted: { name, negative }, receipt });
    })
    .get('/people/:name/negatives/:negative/crop', async (request, response) => {
      const { name, negative } = request.params;
      await sendCrop(request, response, await services().correction.crop(name, negative));
    });
}

function negativeReply(name: string, { id, addedAt, details, nearest, embedding, crop }: Negative, root: string) {
  const path = `${root}/people/${encodeURIComponent(name)}/negatives/${encodeURIComponent(id)}/crop`;
  return {
    id,
    addedAt,
    nearest,
    confidence: details.confidence,
    quality: details.quality ?? null,
    active: embedding !== null,
    crop: crop === null ? null : path,
  };
}
