import type { DetectedFace, Detector } from '../detect/detector.js';
import { detectInTiles } from '../detect/tiles.js';
import { asGiven, boxBefore, pointBefore, turnUpright, type UprightLevels } from '../detect/upright.js';
import type { Box, Landmarks5, Point } from '../image/box.js';
import type { OpenedImage } from '../image/decode.js';
import type { PhotoWarning, RgbImage } from '../image/image.js';
import { RostroError } from '../../shared/errors.js';
import type { ImageSize, PhotoRequest, PhotoSearch } from './pipeline.js';

export interface SearchParts {
  readonly detector: Detector;
  /** The same without further detections in a border. */
  readonly plainDetector: Detector;
  readonly upright: UprightLevels;
}

/** The faces of a photo that was sent alone. */
export interface FoundFaces {
  /** The picture in which they stand upright. */
  readonly image: RgbImage;
  /** In pixels of `image`. */
  readonly found: readonly DetectedFace[];
  readonly photo: PhotoSearch;
  /** From pixels of `image` to those of the photo as it was sent. */
  readonly place: (face: Placed) => Placed;
}

interface Placed {
  readonly box: Box;
  readonly landmarks: Landmarks5 | null;
}

/**
 * Finds the faces of a photo that may lie on its side.
 * @param image the decoded photo, which may be smaller than `opened.size`
 */
export async function searchPhoto(
  { detector, plainDetector, upright: levels }: SearchParts,
  image: RgbImage,
  opened: OpenedImage,
  { tiles = false, upright = false }: Pick<PhotoRequest, 'tiles' | 'upright'> = {},
): Promise<FoundFaces> {
  const faces = await detector.detect(image);
  const turned = upright ? asGiven(image, faces) : await turnUpright(detector, image, faces, levels);
  const { found, smallestFacePx } = tiles
    ? await detectInTiles(plainDetector, turned.image, turned.faces)
    : { found: turned.faces, smallestFacePx: detector.smallestFacePx(turned.image) };
  const scale = opened.size.width / image.width;
  const point = (at: Point): Point => {
    const { x, y } = pointBefore(at, turned.turns, turned.image);
    return { x: x * scale, y: y * scale };
  };
  const { width, height } = opened.size;
  const rotated = ROTATED[turned.turns];
  const warnings: PhotoWarning[] = [...opened.warnings];
  if (rotated !== 0)
    warnings.push({ code: 'rotated', message: `The photo lies turned by ${rotated} degrees clockwise.` });
  const most = detector.mostFaces ?? Infinity;
  if (found.length >= most) {
    warnings.push({ code: 'more_faces', message: `At most ${most} faces of a photo are found; it may show more.` });
  }
  return {
    image: turned.image,
    found,
    photo: {
      image: { width, height },
      rotated,
      smallestFace: Math.ceil(smallestFacePx * scale),
      warnings,
    },
    place: ({ box: given, landmarks }) => {
      if (turned.turns === 0 && scale === 1) return { box: given, landmarks };
      const box = boxBefore(given, turned.turns, turned.image);
      return {
        box: { x: box.x * scale, y: box.y * scale, width: box.width * scale, height: box.height * scale },
        landmarks: landmarks && (landmarks.map(point) as unknown as Landmarks5),
      };
    },
  };
}

/** How far a photo lies turned clockwise, by the clockwise quarter turns that put it upright. */
const ROTATED = [0, 270, 180, 90] as const;

/** The `count` largest, in their order. */
export function largest<T>(found: readonly T[], count: number, faceOf: (item: T) => DetectedFace): readonly T[] {
  if (found.length <= count) return found;
  const area = (item: T) => faceOf(item).box.width * faceOf(item).box.height;
  const bySize = [...found].sort((a, b) => area(b) - area(a)).slice(0, count);
  return found.filter((item) => bySize.includes(item));
}

/**
 * The face to enrol: the only one, or the one at `wanted`.
 * @throws RostroError `no_face`, `several_faces`, `bad_request` for a face that does not exist
 */
export function selectFace(
  found: readonly DetectedFace[],
  wanted: number | undefined,
  image: ImageSize,
  place: FoundFaces['place'],
): DetectedFace {
  const faces = found.map((face) => ({ box: place(face).box, confidence: face.confidence }));
  if (found.length === 0) throw new RostroError('no_face', 'No face was found in the photo.', { details: { image } });
  if (wanted !== undefined && !(wanted in found)) {
    throw new RostroError('bad_request', `The photo shows ${found.length} faces; there is no face ${wanted}.`, {
      details: { image, faces },
    });
  }
  if (wanted === undefined && found.length > 1) {
    throw new RostroError(
      'several_faces',
      `The photo shows ${found.length} faces; say which one is meant with the field "face" (0 is the first), or send a photo of one.`,
      { details: { image, faces } },
    );
  }
  return found[wanted ?? 0];
}
