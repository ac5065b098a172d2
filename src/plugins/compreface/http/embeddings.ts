import { Router } from 'express';
import type { Services } from '../../../http/services.js';
import { senderOf } from '../../../http/guard.js';
import { embeddingsBody, embeddingsOf, sourceAndTargetsOf } from './embeddings-body.js';
import { imageOf, predictionsOf } from './parameters.js';
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
