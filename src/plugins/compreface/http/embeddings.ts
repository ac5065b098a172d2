import { type Request, type RequestHandler, Router } from 'express';
import { z } from 'zod';
import { senderOf } from '../../../http/guard.js';
import { jsonBody } from '../../../http/parse.js';
import type { Services } from '../../../http/services.js';
import { COMPREFACE_CODES as CODES, CompreFaceError } from './errors.js';
import { imageOf, predictionsOf } from './parameters.js';
import { jsonOnly } from './photo-parts.js';
import { likeness, shapeSubjects } from './shape-face.js';

/** CompreFace's recognition and verification of embeddings that a client has kept. */
export function embeddingRoutes(services: () => Services): Router {
  return Router()
    .post('/api/v1/recognition/embeddings/recognize', embeddingsBody, async (request, response) => {
      const { looks } = services().compreface;
      const [embeddings, predictions] = [embeddingsOf(request), predictionsOf(request)];
      const found = await looks.recognizeEmbeddings(embeddings, { group: senderOf(response).group, predictions });
      const result = embeddings.map((embedding, i) => ({
        embedding: [...embedding],
        similarities: shapeSubjects(found[i], looks.threshold),
      }));
      response.json({ result });
    })
    .post('/api/v1/recognition/embeddings/faces/:image/verify', embeddingsBody, async (request, response) => {
      const { looks } = services().compreface;
      const [image, embeddings] = [imageOf(request), embeddingsOf(request)];
      const distances = await looks.distancesToImage(senderOf(response).group, image, embeddings);
      response.json({ result: compared(embeddings, distances, looks.threshold) });
    })
    .post('/api/v1/verification/embeddings/verify', embeddingsBody, (request, response) => {
      const { looks } = services().compreface;
      const { source, targets } = sourceAndTargetsOf(request);
      response.json({ result: compared(targets, looks.distances(source, targets), looks.threshold) });
    });
}

/** The most similar first, as CompreFace tells them. */
function compared(embeddings: readonly Float32Array[], distances: readonly number[], threshold: number) {
  return embeddings
    .map((embedding, i) => ({ embedding: [...embedding], ...likeness(distances[i], threshold) }))
    .sort((a, b) => a.distance - b.distance);
}

/** Each is searched for, so there is an end to them. */
const MAX_EMBEDDINGS = 20;
/** 512 values each, and some room. */
const MAX_MARKS = 25_000;
const MAX_BODY_BYTES = 1024 * 1024;
/** Beyond it a value is infinite: (2 - 2^-23) * 2^127 (IEEE 754, binary32). */
const MAX_FLOAT32 = (2 - 2 ** -23) * 2 ** 127;

const embedding = z.array(z.number().min(-MAX_FLOAT32).max(MAX_FLOAT32));
export const searchedBody = z.object({ embeddings: z.array(embedding) });
export const comparedBody = z.object({ source: embedding, targets: z.array(embedding) });

/** Embeddings as `calculator` told them. */
export const embeddingsBody: RequestHandler = Router().use(jsonOnly, jsonBody(MAX_BODY_BYTES, MAX_MARKS));

/** @throws CompreFaceError */
export function embeddingsOf({ body }: Request): Float32Array[] {
  return counted(parsed(searchedBody, body).embeddings);
}

/** @throws CompreFaceError */
export function sourceAndTargetsOf({ body }: Request): { source: Float32Array; targets: Float32Array[] } {
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
