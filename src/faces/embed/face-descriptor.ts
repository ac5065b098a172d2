import type { Engine } from '../../engine/engine.js';
import { cachedFaceApi } from '../../models/convert/import/face-api/convert.js';
import { DESCRIPTOR_DIMENSION, DESCRIPTOR_INPUT_SIZE_PX } from '../../models/convert/import/face-api/descriptor.js';
import { type Box, clipToImage, type Point } from '../image/box.js';
import type { RgbImage } from '../image/image.js';
import { centresOf68, cutCrops, type Face68, mean, runOnCrops } from '../landmarks/face68.js';
import {
  type Embedder,
  type EmbedderContract,
  embedderOf,
  type EmbeddingNetwork,
  type FaceCropper,
  type FaceRegion,
} from './embedder.js';

/** dlib's and face-api's own. Source: dlib, examples/dnn_face_recognition_ex.cpp; @vladmandic/face-api, src/globalApi/FaceMatcher.ts. */
const THRESHOLD = 0.6;
/** Rises when the crop or the standardisation changes: descriptors before and after are not to be compared. */
const CROP = 'dlib1';
const HASH_PREFIX = 8;

/**
 * face-api's 128-value face descriptor: landmarks -> dlib's upright square -> clipped at the image -> centred in black ->
 * 150×150. Ports `withFaceLandmarks().withFaceDescriptors()` of @vladmandic/face-api. Descriptors are raw, with a length
 * around 1.4: the threshold holds for them as they are.
 *
 * @param face68 looks at faces that come without landmarks; stays the caller's to dispose
 * @param modelDir the folder `model` of the package @vladmandic/face-api
 * @throws RostroError `model_missing`, `bad_model_file`
 */
export async function loadFaceDescriptor(
  engine: Engine,
  face68: Face68,
  modelDir: string,
  cacheDir: string,
): Promise<Embedder> {
  return embedderOf(descriptorCropper(face68), await loadDescriptorNetwork(engine, modelDir, cacheDir));
}

/** Cuts the aligned square of each face, R G B planes (CHW), 0..255. */
export function descriptorCropper(face68: Face68): FaceCropper {
  return {
    async crop(image, faces) {
      const points = await landmarksOf(face68, image, faces);
      const squares = faces.map(({ box }, i) => clipToImage(alignedBox(points[i], clipToImage(box, image)), image));
      return cutCrops(image, squares, DESCRIPTOR_INPUT_SIZE_PX);
    },
  };
}

/** The network alone. @throws RostroError `model_missing`, `bad_model_file` */
export async function loadDescriptorNetwork(
  engine: Engine,
  modelDir: string,
  cacheDir: string,
): Promise<EmbeddingNetwork> {
  const { model, contract } = await converted(modelDir, cacheDir);
  const session = await engine.load(model.path);
  return {
    contract,
    cropLength: 3 * DESCRIPTOR_INPUT_SIZE_PX ** 2,
    provider: engine.provider,
    embed: (crops) => runOnCrops(session, crops, DESCRIPTOR_INPUT_SIZE_PX),
    dispose: () => session.dispose(),
  };
}

/** The contract of the network without loading it. @throws RostroError as {@link loadDescriptorNetwork} */
export async function descriptorContract(modelDir: string, cacheDir: string): Promise<EmbedderContract> {
  return (await converted(modelDir, cacheDir)).contract;
}

async function converted(modelDir: string, cacheDir: string) {
  const model = await cachedFaceApi('descriptor', modelDir, cacheDir);
  const landmarks = await cachedFaceApi('landmarks68', modelDir, cacheDir);
  return { model, contract: contractOf(model.contentHash, landmarks.contentHash) };
}

/** The weights of both networks decide the descriptor: the landmarks place its crop. */
function contractOf(descriptorHash: string, landmarksHash: string): EmbedderContract {
  const hashes = [descriptorHash, landmarksHash].map((hash) => hash.slice(0, HASH_PREFIX));
  return {
    id: ['face-api', ...hashes, CROP].join('-'),
    name: 'face-api',
    dimension: DESCRIPTOR_DIMENSION,
    inputSizePx: DESCRIPTOR_INPUT_SIZE_PX,
    threshold: THRESHOLD,
    adoptsUnlabelledRows: false,
  };
}

/** The points that the detector found, or else those found now. */
async function landmarksOf(
  face68: Face68,
  image: RgbImage,
  faces: readonly FaceRegion[],
): Promise<(readonly Point[])[]> {
  const bare = faces.filter(({ landmarks68 }) => !landmarks68);
  const located = await face68.locate(
    image,
    bare.map(({ box }) => box),
  );
  return faces.map((face) => face.landmarks68 ?? located[bare.indexOf(face)]);
}

/**
 * Where the middle of eyes and mouth lies in an aligned face, as fractions of its side, and the distance from eyes to
 * mouth in the same unit. Source: @vladmandic/face-api, src/classes/FaceLandmarks.ts (relX, relY, relScale).
 */
const MIDDLE_X = 0.5;
const MIDDLE_Y = 0.43;
const EYES_TO_MOUTH = 0.45;

/**
 * The square around an aligned face that face-api's descriptor is computed from, upright, in whole pixels.
 * Ports `FaceLandmarks.alignDlib` of @vladmandic/face-api: the square starts inside the image, and near the left or upper
 * border its size is bounded by that of the detected face.
 *
 * @param points 68 points in the iBUG order, pixels of the image
 * @param face size in pixels of the crop that the points were found in
 * @returns may stick out of the image to the right and below
 */
export function alignedBox(points: readonly Point[], face: { readonly width: number; readonly height: number }): Box {
  const { leftEye, rightEye, mouth } = centresOf68(points);
  const distance = (eye: Point) => Math.hypot(mouth.x - eye.x, mouth.y - eye.y);
  const size = Math.floor((distance(leftEye) + distance(rightEye)) / 2 / EYES_TO_MOUTH);
  const middle = mean([leftEye, rightEye, mouth]);
  const x = Math.floor(Math.max(0, middle.x - MIDDLE_X * size));
  const y = Math.floor(Math.max(0, middle.y - MIDDLE_Y * size));
  return { x, y, width: Math.min(size, face.width + x), height: Math.min(size, face.height + y) };
}
