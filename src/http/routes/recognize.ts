import { Router, type Response } from 'express';
import { RostroError } from '../../shared/errors.js';
import type { Services } from '../services.js';
import { mayListPeople, ownerOf, senderOf, withinRights } from '../caller.js';
import { fieldsOf, recognizeOptions } from '../parse.js';
import { onePhotoOf, photoBody, photosOf, type RequestLimits } from '../photos.js';
import { requestSignal } from '../request-signal.js';
import { detectFields, verifyFields } from '../schemas.js';

/** `POST /recognize`, `/detect` and `/verify`. They store nothing. */
export function recognizeRoutes(services: () => Services, limits: RequestLimits): Router {
  const body = photoBody(limits);
  const signalOf = (response: Response) => requestSignal(response, limits.deadlineMs);
  return Router()
    .post('/recognize', body, async (request, response) => {
      const { recognition, live } = services();
      const photo = onePhotoOf(request);
      const { session, search, options } = recognizeOptions(request);
      const within = withinRights(options, senderOf(response));
      const signal = signalOf(response);
      response.json(
        session === undefined
          ? await recognition.recognize(photo, { ...within, ...search }, signal)
          : await live.recognize(sessionOfKey(response, session), photo, within, signal),
      );
    })
    .post('/detect', body, async (request, response) => {
      const photo = onePhotoOf(request);
      const search = fieldsOf(request, detectFields);
      response.json(await services().recognition.detect(photo, search, signalOf(response)));
    })
    .post('/verify', body, async (request, response) => {
      const photos = photosOf(request);
      if (photos.length !== 2) {
        throw new RostroError('bad_request', `Send two photos to compare; this request has ${photos.length}.`);
      }
      const pair = [photos[0].bytes, photos[1].bytes] as const;
      const fields = fieldsOf(request, verifyFields);
      const options = { ...fields, limited: !mayListPeople(senderOf(response)) };
      response.json(await services().recognition.verify(pair, options, signalOf(response)));
    });
}

/** Keys do not share sessions, even with equal names. */
function sessionOfKey(response: Response, session: string): string {
  return `${ownerOf(senderOf(response))} ${session}`;
}
