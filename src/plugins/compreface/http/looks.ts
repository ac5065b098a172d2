import { Router, type Response } from 'express';
import type { Services } from '../../../http/services.js';
import { senderOf } from '../../../http/guard.js';
import type { RequestLimits } from '../../../http/photos.js';
import { requestSignal } from '../../../http/request-signal.js';
import { faceWishesOf, imageOf, predictionsOf } from './parameters.js';
import { photoOf, photoParts } from './photo-parts.js';
import { likeness, shapeFace, shapeFaces, shapeNames, versionsOf } from './shape-face.js';

/** CompreFace's detection, recognition and verification of photos. */
export function lookRoutes(services: () => Services, limits: RequestLimits): Router {
  const photos = photoParts(limits);
  const signalOf = (response: Response) => requestSignal(response, limits.deadlineMs);
  return Router()
    .post('/api/v1/detection/detect', photos, async (request, response) => {
      const { looks } = services().compreface;
      const [wishes, photo, signal] = [faceWishesOf(request), photoOf(request, 'file'), signalOf(response)];
      const look = wishes.plugins.has('calculator')
        ? await looks.embed(photo, wishes.choice, signal)
        : await looks.detect(photo, wishes.choice, signal);
      response.json({ result: shapeFaces(look, wishes, () => ({})), ...versionsOf(looks.info, wishes) });
    })
    .post('/api/v1/recognition/recognize', photos, async (request, response) => {
      const { looks } = services().compreface;
      const [wishes, photo] = [faceWishesOf(request), photoOf(request, 'file')];
      const search = { group: senderOf(response).group, predictions: predictionsOf(request) };
      const look = await looks.recognize(photo, search, wishes.choice, signalOf(response));
      const result = shapeFaces(look, wishes, (face) => shapeNames(face, looks.threshold));
      response.json({ result, ...versionsOf(looks.info, wishes) });
    })
    .post('/api/v1/recognition/faces/:image/verify', photos, async (request, response) => {
      const { looks } = services().compreface;
      const { threshold, info } = looks;
      const [wishes, image, photo] = [faceWishesOf(request), imageOf(request), photoOf(request, 'file')];
      const { group } = senderOf(response);
      const { subject, ...look } = await looks.verifyImage(group, image, photo, wishes.choice, signalOf(response));
      const more = ({ distance }: { distance: number }) => ({ subject, ...likeness(distance, threshold), threshold });
      response.json({ result: shapeFaces(look, wishes, more), ...versionsOf(info, wishes) });
    })
    .post('/api/v1/verification/verify', photos, async (request, response) => {
      const { looks } = services().compreface;
      const { threshold, info } = looks;
      const [wishes, signal] = [faceWishesOf(request), signalOf(response)];
      const pair = [photoOf(request, 'source_image'), photoOf(request, 'target_image')] as const;
      const { source, target } = await looks.verify(pair, wishes.choice, signal);
      const more = ({ distance }: { distance: number }) => ({ ...likeness(distance, threshold), threshold });
      const compared = {
        source_image_face: shapeFace(source.faces[0], source, wishes),
        face_matches: shapeFaces(target, wishes, more),
        ...versionsOf(info, wishes),
      };
      response.json({ result: [compared] });
    });
}
