import type { EmbeddedFace, Pipeline } from '../pipeline/pipeline.js';
import type { ExampleDetails } from '../store/gallery.js';
import { iou } from '../vision/box.js';

/** @returns the embedding of the face in a kept crop, null where none is found */
export type EmbedCrop = (
  crop: Uint8Array,
  example: { readonly details: ExampleDetails | null },
) => Promise<Float32Array | null>;

/** Embeds the face that a crop was kept for: the one that lies where the example says, or else the largest. */
export function cropEmbedder(pipeline: Pick<Pipeline, 'analyse'>): EmbedCrop {
  return async (crop, { details }) => {
    const { faces } = await pipeline.analyse(crop);
    const overlap = ({ box }: EmbeddedFace) => (details ? iou(box, details.boxInCrop) : box.width * box.height);
    const best = faces.reduce<EmbeddedFace | null>((a, b) => (a && overlap(a) >= overlap(b) ? a : b), null);
    return best?.embedding ?? null;
  };
}
