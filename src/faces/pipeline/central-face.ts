import { sharp } from '../image/sharp.js';
import type { DetectedFace, Detector } from '../detect/detector.js';
import type { Embedder } from '../embed/embedder.js';
import type { Box } from '../image/box.js';
import { withMargin } from '../image/crop-area.js';
import { quantise, type RgbImage } from '../image/image.js';
import { resampleRegion } from '../image/resample.js';
import type { AlignedFace, Alignment, AlignOptions, CentralFace, CentralOptions } from './pipeline.js';

/** Source: davidsandberg/facenet, src/align/align_dataset_mtcnn.py ("some extra weight on the centering"). */
const CENTRING_WEIGHT = 2;

/** The large face near the centre: the largest area minus twice the squared distance of the centres. Ports align_dataset_mtcnn.py. */
export function centralFace<T extends { readonly box: Box }>(
  faces: readonly T[],
  { width, height }: { readonly width: number; readonly height: number },
): T | null {
  const prominence = ({ box }: T): number => {
    const offsetX = box.x + (box.width - width) / 2;
    const offsetY = box.y + (box.height - height) / 2;
    return box.width * box.height - CENTRING_WEIGHT * (offsetX ** 2 + offsetY ** 2);
  };
  return faces.reduce<T | null>((best, face) => (best && prominence(best) >= prominence(face) ? best : face), null);
}

/** Finds and embeds the central face. */
export async function embedCentral(
  image: RgbImage,
  { detector, embedder }: { readonly detector: Detector; readonly embedder: Embedder },
  options: CentralOptions,
): Promise<CentralFace> {
  const { width, height } = image;
  const found = options.aligned ? [wholePicture(image)] : await detector.detect(image);
  const chosen = centralFace(found, image);
  if (chosen === null) return { image: { width, height }, facesFound: 0, face: null, mirrored: null };
  const { embedding, mirrored } = await embedOne(image, chosen, embedder, options.mirrored);
  const { box, confidence, landmarks } = chosen;
  return {
    image: { width, height },
    facesFound: found.length,
    face: { box, confidence, landmarks, embedding, live: null },
    mirrored,
  };
}

async function embedOne(image: RgbImage, face: DetectedFace, embedder: Embedder, withMirrored: boolean) {
  if (withMirrored) return (await embedder.embedWithMirrored(image, [face]))[0];
  return { embedding: (await embedder.embed(image, [face]))[0], mirrored: null };
}

function wholePicture({ width, height }: RgbImage): DetectedFace {
  return { box: { x: 0, y: 0, width, height }, confidence: 1, landmarks: null };
}

/**
 * The central face, or every face, cut out with its margin and stretched to a square, as FaceNet's input is (but rounded
 * to 8 bits). Ports align_dataset_mtcnn.py of davidsandberg/facenet, with the crop of this project.
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
