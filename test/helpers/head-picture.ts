import type { Point } from '../../src/faces/image/box.js';
import type { RgbImage } from '../../src/faces/image/image.js';
import { depthAt, type Eye, type HeadState, type Point3, projected, RESTING, turned, withExpression } from './head.js';

/** A photo of a face that can be turned. */
export interface FacePhoto {
  readonly image: RgbImage;
  /** 68 points, pixels. */
  readonly points: readonly Point[];
}

export type Motion = (onFace: Point, surface: Point3) => Point3;

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

const STEPS_PER_UNIT = 16;

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
    const z = depthAt(point.x, point.y);
    const head = turned({ ...withExpression(point, state, eyes), z }, turn);
    const [now, rest] = [projected(head), projected(turned({ ...point, z }, RESTING))];
    const part = share(point);
    // At rest, every point stays where the photo has it.
    const x = point.x + part * (now.x - rest.x);
    const y = point.y + part * (now.y - rest.y);
    return { x: x * scale + state.x, y: (y - 0.45) * scale + 0.45 + state.y, z: part * (head.z + 2) };
  });
}

/**
 * Draws a photo through a mesh.
 * @param move from a point of the photo, in the unit of the head, to its place and height in the picture
 */
export function rendered({ image, points }: FacePhoto, move: (point: Point) => Point3): RgbImage {
  const { unit, toHead, toPhoto } = frameOf(points);
  const step = unit / STEPS_PER_UNIT;
  const columns = Math.ceil(image.width / step) + 1;
  const rows = Math.ceil(image.height / step) + 1;
  const vertices: { from: Point; to: Point; z: number }[] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const from = { x: column * step, y: row * step };
      const { x, y, z } = move(toHead(from));
      vertices.push({ from, to: toPhoto({ x, y }), z });
    }
  }
  const out = new Uint8Array(image.data);
  const heights = new Float32Array(image.width * image.height).fill(-1e9);
  const target = { width: image.width, height: image.height, data: out };
  for (let row = 0; row + 1 < rows; row++) {
    for (let column = 0; column + 1 < columns; column++) {
      const at = row * columns + column;
      const [a, b, c, d] = [at, at + 1, at + columns, at + columns + 1].map((index) => vertices[index]);
      fill(image, target, heights, a, b, c);
      fill(image, target, heights, b, d, c);
    }
  }
  return target;
}

type Vertex = { readonly from: Point; readonly to: Point; readonly z: number };

function fill(source: RgbImage, target: RgbImage, heights: Float32Array, a: Vertex, b: Vertex, c: Vertex): void {
  const area = (b.to.x - a.to.x) * (c.to.y - a.to.y) - (b.to.y - a.to.y) * (c.to.x - a.to.x);
  // A triangle that is seen from behind is hidden.
  if (area <= 1e-6) return;
  const left = Math.max(0, Math.ceil(Math.min(a.to.x, b.to.x, c.to.x)));
  const right = Math.min(target.width - 1, Math.floor(Math.max(a.to.x, b.to.x, c.to.x)));
  const top = Math.max(0, Math.ceil(Math.min(a.to.y, b.to.y, c.to.y)));
  const bottom = Math.min(target.height - 1, Math.floor(Math.max(a.to.y, b.to.y, c.to.y)));
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const u = ((b.to.x - x) * (c.to.y - y) - (b.to.y - y) * (c.to.x - x)) / area;
      const v = ((c.to.x - x) * (a.to.y - y) - (c.to.y - y) * (a.to.x - x)) / area;
      const w = 1 - u - v;
      if (u < -1e-9 || v < -1e-9 || w < -1e-9) continue;
      const z = u * a.z + v * b.z + w * c.z;
      const at = y * target.width + x;
      if (z < heights[at]) continue;
      heights[at] = z;
      sample(
        source,
        u * a.from.x + v * b.from.x + w * c.from.x,
        u * a.from.y + v * b.from.y + w * c.from.y,
        target.data,
        3 * at,
      );
    }
  }
}

function sample({ width, height, data }: RgbImage, x: number, y: number, out: Uint8Array, at: number): void {
  const x0 = Math.min(Math.max(Math.floor(x), 0), width - 1);
  const y0 = Math.min(Math.max(Math.floor(y), 0), height - 1);
  const x1 = Math.min(x0 + 1, width - 1);
  const y1 = Math.min(y0 + 1, height - 1);
  const [fx, fy] = [Math.min(Math.max(x - x0, 0), 1), Math.min(Math.max(y - y0, 0), 1)];
  for (let channel = 0; channel < 3; channel++) {
    const value = (px: number, py: number) => data[3 * (py * width + px) + channel];
    const upper = value(x0, y0) * (1 - fx) + value(x1, y0) * fx;
    const lower = value(x0, y1) * (1 - fx) + value(x1, y1) * fx;
    out[at + channel] = Math.round(upper * (1 - fy) + lower * fy);
  }
}
