import type { EmbeddedFace, Pipeline } from '../faces/pipeline/pipeline.js';
import type { ExampleDetails } from '../gallery/gallery.js';
import { iou } from '../faces/image/box.js';

/**
 * The face that a crop was kept for: the one that lies where the example says, or else the largest.
 * @param details of the example; null where they are not known
 * @returns null where no face is found
 * @throws RostroError those of the pipeline for unusable photos
 */
export async function faceInCrop(
  pipeline: Pick<Pipeline, 'analyse'>,
  crop: Uint8Array,
  details: ExampleDetails | null,
): Promise<EmbeddedFace | null> {
  const { faces } = await pipeline.analyse(crop);
  const overlap = ({ box }: EmbeddedFace) => (details ? iou(box, details.boxInCrop) : box.width * box.height);
  return faces.reduce<EmbeddedFace | null>((a, b) => (a && overlap(a) >= overlap(b) ? a : b), null);
}
