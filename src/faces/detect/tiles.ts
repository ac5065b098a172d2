import { type Box, iou, type PixelRect } from '../image/box.js';
import { cutOut, type RgbImage } from '../image/image.js';
import type { Size } from '../image/resize-area.js';
import { moveFace, type DetectedFace, type Detector } from './detector.js';

/** Side of a tile: SSD finds faces of 40 px in it, Haar those of 31. */
const TILE_PX = 1024;
/** A larger photo has larger tiles. SSD takes as long for a tile as for a photo. */
const MAX_TILES = 40;

/**
 * Searches a photo in overlapping tiles too, for faces that are too small in the whole. Detectors that find those already
 * are not run again.
 * @param whole what the detector found in the whole photo
 * @returns all faces by descending confidence, and the width of the smallest that was looked for
 */
export async function detectInTiles(
  detector: Detector,
  image: RgbImage,
  whole: readonly DetectedFace[],
): Promise<{ found: DetectedFace[]; smallestFacePx: number }> {
  const smallest = detector.smallestFacePx(image);
  const tiles = boundedTiles(image, smallest);
  const inTile = Math.max(...tiles.map((tile) => detector.smallestFacePx(tile)));
  if (inTile >= smallest) return { found: [...whole], smallestFacePx: smallest };
  const found = [...whole];
  for (const tile of tiles) {
    const faces = await detector.detect(cutOut(image, tile));
    const moved = faces.map((face) => moveFace(face, ({ x, y }) => ({ x: x + tile.x, y: y + tile.y }), 1));
    found.push(...moved.filter(({ box }) => belongsToTile(box, tile, image, smallest)));
  }
  return { found: suppress(found), smallestFacePx: inTile };
}

function boundedTiles(size: Size, smallest: number): PixelRect[] {
  for (let side = TILE_PX; ; side *= 1.1) {
    const tiles = tilesOf(size, side, Math.min(3 * smallest, side / 2));
    if (tiles.length <= MAX_TILES) return tiles;
  }
}

/** Equal parts of a photo, in rows. @param side the longest of a part, pixels @param overlap the least of neighbours */
export function tilesOf({ width, height }: Size, side: number, overlap: number): PixelRect[] {
  const spans = (length: number): { start: number; size: number }[] => {
    const count = Math.max(1, Math.ceil((length - overlap) / (side - overlap)));
    const size = Math.min(length, Math.ceil((length + (count - 1) * overlap) / count));
    return Array.from({ length: count }, (_, i) => {
      return { start: Math.round((i * (length - size)) / Math.max(1, count - 1)), size };
    });
  };
  return spans(height).flatMap((rows) =>
    spans(width).map((columns) => ({ x: columns.start, y: rows.start, width: columns.size, height: rows.size })),
  );
}

/**
 * Whether a face that was found in a tile counts: it is not so large that it is found in the whole photo for certain, where
 * a tile may show a part of it, and not so near to the neighbouring tile that it may be cut off.
 * @param smallest width of the smallest face that is found in the whole photo, pixels of the photo
 */
export function belongsToTile(box: Box, tile: PixelRect, photo: Size, smallest: number): boolean {
  const edge = smallest / 2;
  const isInside = (start: number, length: number, tileStart: number, tileLength: number, end: number) =>
    (tileStart === 0 || start > tileStart + edge) &&
    (tileStart + tileLength === end || start + length < tileStart + tileLength - edge);
  return (
    Math.max(box.width, box.height) <= 3 * smallest &&
    isInside(box.x, box.width, tile.x, tile.width, photo.width) &&
    isInside(box.y, box.height, tile.y, tile.height, photo.height)
  );
}

/** Of two boxes that overlap by more, the surer one stays. Source: libfacedetection.train, configs/yunet_n.py (`nms`) uses 0.45; OpenCV's FaceDetectorYN 0.3. */
const MAX_OVERLAP = 0.3;

/**
 * Greedy non-maximum suppression, best first. A box is compared only with those that start where they can overlap it by
 * more than `MAX_OVERLAP`, so that the time does not grow with the square of the faces.
 */
export function suppress(faces: readonly DetectedFace[]): DetectedFace[] {
  const kept: DetectedFace[] = [];
  const byLeft: Box[] = [];
  for (const face of [...faces].sort((a, b) => b.confidence - a.confidence)) {
    const { x, width } = face.box;
    // Their common part is wider than MAX_OVERLAP times the wider of both.
    const beyond = (1 - MAX_OVERLAP) * width;
    let at = firstFrom(byLeft, x - beyond / MAX_OVERLAP);
    while (at < byLeft.length && byLeft[at].x <= x + beyond && iou(byLeft[at], face.box) <= MAX_OVERLAP) at++;
    if (at < byLeft.length && byLeft[at].x <= x + beyond) continue;
    kept.push(face);
    byLeft.splice(firstFrom(byLeft, x), 0, face.box);
  }
  return kept;
}

/** @returns the index of the first box that starts at `left` or to the right of it */
function firstFrom(byLeft: readonly Box[], left: number): number {
  let [low, high] = [0, byLeft.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (byLeft[middle].x < left) low = middle + 1;
    else high = middle;
  }
  return low;
}
