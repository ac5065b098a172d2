import sharp from 'sharp';
import type { DetectedFace, Detector } from '../detect/detector.js';
import type { RgbImage } from '../image/image.js';
import { withMargin } from '../image/margin.js';
import { quantise } from '../image/quantise.js';
import { resampleRegion } from '../image/resample.js';
import type { AlignedFace, Alignment, AlignOptions } from './batch.js';
import { centralFace } from './central-face.js';

/**
 * The central face, or every face, cut out with its margin and stretched to a square, as FaceNet's input is (but rounded
 * to 8 bits). Ports align_dataset_mtcnn.py of davidsandberg/facenet, with this house's crop.
 */
export async function alignFaces(image: RgbImage, detector: Detector, options: AlignOptions): Promise<Alignment> {
  const found = await detector.detect(image);
  const central = centralFace(found, image);
  const wanted = options.everyFace || central === null ? found : [central];
  return {
    image: { width: image.width, height: image.height },
    facesFound: found.length,
    faces: await Promise.all(wanted.map((face) => alignedFace(image, face, options))),
  };
}

async function alignedFace(
  image: RgbImage,
  { box, confidence, landmarks }: DetectedFace,
  { sizePx, margin }: AlignOptions,
): Promise<AlignedFace> {
  const pixels = new Float32Array(3 * sizePx * sizePx);
  resampleRegion(image, withMargin(box, margin, image.width, image.height), sizePx, sizePx, pixels);
  const raw = { width: sizePx, height: sizePx, channels: 3 } as const;
  const png = await sharp(quantise(pixels), { raw }).png().toBuffer();
  return { box, confidence, landmarks, png };
}
