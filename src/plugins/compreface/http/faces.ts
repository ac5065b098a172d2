import express, { Router, type Response } from 'express';
import type { NamedImage } from '../face-changes.js';
import type { Services } from '../../../http/services.js';
import { sniffImage } from '../../../faces/image/sniff.js';
import { senderOf } from '../../../http/guard.js';
import type { RequestLimits } from '../../../http/photos.js';
import { requestSignal } from '../../../http/request-signal.js';
import { COMPREFACE_CODES as CODES, CompreFaceError } from './errors.js';
import { imageIdFrom, imageOf, minConfidenceOf, pageOf, requiredSubjectOf, subjectOf } from './parameters.js';
import { jsonOnly, photoOf, photoParts } from './photo-parts.js';

const json = Router().use(jsonOnly, express.json({ limit: '1mb' }));

/** The examples of a group's subjects. */
export function faceRoutes(services: () => Services, limits: RequestLimits): Router {
  return Router()
    .get('/api/v1/recognition/faces', async (request, response) => {
      const { images, page, size, total } = await services().compreface.collection.page(
        senderOf(response).group,
        pageOf(request),
      );
      response.json({
        faces: images.map(({ imageId, person }) => ({ image_id: imageId, subject: person.name })),
        page_number: page,
        page_size: size,
        total_pages: Math.ceil(total / size),
        total_elements: total,
      });
    })
    .post('/api/v1/recognition/faces', photoParts(limits), async (request, response) => {
      const added = await services().compreface.faces.add(senderOf(response).group, {
        subject: requiredSubjectOf(request),
        bytes: photoOf(request, 'file'),
        minConfidence: minConfidenceOf(request),
        signal: requestSignal(response, limits.deadlineMs),
      });
      response.status(201).json(imageReply(added));
    })
    .delete('/api/v1/recognition/faces', async (request, response) => {
      const { subjects, faces } = services().compreface;
      const [{ group }, subject] = [senderOf(response), subjectOf(request)];
      const deleted =
        subject === undefined ? (await subjects.removeAll(group)).images : await faces.removeOf(group, subject);
      response.json({ deleted });
    })
    .post('/api/v1/recognition/faces/delete', json, async (request, response) => {
      const removed = await services().compreface.faces.removeSome(senderOf(response).group, idsIn(request.body));
      response.json(removed.map(imageReply));
    })
    .delete('/api/v1/recognition/faces/:image', async (request, response) => {
      const { faces } = services().compreface;
      response.json(imageReply(await faces.remove(senderOf(response).group, imageOf(request))));
    })
    .get('/api/v1/recognition/faces/:image/img', async (request, response) => {
      await sendImage(services(), imageOf(request), response);
    })
    .get('/api/v1/static/:apiKey/images/:image', async (request, response) => {
      // The key is in the address, so another site's page may show the picture to whoever has that.
      response.set('Cross-Origin-Resource-Policy', 'cross-origin');
      await sendImage(services(), imageOf(request), response);
    });
}

/** The crop that was kept; nothing where there is none, as CompreFace answers. */
async function sendImage({ compreface }: Services, imageId: string, response: Response): Promise<void> {
  const crop = await compreface.collection.crop(senderOf(response).group, imageId);
  response
    .type((crop && sniffImage(crop)) ?? 'jpeg')
    .set('Cache-Control', 'private, no-cache')
    .send(Buffer.from(crop ?? []));
}

function imageReply({ imageId, subject }: NamedImage) {
  return { image_id: imageId, subject };
}

/** @throws CompreFaceError */
function idsIn(body: unknown): string[] {
  if (Array.isArray(body)) return body.map(imageIdFrom);
  throw new CompreFaceError(CODES.argument, 'The body should be a list of image ids');
}
