import type { DetectedFace, Detector } from '../detect/detector.js';
import { type Box, iou, pairByOverlap } from '../image/box.js';
import { type Appearance, appearanceOf, changedShare, similarity, type Scene, sceneOf } from '../image/appearance.js';
import type { RgbImage } from '../image/image.js';
import { poseOf } from '../image/pose.js';
import type { KnownFace, TrackingState } from './pipeline.js';

/** Share of the picture that may change; beyond it, the camera has moved or the light has changed. */
const MAX_SCENE_CHANGE = 0.3;
/** The same while no face is in the picture: even a small change may be a person who enters. */
const MAX_EMPTY_SCENE_CHANGE = 0.03;
/** A face in another picture is the same one where the boxes overlap by this much. Source: SORT (Bewley et al. 2016). */
const MIN_OVERLAP = 0.3;
/**
 * Least similarity to the frame before; below it, the face may be another person's. Measured: of the faces of a camera that
 * pans and zooms over group photos, 9 in 1,000 fall below it from frame to frame and are embedded once more; of 12,000 pairs
 * of different people of LFW, 2 in 10,000 lie above it.
 */
const MIN_SIMILARITY = 0.85;
/** Faces that overlap more are one: a detector's box moves by so much where the edge of the picture cuts the face. */
const SAME_FACE_OVERLAP = 0.5;
/** A face is embedded again when its view score is this many times the best one so far. */
const MIN_IMPROVEMENT = 1.3;
/** Side of FaceNet's input: a larger face gives it no more detail. */
const LARGE_FACE_PX = 160;

/** A face of this frame, and what is known about it from earlier frames. */
export interface FrameFace {
  readonly face: DetectedFace;
  /** As of `LiveFace`. */
  readonly known: number | null;
  readonly appearance: Appearance;
  readonly viewScore: number;
  /** Whether to embed it in this frame. */
  readonly embed: boolean;
}

export interface FrameFaces {
  readonly found: 'detected' | 'followed';
  readonly faces: readonly FrameFace[];
  readonly scene: Scene;
}

/**
 * Finds the faces of a frame: follows those of the frame before, and detects in the whole frame when that is due, when a
 * face is lost, or when the scene has changed.
 */
export async function detectOrFollow(image: RgbImage, detector: Detector, before: TrackingState): Promise<FrameFaces> {
  const scene = sceneOf(image);
  const followed = await follow(image, detector, before, scene);
  if (followed !== null) {
    const faces = followed.map(({ face, known }) => frameFaceOf(image, face, known, before.faces));
    return { found: 'followed', faces, scene: before.scene! };
  }
  const detected = await detector.detect(image);
  const boxesOf = (list: readonly { readonly box: DetectedFace['box'] }[]) => list.map(({ box }) => box);
  const known = pairByOverlap(boxesOf(detected), boxesOf(before.faces), MIN_OVERLAP);
  const faces = detected.map((face, i) => frameFaceOf(image, face, known[i], before.faces));
  return { found: 'detected', faces, scene };
}

/** @returns a face for each one of the frame before; null where the whole frame must be searched */
async function follow(
  image: RgbImage,
  detector: Detector,
  { faces, scene: last, detectionIsDue }: TrackingState,
  scene: Scene,
): Promise<{ face: DetectedFace; known: number }[] | null> {
  if (detectionIsDue || last === null || !detector.follow) return null;
  const present = [...faces.keys()].filter((index) => !faces[index].isMissing);
  if (changedShare(last, scene) > (present.length > 0 ? MAX_SCENE_CHANGE : MAX_EMPTY_SCENE_CHANGE)) return null;
  if (present.length === 0) return [];
  const found = await detector.follow(
    image,
    present.map((index) => faces[index].box),
  );
  if (!found.every((face) => face !== null)) return null;
  return found.map((face, i) => ({ face, known: present[i] }));
}

function frameFaceOf(
  image: RgbImage,
  face: DetectedFace,
  known: number | null,
  before: readonly KnownFace[],
): FrameFace {
  const appearance = appearanceOf(image, face.box);
  const viewScore = viewScoreOf(face);
  const embed =
    known === null ||
    before[known].embeddingIsDue ||
    viewScore > MIN_IMPROVEMENT * before[known].bestViewScore ||
    !looksAsBefore(image, before[known], face.box, appearance);
  return { face, known, appearance, viewScore, embed };
}

/**
 * Whether the face looks like the one before, in its box or, where that has hardly moved, in the box of the frame before. The
 * second is for faces that the edge cuts, whose boxes are unsteady: of the camera of bench/live-page.ts, which shows one, 10
 * embeddings a second at 60 frames a second and 4 of 7 at 20 are not needed.
 */
function looksAsBefore(image: RgbImage, known: KnownFace, box: Box, appearance: Appearance): boolean {
  if (similarity(known.appearance, appearance) >= MIN_SIMILARITY) return true;
  if (iou(known.box, box) < SAME_FACE_OVERLAP) return false;
  return similarity(known.appearance, appearanceOf(image, known.box)) >= MIN_SIMILARITY;
}

/** 1 for a frontal face of the size of FaceNet's input or larger; less for a smaller or turned face. */
function viewScoreOf({ box, landmarks }: DetectedFace): number {
  const size = Math.min(1, Math.min(box.width, box.height) / LARGE_FACE_PX);
  const pose = landmarks && poseOf(landmarks);
  return pose === null ? size : size * Math.cos((pose.yaw * Math.PI) / 180) * Math.cos((pose.pitch * Math.PI) / 180);
}
