import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { loadMtcnn } from '../src/faces/detect/mtcnn/mtcnn.js';
import { withBorderRetry } from '../src/faces/detect/border-retry.js';
import type { DetectedFace } from '../src/faces/detect/detector.js';
import { loadFaceDescriptor } from '../src/faces/embed/face-descriptor.js';
import { loadFacenet } from '../src/faces/embed/facenet.js';
import type { Embedder } from '../src/faces/embed/embedder.js';
import { loadLandmarks68 } from '../src/faces/landmarks/landmarks68.js';
import { euclideanDistance } from '../src/matching/matcher.js';
import { faceApiDir } from '../src/models/find-models.js';
import { centralFace } from '../src/faces/pipeline/central-face.js';
import { createOnnxRuntime } from '../src/engine/onnxruntime.js';
import type { RgbImage } from '../src/faces/image/image.js';
import { measureQuality } from '../src/faces/image/quality.js';
import { resampleRegion } from '../src/faces/image/resample.js';
import { readPhoto } from '../test/helpers/photo.js';
import { sharedPath } from '../test/helpers/shared.js';

/**
 * Effect of bad examples: 40 people of LFW with one deliberately degraded example each; 5 other photos of each to name,
 * and 200 strangers. Distances to clean photos, right names, strangers within the embedder's threshold.
 *
 *   npx tsx bench/quality.ts
 */
const STRANGERS = 200;
const TESTS = 5;
const cacheDir = join(tmpdir(), 'rostro-bench-cache');
const engine = createOnnxRuntime({ threads: 2 });
const files = Object.fromEntries(['det1', 'det2', 'det3'].map((n) => [n, sharedPath('models', 'npy', `${n}.npy`)]));
const detector = withBorderRetry(
  await loadMtcnn(engine, files as { det1: string; det2: string; det3: string }, cacheDir, {}),
  { borderShares: [0.2] },
);

interface Subject {
  readonly image: RgbImage;
  readonly face: DetectedFace;
}
type Spoil = (subject: Subject) => Promise<Subject>;

const SPOILT: Readonly<Record<string, Spoil>> = {
  'as it is': (subject) => Promise.resolve(subject),
  ...Object.fromEntries([80, 60, 40, 30, 24, 16].map((px) => [`face of ${px} px`, shrunkTo(px)])),
  ...Object.fromEntries([1, 2, 3, 4, 6].map((sigma) => [`blur, sigma ${sigma}`, changed((s) => s.blur(sigma))])),
  ...Object.fromEntries([0.5, 0.25, 0.12, 0.06].map((f) => [`light × ${f}`, changed((s) => s.linear(f, 0))])),
  ...Object.fromEntries([1.5, 2, 3].map((f) => [`light × ${f}`, changed((s) => s.linear(f, 0))])),
  ...Object.fromEntries([0.3, 0.15, 0.08].map((f) => [`contrast × ${f}`, changed((s) => s.linear(f, 128 * (1 - f)))])),
  ...Object.fromEntries([15, 30, 45, 60].map((angle) => [`leaning by ${angle}°`, leaning(angle)])),
};

const people = readFileSync(sharedPath('lfw-dev', 'people.txt'), 'utf8').trim().split('\n');
const subjects = new Map<string, Subject[]>();
for (const line of people) {
  const [name, numbers] = line.split('\t');
  const photos = numbers.split(' ').slice(0, TESTS + 1);
  subjects.set(name, await Promise.all(photos.map((number) => load(name, Number(number)))));
}
const pairs = readFileSync(sharedPath('lfw-dev', 'pairs.txt'), 'utf8').split('\n').slice(1);
const others = pairs.map((line) => line.split('\t')).filter((parts) => parts.length === 4 && !subjects.has(parts[0]));
const strangers: Subject[] = [];
for (const [name, number] of new Map(others.map(([name, number]) => [name, number]))) {
  if (strangers.length < STRANGERS) strangers.push(await load(name, Number(number)));
}

const rows = [];
for (const embedder of await embedders()) {
  const embed = async ({ image, face }: Subject) => (await embedder.embed(image, [{ box: face.box }]))[0];
  const tests = new Map<string, Float32Array[]>();
  for (const [name, [, ...rest]] of subjects) tests.set(name, await Promise.all(rest.map(embed)));
  const unknown = await Promise.all(strangers.map(embed));
  for (const [what, spoil] of Object.entries(SPOILT)) {
    const gallery = new Map<string, Float32Array>();
    const measured = [];
    for (const [name, [example]] of subjects) {
      const bad = await spoil(example);
      measured.push(measureQuality(bad.image, bad.face));
      gallery.set(name, await embed(bad));
    }
    const { threshold, name: embedderName } = embedder.contract;
    const probes = [...tests].flatMap(([name, embeddings]) => embeddings.map((embedding) => ({ name, embedding })));
    const named = probes.filter((probe) => nearest(gallery, probe.embedding).name === probe.name).length;
    const within = unknown.filter((embedding) => nearest(gallery, embedding).distance <= threshold).length;
    rows.push({
      embedder: embedderName,
      example: what,
      sharpness: median(measured.map((q) => q.sharpness)).toFixed(1),
      brightness: median(measured.map((q) => q.brightness)).toFixed(2),
      contrast: median(measured.map((q) => q.contrast)).toFixed(3),
      genuine: median(probes.map((p) => euclideanDistance(p.embedding, gallery.get(p.name)!))).toFixed(3),
      stranger: median(unknown.map((e) => nearest(gallery, e).distance)).toFixed(3),
      rightNames: (named / probes.length).toFixed(3),
      strangersNamed: (within / unknown.length).toFixed(3),
    });
    console.log(JSON.stringify(rows.at(-1)));
  }
}
console.table(rows);
const all = [...[...subjects.values()].flat(), ...strangers].map(({ image, face }) => measureQuality(image, face));
for (const [key, of] of Object.entries({
  sharpness: (q: (typeof all)[0]) => q.sharpness,
  brightness: (q: (typeof all)[0]) => q.brightness,
  contrast: (q: (typeof all)[0]) => q.contrast,
  yaw: (q: (typeof all)[0]) => Math.abs(q.pose?.yaw ?? 0),
  pitch: (q: (typeof all)[0]) => Math.abs(q.pose?.pitch ?? 0),
  roll: (q: (typeof all)[0]) => Math.abs(q.pose?.roll ?? 0),
})) {
  const values = all.map(of).sort((a, b) => a - b);
  const at = (share: number) => values[Math.floor(share * (values.length - 1))].toFixed(3);
  console.log(
    key,
    'min',
    at(0),
    '1 %',
    at(0.01),
    '5 %',
    at(0.05),
    'median',
    at(0.5),
    '95 %',
    at(0.95),
    '99 %',
    at(0.99),
  );
}

async function embedders(): Promise<Embedder[]> {
  const face68 = await loadLandmarks68(engine, faceApiDir(), cacheDir);
  return [
    await loadFacenet(engine, {
      path: sharedPath('models', 'model', '20180402-114759', '20180402-114759.pb'),
      cacheDir,
    }),
    await loadFaceDescriptor(engine, face68, faceApiDir(), cacheDir),
  ];
}

async function load(name: string, number: number): Promise<Subject> {
  const file = `${name}_${String(number).padStart(4, '0')}.jpg`;
  const image = await readPhoto(sharedPath('lfw-dev', 'images', name, file));
  return { image, face: centralFace(await detector.detect(image), image)! };
}

function shrunkTo(px: number): Spoil {
  return ({ image, face }) => {
    const scale = px / Math.min(face.box.width, face.box.height);
    const [width, height] = [Math.round(image.width * scale), Math.round(image.height * scale)];
    const pixels = new Float32Array(3 * width * height);
    resampleRegion(image, { x: 0, y: 0, width: image.width, height: image.height }, width, height, pixels);
    const { x, y, width: w, height: h } = face.box;
    const box = { x: x * scale, y: y * scale, width: w * scale, height: h * scale };
    return Promise.resolve({
      image: { width, height, data: Uint8Array.from(pixels, Math.round) },
      face: { ...face, box },
    });
  };
}

function changed(edit: (photo: Sharp) => Sharp): Spoil {
  return async ({ image, face }) => {
    const raw = { width: image.width, height: image.height, channels: 3 } as const;
    const data = await edit(sharp(image.data, { raw })).raw().toBuffer();
    return { image: { ...image, data }, face };
  };
}

/** Rotated about the centre of the photo, where LFW's faces are. */
function leaning(angle: number): Spoil {
  return async ({ image, face }) => {
    const { width, height } = image;
    const raw = { width, height, channels: 3 } as const;
    const { data, info } = await sharp(image.data, { raw })
      .rotate(angle, { background: '#808080' })
      .raw()
      .toBuffer({ resolveWithObject: true });
    const [left, top] = [(info.width - width) >> 1, (info.height - height) >> 1];
    const turned = { width: info.width, height: info.height, channels: 3 } as const;
    const cut = await sharp(data, { raw: turned }).extract({ left, top, width, height }).raw().toBuffer();
    return { image: { width, height, data: cut }, face };
  };
}

function nearest(gallery: ReadonlyMap<string, Float32Array>, embedding: Float32Array) {
  let best = { name: '', distance: Infinity };
  for (const [name, example] of gallery) {
    const distance = euclideanDistance(example, embedding);
    if (distance < best.distance) best = { name, distance };
  }
  return best;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}
