import { type Request, type RequestHandler, type Response, Router } from 'express';
import type { z } from 'zod';
import type { Identity } from '../../access/gate.js';
import { mayListPeople, senderOf } from '../../http/caller.js';
import { limitedDistance } from '../../people/naming.js';
import { jsonBody } from '../../http/parse.js';
import type { RequestLimits } from '../../http/photos.js';
import { requestSignal } from '../../http/request-signal.js';
import { COMPREFACE_CODES as CODES, CompreFaceError } from './errors.js';
import type { FaceAnalysis } from './face-analysis.js';
import { similarity, faceJson, facesJson, namesJson, subjectsJson, versionsOf } from './face-json.js';
import { faceOptionsOf, imageOf, jsonOnly, photoOf, photoParts, predictionsOf } from './request.js';
import { comparedBody, searchedBody } from './schemas.js';
import type { CompreFaceServices } from './services.js';

/** Detection, recognition and verification of photos. */
export function photoRoutes(services: () => CompreFaceServices, limits: RequestLimits): Router {
  const photos = photoParts(limits);
  const signalOf = (response: Response) => requestSignal(response, limits.deadlineMs);
  return Router()
    .post('/api/v1/detection/detect', photos, async (request, response) => {
      const { analysis } = services();
      const [options, photo, signal] = [faceOptionsOf(request), photoOf(request, 'file'), signalOf(response)];
      const photoFaces = options.plugins.has('calculator')
        ? await analysis.embed(photo, options.filter, signal)
        : await analysis.detect(photo, options.filter, signal);
      response.json({ result: facesJson(photoFaces, options, () => ({})), ...versionsOf(analysis.info, options) });
    })
    .post('/api/v1/recognition/recognize', photos, async (request, response) => {
      const { analysis } = services();
      const [options, photo] = [faceOptionsOf(request), photoOf(request, 'file')];
      const sender = senderOf(response);
      const search = { group: sender.group, predictions: predictionsOf(request), limited: !mayListPeople(sender) };
      const photoFaces = await analysis.recognize(photo, search, options.filter, signalOf(response));
      const result = facesJson(photoFaces, options, namesJson);
      response.json({ result, ...versionsOf(analysis.info, options) });
    })
    .post('/api/v1/recognition/faces/:image/verify', photos, async (request, response) => {
      const { analysis } = services();
      const { threshold, info } = analysis;
      const [options, image, photo] = [faceOptionsOf(request), imageOf(request), photoOf(request, 'file')];
      const sender = senderOf(response);
      const { subject, ...photoFaces } = await analysis.verifyImage(
        sender.group,
        image,
        photo,
        options.filter,
        signalOf(response),
      );
      const addSimilarity = ({ distance }: { distance: number }) => {
        if (distance > threshold && !mayListPeople(sender)) return { ...NOT_SIMILAR, threshold };
        return { subject, ...similarityFor(sender, distance, analysis), threshold };
      };
      response.json({ result: facesJson(photoFaces, options, addSimilarity), ...versionsOf(info, options) });
    })
    .post('/api/v1/verification/verify', photos, async (request, response) => {
      const { analysis } = services();
      const { threshold, info } = analysis;
      const [options, signal] = [faceOptionsOf(request), signalOf(response)];
      const pair = [photoOf(request, 'source_image'), photoOf(request, 'target_image')] as const;
      const { source, target } = await analysis.verify(pair, options.filter, signal);
      const addSimilarity = ({ distance }: { distance: number }) => ({
        ...similarityFor(senderOf(response), distance, analysis),
        threshold,
      });
      const compared = {
        source_image_face: faceJson(source.faces[0], source, options),
        face_matches: facesJson(target, options, addSimilarity),
        ...versionsOf(info, options),
      };
      response.json({ result: [compared] });
    });
}

/** A face that is not the person of the image, for a sender who may not list people. */
const NOT_SIMILAR = { subject: null, similarity: 0, distance: null, false_match_rate: null };

function similarityFor(sender: Identity, exact: number, analysis: FaceAnalysis) {
  const distance = mayListPeople(sender) ? exact : limitedDistance(exact);
  return similarity(distance, analysis.threshold, analysis.pairRate(distance));
}

/** Of one request, because each is a search. */
const MAX_EMBEDDINGS = 20;
/** 512 values each, and some room. */
const MAX_MARKS = 25_000;
const MAX_BODY_BYTES = 1024 * 1024;
/** Embeddings as the plugin "calculator" returns them. */
const embeddingsBody: RequestHandler = Router().use(jsonOnly, jsonBody(MAX_BODY_BYTES, MAX_MARKS));

/** Recognition and verification of embeddings that the client has stored. */
export function embeddingRoutes(services: () => CompreFaceServices): Router {
  return Router()
    .post('/api/v1/recognition/embeddings/recognize', embeddingsBody, async (request, response) => {
      const { analysis } = services();
      const [embeddings, predictions] = [embeddingsOf(request), predictionsOf(request)];
      const { found, threshold } = await analysis.recognizeEmbeddings(embeddings, {
        group: senderOf(response).group,
        predictions,
      });
      const result = embeddings.map((embedding, i) => ({
        embedding: [...embedding],
        similarities: subjectsJson(found[i], threshold),
      }));
      response.json({ result });
    })
    .post('/api/v1/recognition/embeddings/faces/:image/verify', embeddingsBody, async (request, response) => {
      const { analysis } = services();
      const [image, embeddings] = [imageOf(request), embeddingsOf(request)];
      const distances = await analysis.distancesToImage(senderOf(response).group, image, embeddings);
      response.json({ result: compared(embeddings, distances, analysis) });
    })
    .post('/api/v1/verification/embeddings/verify', embeddingsBody, (request, response) => {
      const { analysis } = services();
      const { source, targets } = sourceAndTargetsOf(request);
      response.json({ result: compared(targets, analysis.distances(source, targets), analysis) });
    });
}

/** The most similar first, as in CompreFace. */
function compared(
  embeddings: readonly Float32Array[],
  distances: readonly number[],
  analysis: CompreFaceServices['analysis'],
) {
  const { threshold } = analysis;
  return embeddings
    .map((embedding, i) => ({
      embedding: [...embedding],
      ...similarity(distances[i], threshold, analysis.pairRate(distances[i])),
    }))
    .sort((a, b) => a.distance - b.distance);
}

/** @throws CompreFaceError */
function embeddingsOf({ body }: Request): Float32Array[] {
  return counted(parsed(searchedBody, body).embeddings);
}

/** @throws CompreFaceError */
function sourceAndTargetsOf({ body }: Request): { source: Float32Array; targets: Float32Array[] } {
  const { source, targets } = parsed(comparedBody, body);
  return { source: Float32Array.from(source), targets: counted(targets) };
}

function parsed<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const [{ path, message }] = result.error.issues;
  throw new CompreFaceError(CODES.argument, `The body is not usable: ${path.join('.')}: ${message}`);
}

function counted(embeddings: readonly number[][]): Float32Array[] {
  const { length } = embeddings;
  if (length >= 1 && length <= MAX_EMBEDDINGS) return embeddings.map((values) => Float32Array.from(values));
  throw new CompreFaceError(
    CODES.embeddingCount,
    `1 to ${MAX_EMBEDDINGS} embeddings were expected, and ${length} came`,
  );
}
