import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { RostroError } from '../../shared/errors.js';
import { loadOpenCv, type Cascade, type CascadeHit } from '../../engine/opencv.js';
import { type RgbImage, toGrey } from '../image/image.js';
import { shrinkTo } from '../image/resize-area.js';
import type { DetectedFace, Detector } from './detector.js';

/** Larger photos are shrunk to this longer side: the time grows with the pixels, half a second per megapixel. */
export const HAAR_MAX_SIDE_PX = 800;
/** Side of the window that the published cascade was trained on. */
const CASCADE_WINDOW_PX = 24;
/** OpenCV's default. 1.05 finds the same faces in twice the time; 1.2 finds 3 % fewer. */
const SCALE_FACTOR = 1.1;
/** OpenCV's default of 3 doubles the false boxes (12 % instead of 6 %) and finds 1 % more faces. */
const MIN_NEIGHBORS = 5;
/** Rejects wrong files before they are parsed for minutes; the published cascade has 930,127 bytes. */
const MAX_CASCADE_BYTES = 16 * 1024 * 1024;

export interface HaarOptions {
  /** `haarcascade_frontalface_default.xml` or another cascade for frontal faces. */
  readonly path: string;
  /** Smallest face to detect, pixels of the photo; at least 24 pixels of the shrunk photo. */
  readonly minFacePx: number;
}

/**
 * The Viola-Jones detector with Rainer Lienhart's cascade, run by OpenCV (`detectMultiScale`) on the grey photo. Boxes
 * only: squares from brows to chin, 25 % wider than MTCNN's and slightly lower.
 * @throws RostroError `model_missing`, `bad_model_file`
 */
export async function loadHaar({ path, minFacePx }: HaarOptions): Promise<Detector> {
  const cascade = await loadCascade(path);
  return {
    id: 'haar',
    smallestFacePx: ({ width, height }) =>
      Math.max(minFacePx, CASCADE_WINDOW_PX * Math.max(1, Math.max(width, height) / HAAR_MAX_SIDE_PX)),
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
  if (xml.length > MAX_CASCADE_BYTES) throw badCascade(path, 'it is too large', undefined);
  const opencv = await loadOpenCv();
  try {
    return opencv.loadCascade(xml);
  } catch (cause) {
    throw badCascade(path, 'OpenCV cannot read it; it is truncated or another file', cause);
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
 * Converts the number of agreeing windows to a confidence; a cascade gives no probability. On 648 photos (742 faces by
 * MTCNN), 50 % of the boxes with 5 agreeing windows were faces, 90 % with 10 to 20, all with 30 or more: 1 - 2^(-n / 5)
 * follows that.
 */
function confidenceOf(neighbors: number): number {
  return 1 - 2 ** (-neighbors / 5);
}
