import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { RostroError } from '../../shared/errors.js';
import { loadOpenCv, type Cascade, type CascadeHit } from '../../engine/opencv.js';
import { type RgbImage, toGrey } from '../image/image.js';
import { shrinkTo } from '../image/resize-area.js';
import type { DetectedFace, Detector } from './detector.js';

/** A larger photo is shrunk to this longer side: the time grows with the pixels, half a second a megapixel. */
export const HAAR_MAX_SIDE_PX = 800;
/** OpenCV's default. With 1.05 the same faces are found in twice the time, with 1.2 three in a hundred fewer. */
const SCALE_FACTOR = 1.1;
/** OpenCV's default of 3 takes twice as many wrong boxes for faces (12 in 100 instead of 6), and finds 1 in 100 more. */
const MIN_NEIGHBORS = 5;
/** Of the published cascades; the published one has 930,127 bytes. Keeps a wrong file from being parsed for minutes. */
const MAX_CASCADE_BYTES = 16 * 1024 * 1024;

export interface HaarOptions {
  /** `haarcascade_frontalface_default.xml` or another cascade for faces seen from the front. */
  readonly path: string;
  /** Smallest face that is looked for, pixels of the photo; 24 pixels of the shrunk photo at least. */
  readonly minFacePx: number;
}

/**
 * Viola and Jones's detector with the cascade by Rainer Lienhart, run by OpenCV itself (`detectMultiScale`) on the grey
 * photo. Boxes only, squares from the brows to the chin: a quarter wider than MTCNN's and a little lower.
 * @throws RostroError `model_missing`, `bad_model_file`
 */
export async function loadHaar({ path, minFacePx }: HaarOptions): Promise<Detector> {
  const cascade = await loadCascade(path);
  return {
    id: 'haar',
    detect(image) {
      const small = shrinkTo(image, HAAR_MAX_SIDE_PX);
      const minSizePx = Math.round((minFacePx * small.width) / image.width);
      const options = { scaleFactor: SCALE_FACTOR, minNeighbors: MIN_NEIGHBORS, minSizePx };
      const hits = cascade.find(toGrey(small), options);
      const faces = hits.map((hit) => faceInImage(hit, small, image));
      return Promise.resolve(faces.sort((a, b) => b.confidence - a.confidence));
    },
    dispose() {
      cascade.dispose();
      return Promise.resolve();
    },
  };
}

async function loadCascade(path: string): Promise<Cascade> {
  const xml = await readCascade(path);
  if (xml.length > MAX_CASCADE_BYTES) throw badCascade(path, 'it is far too large', undefined);
  const opencv = await loadOpenCv();
  try {
    return opencv.loadCascade(xml);
  } catch (cause) {
    throw badCascade(path, 'OpenCV cannot read it; it is truncated or something else', cause);
  }
}

async function readCascade(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new RostroError('model_missing', `The cascade ${path} cannot be read.`, { cause });
  }
}

function badCascade(path: string, reason: string, cause: unknown): RostroError {
  return new RostroError(
    'bad_model_file',
    `${basename(path)} is not a usable Haar cascade: ${reason}. "rostro models pull" fetches the published one.`,
    { cause },
  );
}

function faceInImage({ box, neighbors }: CascadeHit, small: RgbImage, image: RgbImage): DetectedFace {
  const scaleX = image.width / small.width;
  const scaleY = image.height / small.height;
  return {
    box: { x: box.x * scaleX, y: box.y * scaleY, width: box.width * scaleX, height: box.height * scaleY },
    confidence: confidenceOf(neighbors),
    landmarks: null,
  };
}

/**
 * A cascade gives no probability; the number of windows that agree tells true boxes from wrong ones. On 648 photos
 * (742 faces by MTCNN) half of the boxes with 5 agreeing windows were faces, 90 % with 10 to 20, all with 30 and more:
 * 1 - 2^(-n / 5) follows that.
 */
function confidenceOf(neighbors: number): number {
  return 1 - 2 ** (-neighbors / 5);
}
