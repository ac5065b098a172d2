import type { Session } from '../../src/engine/engine.js';
import type { RgbImage } from '../../src/faces/image/image.js';
import { detectTwice } from './border.js';
import { embedFace } from './facenet.js';
import { detectFaces, type MtcnnNetworks, type ReferenceFace } from './mtcnn.js';

/**
 * The plain, slow path from pixels to names that the fast one in `src/` has to agree with. It shares the decoder, the
 * converted networks and the engine with it, and no other code: no sums over the picture, no strips, no batches.
 */
export interface ReferenceNetworks extends MtcnnNetworks {
  readonly facenet: Session;
}

export interface EmbeddedReferenceFace extends ReferenceFace {
  readonly embedding: Float32Array;
}

export interface Example {
  readonly name: string;
  readonly embedding: Float32Array;
}

/** Every face of the picture, by descending confidence. */
export async function lookAt(
  networks: ReferenceNetworks,
  image: RgbImage,
  minFacePx: number,
): Promise<EmbeddedReferenceFace[]> {
  const faces = await detectTwice((picture) => detectFaces(networks, picture, minFacePx), image);
  const embedded: EmbeddedReferenceFace[] = [];
  for (const face of faces) {
    embedded.push({ ...face, embedding: await embedFace(networks.facenet, image, face.box) });
  }
  return embedded;
}

/** Whose example lies nearest, if it lies within the threshold. */
export function nameOf(embedding: Float32Array, gallery: readonly Example[], threshold: number): string | null {
  let nearest: { name: string; distance: number } | null = null;
  for (const example of gallery) {
    const distance = distanceBetween(embedding, example.embedding);
    if (nearest === null || distance < nearest.distance) nearest = { name: example.name, distance };
  }
  return nearest !== null && nearest.distance <= threshold ? nearest.name : null;
}

/** Plain Euclidean. */
export function distanceBetween(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return Math.sqrt(sum);
}
