import type { Point } from '../../../faces/image/box.js';
import { poseOf } from '../../../faces/image/pose.js';
import type { EmbeddedFace, Face, ImageSize, PipelineInfo } from '../../../faces/pipeline/pipeline.js';
import type { Named } from '../../../matching/matcher.js';
import type { Look, NamedFace } from '../face-looks.js';
import type { FaceWishes } from './parameters.js';

/** CompreFace tells five decimals. */
const DECIMALS = 5;

/** A face as CompreFace describes it: whole pixels within the photo, and what the plugins add. */
export function shapeFace(face: Face | EmbeddedFace, look: Omit<Look<Face>, 'faces'>, { plugins, status }: FaceWishes) {
  const { landmarks, confidence } = face;
  const pose = plugins.has('pose') && landmarks ? poseOf(landmarks) : null;
  return {
    box: { probability: Number(confidence.toFixed(DECIMALS)), ...corners(face, look.image) },
    ...(plugins.has('landmarks') && landmarks && { landmarks: landmarks.map(wholePixels) }),
    ...(pose && { pose }),
    ...(plugins.has('calculator') && 'embedding' in face && { embedding: [...face.embedding] }),
    ...(status && { execution_time: timesOf(look) }),
  };
}

/** The faces of a photo. */
export function shapeFaces<T extends Face, R extends object>(look: Look<T>, wishes: FaceWishes, more: (face: T) => R) {
  return look.faces.map((face) => ({ ...shapeFace(face, look, wishes), ...more(face) }));
}

/** Which subjects a face may be, and whether it is one of them. */
export function shapeNames({ name, subjects }: Pick<NamedFace, 'name' | 'subjects'>, threshold: number) {
  return { subjects: shapeSubjects(subjects, threshold), name, threshold };
}

export function shapeSubjects(subjects: readonly Named[], threshold: number) {
  return subjects.map(({ name, distance }) => ({ subject: name, ...likeness(distance, threshold) }));
}

/** CompreFace's figure, and the one that it is made of. */
export function likeness(distance: number, threshold: number) {
  return { similarity: similarityOf(distance, threshold), distance };
}

/** What answered; nothing where it is not asked for. */
export function versionsOf({ detector, contract }: PipelineInfo, { status }: FaceWishes) {
  return status ? { plugins_versions: { detector, calculator: contract.name } } : {};
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

function timesOf({ timesMs: { detector, calculator } }: Omit<Look<Face>, 'faces'>) {
  return { detector, ...(calculator !== null && { calculator }) };
}

/** Where CompreFace's own curve reads one half, plain Euclidean distance of its FaceNet. */
const MIDDLE = 1.1818;
/** How steeply it falls there. */
const STEEPNESS = 5.292;
/** CompreFace tells five decimals. */

/**
 * A distance as CompreFace tells it: 1 for the same picture, 0 for strangers. Its formula is
 * `(tanh((1.1818 - d) * 5.292) + 1) / 2` of the plain Euclidean distance d (CompreFace's `FaceClassifierPredictor` and the
 * coefficients of its FaceNet), and the cut-off that its documentation recommends is 0.5
 * (docs/Face-Recognition-Similarity-Threshold.md). Rostro's embedders have other distances, so d is stretched until the
 * threshold in force reads 0.5: a client that cuts at 0.5 names whom Rostro names.
 * @param distance plain Euclidean, 0 or more
 * @param threshold the distance at which a name is given, more than 0
 * @returns 0..1, rounded to five decimals
 */
export function similarityOf(distance: number, threshold: number): number {
  const stretched = (distance / threshold) * MIDDLE;
  const similarity = (Math.tanh((MIDDLE - stretched) * STEEPNESS) + 1) / 2;
  return Number(similarity.toFixed(DECIMALS));
}
