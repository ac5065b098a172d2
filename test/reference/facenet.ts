import type { Session } from '../../src/engine/engine.js';
import type { Box } from '../../src/faces/image/box.js';
import type { RgbImage } from '../../src/faces/image/image.js';
import { triangleMeans } from './resample.js';

const SIDE_PX = 160;
const MARGIN = 0.28;

/** One face through FaceNet of 2018: the square about its box, 0.28 larger, cut at the picture's edges, stretched. */
export async function embedFace(facenet: Session, image: RgbImage, box: Box): Promise<Float32Array> {
  const pixels = triangleMeans(image, cropRegion(box, image), { width: SIDE_PX, height: SIDE_PX });
  const data = new Float32Array(pixels.map((value) => (value - 127.5) / 128));
  const { embeddings } = await facenet.run({ input: { data, dims: [1, SIDE_PX, SIDE_PX, 3] } });
  return embeddings.data;
}

function cropRegion({ x, y, width, height }: Box, image: RgbImage): Box {
  const half = (Math.max(width, height) * (1 + MARGIN)) / 2;
  const [centreX, centreY] = [x + width / 2, y + height / 2];
  const [left, top] = [Math.max(0, centreX - half), Math.max(0, centreY - half)];
  const [right, bottom] = [Math.min(image.width, centreX + half), Math.min(image.height, centreY + half)];
  return { x: left, y: top, width: Math.max(1, right - left), height: Math.max(1, bottom - top) };
}
