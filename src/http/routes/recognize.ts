import { Router } from 'express';
import { RostroError } from '../../errors.js';
import type { Services } from '../../service/services.js';
import { sessionOf, thresholdOf } from '../parse.js';
import { onePhotoOf, photoBody, photosOf, type BodyLimits } from '../photos.js';

/** `POST /recognize`, `/detect` and `/verify`: look at photos and keep nothing of them. */
export function recognizeRoutes(services: () => Services, limits: BodyLimits): Router {
  const body = photoBody(limits);
  return Router()
    .post('/recognize', body, async (request, response) => {
      const { recognition, live } = services();
      const [photo, session, threshold] = [onePhotoOf(request), sessionOf(request), thresholdOf(request)];
      response.json(
        session === undefined
          ? await recognition.recognize(photo, threshold)
          : await live.recognize(session, photo, threshold),
      );
    })
    .post('/detect', body, async (request, response) => {
      response.json(await services().recognition.detect(onePhotoOf(request)));
    })
    .post('/verify', body, async (request, response) => {
      const photos = photosOf(request);
      if (photos.length !== 2) {
        throw new RostroError('bad_request', `Send two photos to compare; this request has ${photos.length}.`);
      }
      response.json(await services().recognition.verify(photos[0].bytes, photos[1].bytes, thresholdOf(request)));
    });
}
