import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { expect } from 'vitest';
import type { DetectedFace } from '../../src/faces/detect/detector.js';
import type { Tensor } from '../../src/engine/engine.js';
import { hasShared, sharedPath } from './shared.js';

const SIZE_PX = 160;
const IMAGE_VALUES = SIZE_PX * SIZE_PX * 3;

/** How the FaceNet graphs are imported. */
export const FACENET = { input: 'input', falseConstants: ['phase_train'], output: 'embeddings', inputSizePx: SIZE_PX };
/** Name, file in ../shared, and length of the embeddings of the FaceNet graphs with golden results. */
export const FACENET_GRAPHS: readonly (readonly [string, readonly string[], number])[] = [
  ['tiny-unfused', ['golden', 'graphs', 'tiny-unfused.pb'], 128],
  ['tiny-fused', ['golden', 'graphs', 'tiny-fused.pb'], 64],
  ['20180402-114759', ['models', 'model', '20180402-114759', '20180402-114759.pb'], 512],
];
export const MTCNN_FILES = {
  det1: sharedPath('models', 'npy', 'det1.npy'),
  det2: sharedPath('models', 'npy', 'det2.npy'),
  det3: sharedPath('models', 'npy', 'det3.npy'),
};

/** x[n, y, x, c] of the golden files: sin(0.05 x + 0.11 y + c) and cos(0.07 x - 0.03 y + 2 c). */
export function goldenWaves(): Tensor {
  const wave = (n: number, y: number, x: number, c: number): number =>
    n === 0 ? Math.sin(0.05 * x + 0.11 * y + c) : Math.cos(0.07 * x - 0.03 * y + 2 * c);
  const data = Float32Array.from({ length: 2 * IMAGE_VALUES }, (_, i) => {
    const pixel = Math.floor(i / 3);
    return wave(Math.floor(pixel / SIZE_PX ** 2), Math.floor(pixel / SIZE_PX) % SIZE_PX, pixel % SIZE_PX, i % 3);
  });
  return { data, dims: [2, SIZE_PX, SIZE_PX, 3] };
}

/** Results of the float64 reference for the waves. */
export function goldenOfWaves(graph: string): number[] {
  return embeddingsIn('graphs', `${graph}.json`);
}

/** The published test images, standardised, and the results of the float64 reference with the 2018 graph. */
export async function goldenFaces(): Promise<{ faces: Tensor; embeddings: number[] }> {
  const file = 'facenet-20180402-114759.json';
  const { names } = JSON.parse(readFileSync(sharedPath('golden', file), 'utf8')) as { names: string[] };
  const data = new Float32Array(names.length * IMAGE_VALUES);
  for (const [i, person] of names.entries()) {
    // Two of the pictures carry a colour profile, which the reference ignores.
    const picture = sharp(sharedPath('golden', 'facenet-aligned', `${person}.png`), { ignoreIcc: true });
    const pixels = await picture.removeAlpha().raw().toBuffer();
    data.set(
      Float32Array.from(pixels, (value) => (value - 127.5) / 128),
      i * IMAGE_VALUES,
    );
  }
  return { faces: { data, dims: [names.length, SIZE_PX, SIZE_PX, 3] }, embeddings: embeddingsIn(file) };
}

function embeddingsIn(...path: string[]): number[] {
  const { embeddings } = JSON.parse(readFileSync(sharedPath('golden', ...path), 'utf8')) as { embeddings: number[][] };
  return embeddings.flat();
}

interface GoldenFace {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
  readonly score: number;
  readonly landmarks: readonly [number, number][];
}
type GoldenPhotos = Readonly<Record<string, { readonly minFaceSize: number; readonly faces: readonly GoldenFace[] }>>;

/** Results of `detect_face` by the photo's path in ../shared. */
export const GOLDEN_PHOTOS: GoldenPhotos = hasShared
  ? (JSON.parse(readFileSync(sharedPath('golden', 'mtcnn.json'), 'utf8')) as GoldenPhotos)
  : {};

/** Pictures decoded by another JPEG library differ by a grey level or two, which moves a box by up to a pixel. */
const TOLERANCE = { boxPx: 1.5, landmarkPx: 2, score: 0.02 };

export function expectGoldenFaces(photo: string, faces: readonly DetectedFace[]): void {
  const golden = GOLDEN_PHOTOS[photo].faces;
  expect(faces).toHaveLength(golden.length);
  faces.forEach(({ box, confidence, landmarks }, i) => {
    const { x1, y1, x2, y2, score, landmarks: points } = golden[i];
    const corners = [box.x - x1, box.y - y1, box.x + box.width - x2, box.y + box.height - y2];
    expect(Math.max(...corners.map(Math.abs))).toBeLessThan(TOLERANCE.boxPx);
    expect(Math.abs(confidence - score)).toBeLessThan(TOLERANCE.score);
    const moves = landmarks!.flatMap(({ x, y }, j) => [x - points[j][0], y - points[j][1]]);
    expect(Math.max(...moves.map(Math.abs))).toBeLessThan(TOLERANCE.landmarkPx);
  });
}
