import { readdir, readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { createOnnxRuntime } from '../src/engine/onnxruntime.js';
import { withBorderRetry } from '../src/faces/detect/border-retry.js';
import type { DetectedFace } from '../src/faces/detect/detector.js';
import { suppress } from '../src/faces/detect/tiles.js';
import { loadYunet, runYunet } from '../src/faces/detect/yunet.js';
import { type Box, countPairs } from '../src/faces/image/box.js';
import { decodeImage } from '../src/faces/image/decode.js';
import type { RgbImage } from '../src/faces/image/image.js';
import { shrinkTo } from '../src/faces/image/resize-area.js';
import { sharedPath } from '../test/helpers/shared.js';

/**
 * At which side YuNet should search a photo, how small and how large a face it finds, how sure it is of true and false
 * faces, and what a second detection in a border gives.
 *
 *   npx tsx bench/yunet.ts
 */
const PATH = sharedPath('models', 'yunet', 'yunet_n_dynamic.onnx');
const engine = createOnnxRuntime({ threads: 1 });
const session = await engine.load(PATH);

const filesIn = async (...folder: string[]) =>
  (await readdir(sharedPath(...folder), { recursive: true }))
    .filter((file) => /\.(jpg|png)$/.test(file))
    .sort()
    .map((file) => sharedPath(...folder, file));
const decode = (bytes: Uint8Array) => decodeImage(bytes, { maxPixels: 1e8 });
const groups = await filesIn('images', 'groups');
const portraits = await filesIn('images', 'portraits');
const lfw = (await filesIn('lfw-dev', 'images')).filter((_, i) => i % 24 === 0);
const tight = await filesIn('images', 'people');

async function searchAt(image: RgbImage, sidePx: number): Promise<DetectedFace[]> {
  return suppress(await runYunet(session, shrinkTo(image, sidePx), 0.6));
}

function scaleBox({ x, y, width, height }: Box, by: number): Box {
  return { x: x * by, y: y * by, width: width * by, height: height * by };
}

/** The largest faces of photos, scaled to a width: how many are found above 0.6 and 0.75, and what else above 0.75. */
const byWidth = [];
for (const [name, files, widths] of [
  ['groups', groups, [6, 8, 10, 12, 16, 20, 40, 80, 160, 320]],
  ['LFW', lfw, [6, 8, 10, 12, 16, 20, 40, 80]],
  ['portraits', portraits, [100, 200, 300, 400, 500, 600, 800]],
] as const) {
  const photos = await Promise.all(files.map((file) => readFile(file)));
  for (const width of widths) {
    const counts = { faces: 0, above060: 0, above075: 0, others: 0 };
    for (const bytes of photos) {
      const small = shrinkTo(await decode(bytes), 640);
      const known = await searchAt(small, 640);
      const largest = Math.max(...known.map(({ box }) => box.width));
      const scale = width / largest;
      const resized = sharp(bytes)
        .rotate()
        .resize({ width: Math.round(small.width * scale) });
      const scaled = await decode(await resized.png().toBuffer());
      const expected = known.filter(({ box }) => box.width > 0.7 * largest).map(({ box }) => scaleBox(box, scale));
      const faces = suppress(await runYunet(session, scaled, 0.6));
      const found = faces.filter(({ confidence }) => confidence > 0.75).map(({ box }) => box);
      counts.above060 += countPairs(
        expected,
        faces.map(({ box }) => box),
        0.35,
      );
      const all = known.map(({ box }) => scaleBox(box, scale));
      counts.faces += expected.length;
      counts.above075 += countPairs(expected, found, 0.35);
      counts.others += found.length - countPairs(found, all, 0.35);
    }
    byWidth.push({ photos: name, width, ...counts });
  }
}
console.table(byWidth);

const bySide = [];
for (const side of [480, 640, 800, 1024]) {
  let [found, megapixels] = [0, 0];
  const times: number[] = [];
  for (const file of [...groups, ...portraits, sharedPath('images', 'ivan.jpg')]) {
    const image = await decode(await readFile(file));
    megapixels += (image.width * image.height) / 1e6;
    const runs = [];
    for (let run = 0; run < 9; run++) {
      const before = process.cpuUsage();
      const faces = await searchAt(image, side);
      const { user, system } = process.cpuUsage(before);
      runs.push((user + system) / 1000);
      if (run === 0) found += faces.length;
    }
    times.push(Math.min(...runs));
  }
  const ms = times.reduce((sum, time) => sum + time, 0) / megapixels;
  bySide.push({ side, found, cpuMsPerMegapixel: Math.round(ms) });
}
console.table(bySide);

const byBorder = [];
for (const minConfidence of [0.6, 0.75]) {
  const yunet = await loadYunet(engine, PATH, { minConfidence });
  for (const borderShares of [[], [0.2]]) {
    const detector = withBorderRetry(yunet, { borderShares });
    const counts = { tight: 0, tightFaces: 0, lfw: 0, lfwFaces: 0 };
    for (const [key, files] of [['tight', tight] as const, ['lfw', lfw] as const]) {
      for (const file of files) {
        const faces = await detector.detect(await decode(await readFile(file)));
        if (faces.length === 0) counts[key]++;
        counts[`${key}Faces`] += faces.length;
      }
    }
    byBorder.push({ minConfidence, border: borderShares.join(), ...counts });
  }
}
console.table(byBorder);
