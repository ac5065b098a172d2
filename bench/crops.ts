import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadMtcnn } from '../src/faces/detect/mtcnn/mtcnn.js';
import { cachedOnnx } from '../src/models/convert/cache.js';
import { convertGraphDef } from '../src/models/convert/tensorflow/convert.js';
import { euclideanDistance } from '../src/matching/matcher.js';
import { createOnnxRuntime } from '../src/engine/onnxruntime.js';
import type { Session } from '../src/engine/engine.js';
import type { Box } from '../src/faces/image/box.js';
import { decodeImage } from '../src/faces/image/decode.js';
import type { RgbImage } from '../src/faces/image/image.js';
import { withMargin } from '../src/faces/image/crop-area.js';
import { resampleRegion } from '../src/faces/image/resample.js';
import { standardiseFixed } from '../src/faces/embed/facenet.js';
import { sharedPath } from '../test/helpers/shared.js';

/**
 * Compares crops around the MTCNN box for FaceNet: margin in pixels or as a share of the box, stretched or square.
 * Pairs of LFW photos, FOLDS folds of them; accuracy at the best threshold for all pairs, and at 1.1.
 *
 *   npx tsx bench/crops.ts [FOLDS]
 */
const folds = Number(process.argv[2] ?? 10);
const SIZE = 160;
const cacheDir = join(tmpdir(), 'rostro-bench-cache');

type Region = (box: Box, image: RgbImage) => Box;

/** The box extended by shares of its own sides or by pixels, clipped to the image. */
function stretched(grow: { share: number } | { px: number }): Region {
  return (box, image) => {
    const [x, y] =
      'px' in grow ? [grow.px / 2, grow.px / 2] : [(grow.share * box.width) / 2, (grow.share * box.height) / 2];
    const [left, top] = [Math.max(0, box.x - x), Math.max(0, box.y - y)];
    const right = Math.min(image.width, box.x + box.width + x);
    const bottom = Math.min(image.height, box.y + box.height + y);
    return { x: left, y: top, width: right - left, height: bottom - top };
  };
}
const square =
  (share: number): Region =>
  (box, { width, height }) =>
    withMargin(box, { share }, width, height);

const VARIANTS: Readonly<Record<string, Region>> = {
  'stretched, 44 px': stretched({ px: 44 }),
  'stretched, 20 %': stretched({ share: 0.2 }),
  'stretched, 28 %': stretched({ share: 0.28 }),
  'stretched, 38 %': stretched({ share: 0.38 }),
  'stretched, 48 %': stretched({ share: 0.48 }),
  'square, 10 %': square(0.1),
  'square, 20 %': square(0.2),
  'square, 28 %': square(0.28),
  'square, 38 %': square(0.38),
};

const engine = createOnnxRuntime({ threads: 2 });
const npy = (name: string) => sharedPath('models', 'npy', name);
const files = { det1: npy('det1.npy'), det2: npy('det2.npy'), det3: npy('det3.npy') };
const detector = await loadMtcnn(engine, files, cacheDir, { minFacePx: 40 });
const graph = { input: 'input', falseConstants: ['phase_train'], output: 'embeddings', inputSizePx: SIZE };
const { path } = await cachedOnnx({
  cacheDir,
  converter: 'graphdef-1',
  sources: [sharedPath('models', 'model', '20180402-114759', '20180402-114759.pb')],
  convert: ([bytes]) => convertGraphDef(bytes, graph).onnx,
});
const facenet: Session = await engine.load(path);

interface Pair {
  readonly a: string;
  readonly b: string;
  readonly same: boolean;
}

async function readPairs(): Promise<Pair[]> {
  const [head, ...lines] = (await readFile(sharedPath('lfw-dev', 'pairs.txt'), 'utf8')).trim().split('\n');
  const perFold = 2 * Number(head.split(/\s+/)[1]);
  return lines.slice(0, folds * perFold).map((line) => {
    const parts = line.split(/\s+/);
    const [second, number] = parts.length === 3 ? [parts[0], parts[2]] : [parts[2], parts[3]];
    return { a: photoPath(parts[0], parts[1]), b: photoPath(second, number), same: parts.length === 3 };
  });
}

function photoPath(person: string, number: string): string {
  return sharedPath('lfw-dev', 'images', person, `${person}_${number.padStart(4, '0')}.jpg`);
}

/** The face closest to the centre of the photo, weighted by size, as in facenet's alignment. */
function central(boxes: readonly Box[], { width, height }: RgbImage): Box {
  const score = (box: Box) => {
    const offset = (box.x + box.width / 2 - width / 2) ** 2 + (box.y + box.height / 2 - height / 2) ** 2;
    return box.width * box.height - 2 * offset;
  };
  return boxes.reduce((best, box) => (score(box) > score(best) ? box : best));
}

async function embedAll(image: RgbImage, box: Box): Promise<Float32Array[]> {
  const regions = Object.values(VARIANTS);
  const data = new Float32Array(regions.length * SIZE * SIZE * 3);
  regions.forEach((region, i) => {
    resampleRegion(
      image,
      region(box, image),
      SIZE,
      SIZE,
      data.subarray(i * SIZE * SIZE * 3, (i + 1) * SIZE * SIZE * 3),
    );
  });
  standardiseFixed(data);
  const { embeddings } = await facenet.run({ input: { data, dims: [regions.length, SIZE, SIZE, 3] } });
  const dimension = embeddings.dims[1];
  return regions.map((_, i) => embeddings.data.slice(i * dimension, (i + 1) * dimension));
}

const pairs = await readPairs();
const byPhoto = new Map<string, Float32Array[] | null>();
for (const photo of new Set(pairs.flatMap(({ a, b }) => [a, b]))) {
  const image = await decodeImage(await readFile(photo), { maxPixels: 1e8 });
  const faces = await detector.detect(image);
  const boxes = faces.map(({ box }) => box);
  byPhoto.set(photo, boxes.length > 0 ? await embedAll(image, central(boxes, image)) : null);
}

const usable = pairs.filter(({ a, b }) => byPhoto.get(a) && byPhoto.get(b));
const rows = Object.keys(VARIANTS).map((variant, index) => {
  const scored = usable.map(({ a, b, same }) => ({
    same,
    distance: euclideanDistance(byPhoto.get(a)![index], byPhoto.get(b)![index]),
  }));
  const accuracyAt = (threshold: number) =>
    scored.filter(({ same, distance }) => same === distance <= threshold).length / scored.length;
  const thresholds = Array.from({ length: 160 }, (_, i) => 0.4 + i * 0.01);
  const best = thresholds.reduce((a, b) => (accuracyAt(b) > accuracyAt(a) ? b : a));
  return {
    crop: variant,
    best: accuracyAt(best).toFixed(4),
    at: best.toFixed(2),
    'at 1.1': accuracyAt(1.1).toFixed(4),
  };
});
console.log(`${usable.length} of ${pairs.length} pairs`);
console.table(rows);
console.log(JSON.stringify({ bench: 'crops', rows }));
