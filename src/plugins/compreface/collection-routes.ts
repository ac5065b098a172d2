import { type Request, type Response, Router } from 'express';
import { sniffImage } from '../../faces/image/sniff.js';
import { senderOf } from '../../http/caller.js';
import { jsonBody } from '../../http/parse.js';
import type { RequestLimits } from '../../http/photos.js';
import { requestSignal } from '../../http/request-signal.js';
import { COMPREFACE_CODES as CODES, CompreFaceError } from './errors.js';
import type { NamedImage } from './face-changes.js';
import {
  imageIdFrom,
  imageOf,
  jsonOnly,
  minConfidenceOf,
  notBlank,
  pageOf,
  photoOf,
  photoParts,
  requiredSubjectOf,
  subjectOf,
} from './request.js';
import type { CompreFaceServices } from './services.js';

const subjectBody = Router().use(jsonOnly, jsonBody(16 * 1024, Infinity));

/** The subjects of a key's group. */
export function subjectRoutes(services: () => CompreFaceServices): Router {
  return Router()
    .get('/api/v1/recognition/subjects', async (_request, response) => {
      response.json({ subjects: await services().collection.subjects(senderOf(response).group) });
    })
    .post('/api/v1/recognition/subjects', subjectBody, async (request, response) => {
      const { subjects } = services();
      const subject = await subjects.add(senderOf(response).group, subjectIn(request));
      response.status(201).json({ subject });
    })
    .delete('/api/v1/recognition/subjects', async (_request, response) => {
      const removed = await services().subjects.removeAll(senderOf(response).group);
      response.json({ deleted: removed.subjects });
    })
    .put('/api/v1/recognition/subjects/:subject', subjectBody, async (request, response) => {
      const { subjects } = services();
      const updated = await subjects.rename(
        senderOf(response).group,
        String(request.params.subject),
        subjectIn(request),
      );
      response.json({ updated });
    })
    .delete('/api/v1/recognition/subjects/:subject', async (request, response) => {
      const { subjects } = services();
      response.json({ subject: await subjects.remove(senderOf(response).group, request.params.subject) });
    });
}

/** @throws CompreFaceError if it is missing or blank */
function subjectIn(request: Request): string {
  const { subject } = (request.body ?? {}) as { subject?: unknown };
  return notBlank(typeof subject === 'string' ? subject : '');
}

const idListBody = Router().use(jsonOnly, jsonBody(1024 * 1024, Infinity));

/** The examples of a group's subjects. */
export function exampleRoutes(services: () => CompreFaceServices, limits: RequestLimits): Router {
  return Router()
    .get('/api/v1/recognition/faces', async (request, response) => {
      const { images, page, size, total } = await services().collection.page(senderOf(response).group, pageOf(request));
      response.json({
        faces: images.map(({ imageId, person }) => ({ image_id: imageId, subject: person.name })),
        page_number: page,
        page_size: size,
        total_pages: Math.ceil(total / size),
        total_elements: total,
      });
    })
    .post('/api/v1/recognition/faces', photoParts(limits), async (request, response) => {
      const added = await services().faces.add(senderOf(response).group, {
        subject: requiredSubjectOf(request),
        bytes: photoOf(request, 'file'),
        minConfidence: minConfidenceOf(request),
        signal: requestSignal(response, limits.deadlineMs),
      });
      response.status(201).json(imageReply(added));
    })
    .delete('/api/v1/recognition/faces', async (request, response) => {
      const { subjects, faces } = services();
      const [{ group }, subject] = [senderOf(response), subjectOf(request)];
      const deleted =
        subject === undefined ? (await subjects.removeAll(group)).images : await faces.removeOf(group, subject);
      response.json({ deleted });
    })
    .post('/api/v1/recognition/faces/delete', idListBody, async (request, response) => {
      const removed = await services().faces.removeSome(senderOf(response).group, idsIn(request.body));
      response.json(removed.map(imageReply));
    })
    .delete('/api/v1/recognition/faces/:image', async (request, response) => {
      const { faces } = services();
      response.json(imageReply(await faces.remove(senderOf(response).group, imageOf(request))));
    })
    .get('/api/v1/recognition/faces/:image/img', async (request, response) => {
      await sendImage(services(), imageOf(request), response);
    })
    .get('/api/v1/static/:apiKey/images/:image', async (request, response) => {
      // The URL contains the key, so pages of other sites may show the picture.
      response.set('Cross-Origin-Resource-Policy', 'cross-origin');
      await sendImage(services(), imageOf(request), response);
    });
}

/** The kept crop; an empty body if there is none, as in CompreFace. */
async function sendImage({ collection }: CompreFaceServices, imageId: string, response: Response): Promise<void> {
  const crop = await collection.crop(senderOf(response).group, imageId);
  response.type((crop && sniffImage(crop)) ?? 'jpeg').send(Buffer.from(crop ?? []));
}

function imageReply({ imageId, subject }: NamedImage) {
  return { image_id: imageId, subject };
}

/** @throws CompreFaceError */
function idsIn(body: unknown): string[] {
  if (Array.isArray(body)) return body.map(imageIdFrom);
  throw new CompreFaceError(CODES.argument, 'The body should be a list of image ids');
}
