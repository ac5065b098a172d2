import type { Engine } from '../../engine/engine.js';
import { cachedFaceApiModel } from '../../models/convert/face-api/convert.js';
import { DESCRIPTOR_DIMENSION, DESCRIPTOR_INPUT_SIZE_PX } from '../../models/convert/face-api/descriptor.js';
import { type Box, clipToImage, type Point } from '../image/box.js';
import type { RgbImage } from '../image/image.js';
import { centresOf68, cutCrops, type LandmarkDetector68, mean, runOnCrops } from '../landmarks/landmarks68.js';
import {
  type Embedder,
  type EmbedderContract,
  createEmbedder,
  type EmbeddingNetwork,
  type FaceCropper,
  type FaceRegion,
} from './embedder.js';

/**
 * dlib's and face-api's value. Source: dlib, examples/dnn_face_recognition_ex.cpp; @vladmandic/face-api,
 * src/globalApi/FaceMatcher.ts.
 */
const THRESHOLD = 0.6;
/** Of 235,641 pairs of 687 people of LFW, with SSD: `EMBEDDER=face-api DETECTOR=ssd npx tsx bench/impostors.ts`. */
const IMPOSTORS = [
  [10, 0.703],
  [100, 0.609],
  [1000, 0.525],
  [10_000, 0.462],
  [100_000, 0.432],
] as const;
/** Part of the contract id; must change when the crop or the standardisation changes. */
const CROP = 'dlib1';
const HASH_PREFIX = 8;

/**
 * face-api's 128-value face descriptor: landmarks -> dlib's upright square -> clipped to the image -> centred on black
 * -> 150×150. Ports `withFaceLandmarks().withFaceDescriptors()` of @vladmandic/face-api. Descriptors are not
 * normalised; their length is around 1.4, and the threshold applies to them unnormalised.
 *
 * @param landmarkDetector finds landmarks for faces that come without them; the caller disposes of it
 * @param modelDir the folder `model` of the package @vladmandic/face-api
 * @throws RostroError `model_missing`, `bad_model_file`
 */
export async function loadFaceDescriptor(
  engine: Engine,
  landmarkDetector: LandmarkDetector68,
  modelDir: string,
  cacheDir: string,
): Promise<Embedder> {
  return createEmbedder(descriptorCropper(landmarkDetector), await loadDescriptorNetwork(engine, modelDir, cacheDir));
}

/** Crops the aligned square of each face: R G B planes (CHW), 0..255. */
export function descriptorCropper(landmarkDetector: LandmarkDetector68): FaceCropper {
  return {
    async crop(image, faces) {
      const points = await landmarksOf(landmarkDetector, image, faces);
      const squares = faces.map(({ box }, i) => clipToImage(alignedBox(points[i], clipToImage(box, image)), image));
      return cutCrops(image, squares, DESCRIPTOR_INPUT_SIZE_PX);
    },
  };
}

/**
 * Loads the network without the cropper.
 * @throws RostroError `model_missing`, `bad_model_file`
 */
export async function loadDescriptorNetwork(
  engine: Engine,
  modelDir: string,
  cacheDir: string,
): Promise<EmbeddingNetwork> {
  const { model, contract } = await convertModels(modelDir, cacheDir);
  const session = await engine.load(model.path);
  return {
    contract,
    cropLength: 3 * DESCRIPTOR_INPUT_SIZE_PX ** 2,
    provider: engine.provider,
    embed: (crops) => runOnCrops(session, crops, DESCRIPTOR_INPUT_SIZE_PX),
    dispose: () => session.dispose(),
  };
}

/** The contract, without loading the network. @throws RostroError as {@link loadDescriptorNetwork} */
export async function descriptorContract(modelDir: string, cacheDir: string): Promise<EmbedderContract> {
  return (await convertModels(modelDir, cacheDir)).contract;
}

async function convertModels(modelDir: string, cacheDir: string) {
  const model = await cachedFaceApiModel('descriptor', modelDir, cacheDir);
  const landmarks = await cachedFaceApiModel('landmarks68', modelDir, cacheDir);
  return { model, contract: contractOf(model.contentHash, landmarks.contentHash) };
}

/** Contains the hashes of both networks: the landmarks determine the crop. */
function contractOf(descriptorHash: string, landmarksHash: string): EmbedderContract {
  const hashes = [descriptorHash, landmarksHash].map((hash) => hash.slice(0, HASH_PREFIX));
  return {
    id: ['face-api', ...hashes, CROP].join('-'),
    name: 'face-api',
    dimension: DESCRIPTOR_DIMENSION,
    inputSizePx: DESCRIPTOR_INPUT_SIZE_PX,
    threshold: THRESHOLD,
    impostors: IMPOSTORS,
    thresholdFollowsGallery: true,
    adoptsUnlabelledRows: false,
  };
}

/** The detector's points, or points located now for faces without them. */
async function landmarksOf(
  landmarkDetector: LandmarkDetector68,
  image: RgbImage,
  faces: readonly FaceRegion[],
): Promise<(readonly Point[])[]> {
  const withoutLandmarks = faces.filter(({ landmarks68 }) => !landmarks68);
  const located = await landmarkDetector.locate(
    image,
    withoutLandmarks.map(({ box }) => box),
  );
  return faces.map((face) => face.landmarks68 ?? located[withoutLandmarks.indexOf(face)]);
}

/**
 * Position of the centre of eyes and mouth in an aligned face, as fractions of its side, and the distance from eyes to
 * mouth in the same unit. Source: @vladmandic/face-api, src/classes/FaceLandmarks.ts (relX, relY, relScale).
 */
const MIDDLE_X = 0.5;
const MIDDLE_Y = 0.43;
const EYES_TO_MOUTH = 0.45;

/**
 * The upright square, in whole pixels, that face-api computes the descriptor from. Ports `FaceLandmarks.alignDlib` of
 * @vladmandic/face-api: the square starts inside the image; near the left or top edge its size is limited by that of
 * the detected face.
 *
 * @param points 68 points in iBUG order, pixels of the image
 * @param face size in pixels of the crop that the points were found in
 * @returns may extend beyond the right and bottom edges of the image
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
