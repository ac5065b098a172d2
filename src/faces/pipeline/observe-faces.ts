import type { Detector } from '../detect/detector.js';
import type { Embedder } from '../embed/embedder.js';
import { alignedGreysOf } from '../landmarks/aligned-greys.js';
import { appearanceOf, cellGreys } from '../image/appearance.js';
import { eyesOpenOf } from '../image/eyes-open.js';
import { isCutOff } from '../image/cut-off.js';
import type { RgbImage } from '../image/image.js';
import type { LivenessCheck } from '../liveness/liveness.js';
import type { LandmarkDetector68 } from '../landmarks/landmarks68.js';
import type { SeenFace } from './pipeline.js';

export interface ObserveParts {
  readonly detector: Detector;
  readonly embedder: Embedder;
  readonly landmarks68: () => Promise<LandmarkDetector68>;
  readonly liveness: LivenessCheck | null;
}

/** A second face is enough to see that a person is not alone. */
const MOST_FACES = 2;
/** Sampled points per side of a face, for its brightness. */
const BRIGHTNESS_POINTS = 24;

/** Detects the faces of a frame and measures the largest two, the largest first. */
export async function observeFaces(image: RgbImage, parts: ObserveParts): Promise<SeenFace[]> {
  const found = (await parts.detector.detect(image))
    .toSorted((a, b) => b.box.width * b.box.height - a.box.width * a.box.height)
    .slice(0, MOST_FACES);
  if (found.length === 0) return [];
  const boxes = found.map(({ box }) => box);
  const points = await (await parts.landmarks68()).locate(image, boxes);
  const [embeddings, live] = await Promise.all([
    parts.embedder.embed(image, found),
    parts.liveness?.judge(image, { box: boxes[0], cutOff: isCutOff(found[0], image) }) ?? null,
  ]);
  return boxes.map((box, i) => ({
    box,
    landmarks: points[i],
    eyesOpen: eyesOpenOf(image, points[i]),
    aligned: alignedGreysOf(image, points[i]),
    embedding: embeddings[i],
    appearance: appearanceOf(image, box),
    brightness: cellGreys(image, box, 1, 1, BRIGHTNESS_POINTS)[0] / 255,
    live: i === 0 ? live : null,
  }));
}
