import type { Point } from '../../src/faces/image/box.js';
import type { RgbImage } from '../../src/faces/image/image.js';
import { onSheet, type Sheet } from './sheet.js';
import { depthAt, type Eye, type HeadState, type Point3, projected, RESTING, turned, withExpression } from './head.js';

/** A photo of a face that can be turned. */
export interface FacePhoto {
  readonly image: RgbImage;
  /** 68 points, pixels. */
  readonly points: readonly Point[];
}

const mean = (points: readonly Point[]): Point => ({
  x: points.reduce((sum, { x }) => sum + x, 0) / points.length,
  y: points.reduce((sum, { y }) => sum + y, 0) / points.length,
});

/** From pixels of a photo to the unit of the head, and back. */
export function frameOf(points: readonly Point[]) {
  const [left, right] = [mean(points.slice(36, 42)), mean(points.slice(42, 48))];
  const unit = Math.hypot(right.x - left.x, right.y - left.y);
  const [cos, sin] = [(right.x - left.x) / unit, (right.y - left.y) / unit];
  const origin = mean([left, right]);
  const toHead = ({ x, y }: Point): Point => {
    const [dx, dy] = [(x - origin.x) / unit, (y - origin.y) / unit];
    return { x: dx * cos + dy * sin, y: dy * cos - dx * sin };
  };
  const toPhoto = ({ x, y }: Point): Point => ({
    x: origin.x + unit * (x * cos - y * sin),
    y: origin.y + unit * (x * sin + y * cos),
  });
  return { unit, toHead, toPhoto };
}

export function eyesOf(headPoints: readonly Point[]): Eye[] {
  return [36, 42].map((first) => {
    const eye = headPoints.slice(first, first + 6);
    return {
      x: mean(eye).x,
      halfWidth: Math.abs(eye[3].x - eye[0].x) / 2,
      upper: mean([eye[1], eye[2]]).y,
      lower: mean([eye[4], eye[5]]).y,
    };
  });
}

const STEPS_PER_UNIT = 10;

/** How much a point moves with the head: 1 on it, 0 in the background. */
function share({ x, y }: Point): number {
  const distance = Math.hypot(x / 1.15, (y - 0.45) / 1.6);
  return Math.min(Math.max((1.7 - distance) / 0.55, 0), 1);
}

/** Pictures the head of a photo in another state, in front of its own background. */
export function pictureOf(photo: FacePhoto, state: HeadState): RgbImage {
  const { toHead } = frameOf(photo.points);
  const eyes = eyesOf(photo.points.map(toHead));
  const { yaw, pitch, roll, scale } = state;
  const turn = { ...RESTING, yaw, pitch, roll };
  return rendered(photo, (point) => {
    const part = share(point);
    let [x, y, height] = [point.x, point.y, 0];
    if (part > 0) {
      const z = depthAt(x, y);
      const head = turned({ ...withExpression(point, state, eyes), z }, turn);
      const [now, rest] = [projected(head), projected({ ...point, z })];
      // At rest, every point stays where the photo has it.
      x += part * (now.x - rest.x);
      y += part * (now.y - rest.y);
      height = part * (head.z + 2);
    }
    return { x: x * scale + state.x, y: (y - 0.45) * scale + 0.45 + state.y, z: height };
  });
}

/** Pictures a photo on paper in front of a grey wall. */
export function sheetPicture(photo: FacePhoto, sheet: Sheet): RgbImage {
  const wall = new Uint8Array(photo.image.data.length).fill(WALL);
  return rendered(photo, (point) => (isOnPaper(point) ? onSheet(point, sheet) : NOWHERE), wall);
}

const WALL = 120;
const NOWHERE = { x: NaN, y: NaN, z: NaN };
const isOnPaper = ({ x, y }: Point) => Math.abs(x) < 2.4 && y > -2.2 && y < 3.2;

/**
 * Draws a photo through a mesh.
 * @param move from a point of the photo, in the unit of the head, to its place and height in the picture; NaN to leave it out
 */
function rendered({ image, points }: FacePhoto, move: (point: Point) => Point3, behind = image.data): RgbImage {
  const { unit, toHead, toPhoto } = frameOf(points);
  const step = unit / STEPS_PER_UNIT;
  const columns = Math.ceil(image.width / step) + 1;
  const rows = Math.ceil(image.height / step) + 1;
  const mesh = new Float64Array(FIELDS * columns * rows);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const from = { x: column * step, y: row * step };
      const { x, y, z } = move(toHead(from));
      const to = toPhoto({ x, y });
      mesh.set([to.x, to.y, z, from.x, from.y], FIELDS * (row * columns + column));
    }
  }
  const target = { width: image.width, height: image.height, data: new Uint8Array(behind) };
  const heights = new Float32Array(image.width * image.height).fill(-1e9);
  for (let row = 0; row + 1 < rows; row++) {
    for (let column = 0; column + 1 < columns; column++) {
      const at = FIELDS * (row * columns + column);
      const below = at + FIELDS * columns;
      fill(image, target, heights, mesh, at, at + FIELDS, below);
      fill(image, target, heights, mesh, at + FIELDS, below + FIELDS, below);
    }
  }
  return target;
}

/** Of a vertex of the mesh: x, y and z in the picture, x and y in the photo. */
const FIELDS = 5;

/** @param a index of the first field of a corner of the triangle; so are b and c */
function fill(
  source: RgbImage,
  target: RgbImage,
  heights: Float32Array,
  mesh: Float64Array,
  a: number,
  b: number,
  c: number,
): void {
  const [ax, ay, bx, by, cx, cy] = [mesh[a], mesh[a + 1], mesh[b], mesh[b + 1], mesh[c], mesh[c + 1]];
  const area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax);
  // A triangle that is seen from behind is hidden; NaN is left out.
  if (!(area > 1e-6)) return;
  const left = Math.max(0, Math.ceil(Math.min(ax, bx, cx)));
  const right = Math.min(target.width - 1, Math.floor(Math.max(ax, bx, cx)));
  const top = Math.max(0, Math.ceil(Math.min(ay, by, cy)));
  const bottom = Math.min(target.height - 1, Math.floor(Math.max(ay, by, cy)));
  const { width, height, data } = source;
  const out = target.data;
  const [stepU, stepV] = [(by - cy) / area, (cy - ay) / area];
  for (let y = top; y <= bottom; y++) {
    let u = ((bx - left) * (cy - y) - (by - y) * (cx - left)) / area - stepU;
    let v = ((cx - left) * (ay - y) - (cy - y) * (ax - left)) / area - stepV;
    for (let x = left; x <= right; x++) {
      u += stepU;
      v += stepV;
      const w = 1 - u - v;
      if (u < -1e-9 || v < -1e-9 || w < -1e-9) continue;
      const z = u * mesh[a + 2] + v * mesh[b + 2] + w * mesh[c + 2];
      const pixel = y * target.width + x;
      if (z < heights[pixel]) continue;
      heights[pixel] = z;
      const fromX = Math.min(Math.max(u * mesh[a + 3] + v * mesh[b + 3] + w * mesh[c + 3], 0), width - 1.001);
      const fromY = Math.min(Math.max(u * mesh[a + 4] + v * mesh[b + 4] + w * mesh[c + 4], 0), height - 1.001);
      const [x0, y0] = [Math.floor(fromX), Math.floor(fromY)];
      const [fx, fy] = [fromX - x0, fromY - y0];
      const upper = 3 * (y0 * width + x0);
      const lower = upper + 3 * width;
      for (let channel = 0; channel < 3; channel++) {
        const above = data[upper + channel] * (1 - fx) + data[upper + 3 + channel] * fx;
        const below = data[lower + channel] * (1 - fx) + data[lower + 3 + channel] * fx;
        out[3 * pixel + channel] = above * (1 - fy) + below * fy + 0.5;
      }
    }
  }
}
