import type { FaceAttributes } from '../../faces/attributes/attributes.js';
import type { Point } from '../../faces/image/box.js';
import { poseOf } from '../../faces/image/pose.js';
import type { EmbeddedFace, Face, ImageSize, PipelineInfo } from '../../faces/pipeline/pipeline.js';
import type { PhotoFaces, NamedFace, RatedPerson } from './face-analysis.js';
import type { FaceOptions } from './request.js';

/** As in CompreFace. */
const DECIMALS = 5;

/** A face in CompreFace's shape: whole pixels within the photo, and the fields of the plugins. */
export function faceJson(
  face: Face | EmbeddedFace,
  photo: Omit<PhotoFaces<Face>, 'faces'>,
  { plugins, status }: FaceOptions,
) {
  const { landmarks, confidence } = face;
  // In the photo as it was sent, like the landmarks beside it.
  const pose = plugins.has('pose') && landmarks ? poseOf(landmarks) : null;
  return {
    box: { probability: Number(confidence.toFixed(DECIMALS)), ...corners(face, photo.image) },
    ...(plugins.has('landmarks') && landmarks && { landmarks: landmarks.map(wholePixels) }),
    ...(pose && { pose }),
    ...guessesJson(face.attributes, plugins),
    ...(plugins.has('calculator') && 'embedding' in face && { embedding: [...face.embedding] }),
    ...(status && { execution_time: timesOf(photo, plugins) }),
  };
}

/** The faces of a photo. */
export function facesJson<T extends Face, R extends object>(
  photo: PhotoFaces<T>,
  options: FaceOptions,
  moreFields: (face: T) => R,
) {
  return photo.faces.map((face) => ({ ...faceJson(face, photo, options), ...moreFields(face) }));
}

/** The nearest subjects of a face, and the name that Rostro gives it. */
export function namesJson({ name, subjects, threshold }: Pick<NamedFace, 'name' | 'subjects' | 'threshold'>) {
  return { subjects: subjectsJson(subjects, threshold), name, threshold };
}

export function subjectsJson(subjects: readonly RatedPerson[], threshold: number) {
  return subjects.map(({ name, distance, falseMatchRate }) => ({
    subject: name,
    ...similarity(distance, threshold, falseMatchRate),
  }));
}

/** CompreFace's similarity, the distance from which it is computed, and the share of strangers who come this near. */
export function similarity(distance: number, threshold: number, falseMatchRate: number | null) {
  return { similarity: similarityOf(distance, threshold), distance, false_match_rate: falseMatchRate };
}

/** Versions of the networks; nothing without `status=true`. */
export function versionsOf({ detector, contract }: PipelineInfo, { plugins, status }: FaceOptions) {
  const guesses = Object.fromEntries(GUESSES.filter((name) => plugins.has(name)).map((name) => [name, 'face-api']));
  return status ? { plugins_versions: { detector, calculator: contract.name, ...guesses } } : {};
}

/** The plugins that one network of face-api answers. */
const GUESSES = ['age', 'gender'] as const;
/** Mean error of the network, years. Source: its authors' 4.54, @vladmandic/face-api, TUTORIAL.md (Age and Gender Recognition Model). */
const AGE_ERROR = 4.5;

/** CompreFace's network chooses a span of years with a probability; face-api's guesses one number, without any. */
function guessesJson({ age, gender }: FaceAttributes = {}, plugins: FaceOptions['plugins']) {
  return {
    ...(age !== undefined &&
      plugins.has('age') && {
        age: {
          probability: null,
          high: Math.max(0, Math.round(age + AGE_ERROR)),
          low: Math.max(0, Math.round(age - AGE_ERROR)),
        },
      }),
    ...(gender &&
      plugins.has('gender') && {
        gender: { probability: Number(gender.probability.toFixed(DECIMALS)), value: gender.value },
      }),
  };
}

function corners({ box: { x, y, width, height } }: Face, image: ImageSize) {
  return {
    x_min: Math.max(0, Math.round(x)),
    y_min: Math.max(0, Math.round(y)),
    x_max: Math.min(image.width, Math.round(x + width)),
    y_max: Math.min(image.height, Math.round(y + height)),
  };
}

function wholePixels({ x, y }: Point): [number, number] {
  return [Math.round(x), Math.round(y)];
}

function timesOf(
  { timesMs: { detector, calculator, attributes } }: Omit<PhotoFaces<Face>, 'faces'>,
  plugins: FaceOptions['plugins'],
) {
  const guessed = GUESSES.filter((name) => attributes !== null && plugins.has(name)).map((name) => [name, attributes]);
  return {
    detector,
    ...(calculator !== null && { calculator }),
    ...(Object.fromEntries(guessed) as { readonly age?: number; readonly gender?: number }),
  };
}

/** Plain Euclidean distance of CompreFace's FaceNet at which its similarity is 0.5. */
const MIDDLE = 1.1818;
/** Slope of its similarity there. */
const STEEPNESS = 5.292;
/**
 * The similarity of CompreFace: 1 for the same picture, 0 for strangers. Its formula is
 * `(tanh((1.1818 - d) * 5.292) + 1) / 2` of the plain Euclidean distance d (CompreFace's `FaceClassifierPredictor` and the
 * coefficients of its FaceNet), and the cut-off that its documentation recommends is 0.5
 * (docs/Face-Recognition-Similarity-Threshold.md). Rostro's embedders have other distances, so d is scaled to give 0.5 at
 * the threshold in use: a client with the cut-off 0.5 gives the same names as Rostro.
 * @param distance plain Euclidean, 0 or more
 * @param threshold distance at or below which a person is named, more than 0
 * @returns 0..1, rounded to five decimals
 */
export function similarityOf(distance: number, threshold: number): number {
  const stretched = (distance / threshold) * MIDDLE;
  const similarity = (Math.tanh((MIDDLE - stretched) * STEEPNESS) + 1) / 2;
  return Number(similarity.toFixed(DECIMALS));
}
