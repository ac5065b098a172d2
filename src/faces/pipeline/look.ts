import type { DetectedFace, Detector } from '../detect/detector.js';
import { pairByOverlap } from '../image/box.js';
import { type Appearance, appearanceOf, changedShare, likeness, type Scene, sceneOf } from '../image/appearance.js';
import type { RgbImage } from '../image/image.js';
import { poseOf } from '../image/pose.js';
import type { Before, KnownFace } from './live.js';

/** Share of the picture: more than that, and the camera has moved or the light has gone on. */
const SCENE_CHANGED = 0.3;
/** While nobody is there, a change this small may be somebody who comes in. */
const EMPTY_SCENE_CHANGED = 0.03;
/** A face in another picture is the same one where the boxes overlap by this much. Source: SORT (Bewley et al. 2016). */
const MIN_OVERLAP = 0.3;
/**
 * Below this likeness to the frame before somebody else may have taken a face's place. Measured: of the faces of a camera
 * that pans and zooms over group photos 9 in 1,000 fall below it from frame to frame, and are embedded once more; of
 * 12,000 pairs of different people of LFW 2 in 10,000 lie above it.
 */
const SAME_LIKENESS = 0.85;
/** A look must be so much better than the best before to be embedded for it. */
const BETTER = 1.3;
/** What FaceNet is shown: a larger face shows it no more. */
const LARGE_FACE_PX = 160;

/** A face of this frame beside what was known of it. */
export interface Sighting {
  readonly face: DetectedFace;
  readonly known: number | null;
  readonly appearance: Appearance;
  readonly worth: number;
  readonly embed: boolean;
}

export interface Look {
  readonly found: 'detected' | 'followed';
  readonly sightings: readonly Sighting[];
  readonly scene: Scene;
}

/**
 * Finds the faces of a frame in the cheapest way that misses none for long: follows those of the frame before, and
 * searches the whole frame where that is due, where one of them is lost, or where the scene has changed.
 */
export async function look(image: RgbImage, detector: Detector, before: Before): Promise<Look> {
  const scene = sceneOf(image);
  const followed = await follow(image, detector, before, scene);
  if (followed !== null) {
    const sightings = followed.map(({ face, known }) => sightingOf(image, face, known, before.faces));
    return { found: 'followed', sightings, scene: before.scene! };
  }
  const faces = await detector.detect(image);
  const boxesOf = (list: readonly { readonly box: DetectedFace['box'] }[]) => list.map(({ box }) => box);
  const known = pairByOverlap(boxesOf(faces), boxesOf(before.faces), MIN_OVERLAP);
  const sightings = faces.map((face, i) => sightingOf(image, face, known[i], before.faces));
  return { found: 'detected', sightings, scene };
}

/** @returns a face for each that was there; null where the whole frame must be searched */
async function follow(
  image: RgbImage,
  detector: Detector,
  { faces, scene: last, detectionIsDue }: Before,
  scene: Scene,
): Promise<{ face: DetectedFace; known: number }[] | null> {
  if (detectionIsDue || last === null || !detector.follow) return null;
  const present = [...faces.keys()].filter((index) => !faces[index].isAway);
  if (changedShare(last, scene) > (present.length > 0 ? SCENE_CHANGED : EMPTY_SCENE_CHANGED)) return null;
  if (present.length === 0) return [];
  const found = await detector.follow(
    image,
    present.map((index) => faces[index].box),
  );
  if (!found.every((face) => face !== null)) return null;
  return found.map((face, i) => ({ face, known: present[i] }));
}

function sightingOf(image: RgbImage, face: DetectedFace, known: number | null, before: readonly KnownFace[]): Sighting {
  const appearance = appearanceOf(image, face.box);
  const worth = worthOf(face);
  return {
    face,
    known,
    appearance,
    worth,
    embed: known === null || isWorthEmbedding(before[known], appearance, worth),
  };
}

function isWorthEmbedding({ isDue, bestWorth, appearance: last }: KnownFace, now: Appearance, worth: number): boolean {
  return isDue || worth > BETTER * bestWorth || likeness(last, now) < SAME_LIKENESS;
}

/** 1 for a face of FaceNet's own size or more that looks into the camera; less for a smaller one or a turned one. */
function worthOf({ box, landmarks }: DetectedFace): number {
  const size = Math.min(1, Math.min(box.width, box.height) / LARGE_FACE_PX);
  const pose = landmarks && poseOf(landmarks);
  return pose === null ? size : size * Math.cos((pose.yaw * Math.PI) / 180) * Math.cos((pose.pitch * Math.PI) / 180);
}
