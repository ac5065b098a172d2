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
import { measureQuality, POOR_SCORE } from '../src/faces/image/quality.js';
import type { Landmarks5, Point } from '../src/faces/image/box.js';
import { resampleRegion } from '../src/faces/image/resample.js';
import { readPhoto } from '../test/helpers/photo.js';
import { sharedPath } from '../test/helpers/shared.js';

/**
 * Effect of bad examples: 40 people of LFW with one deliberately degraded example each; 5 other photos of each to name,
 * and 200 strangers. Distances to clean photos, right names, strangers within the embedder's threshold. Then what the
 * quality score says about these examples: rank correlation with the distances, and right names by score.
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

interface Scored {
  readonly embedder: string;
  readonly what: string;
  readonly minimum: number;
  readonly product: number;
  readonly facePx: number;
  /** Median distance to the clean photos of the person. */
  readonly distance: number;
  readonly isRight: boolean;
}

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
  ...Object.fromEntries([0.1, 0.25, 0.5].map((share) => [`cut by ${share}`, cutBy(share)])),
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
const scored: Scored[] = [];
for (const embedder of await embedders()) {
  const embed = async ({ image, face }: Subject) => (await embedder.embed(image, [{ box: face.box }]))[0];
  const tests = new Map<string, Float32Array[]>();
  for (const [name, [, ...rest]] of subjects) tests.set(name, await Promise.all(rest.map(embed)));
  const unknown = await Promise.all(strangers.map(embed));
  for (const [what, spoil] of Object.entries(SPOILT)) {
    const gallery = new Map<string, Float32Array>();
    const measured: ReturnType<typeof measureQuality>[] = [];
    const { threshold, name: embedderName } = embedder.contract;
    for (const [name, [example]] of subjects) {
      const bad = await spoil(example);
      const quality = measureQuality(bad.image, bad.face);
      const embedding = await embed(bad);
      measured.push(quality);
      gallery.set(name, embedding);
      const distances = tests.get(name)!.map((test) => euclideanDistance(test, embedding));
      const values = Object.values(quality.parts) as number[];
      scored.push({
        embedder: embedderName,
        what,
        minimum: quality.score,
        product: values.reduce((product, value) => product * value, 1),
        facePx: quality.facePx,
        distance: median(distances),
        // Searched as a look: the nearest of the clean photos.
        isRight: nearestOf(tests, embedding) === name,
      });
    }
    const probes = [...tests].flatMap(([name, embeddings]) => embeddings.map((embedding) => ({ name, embedding })));
    const named = probes.filter((probe) => nearest(gallery, probe.embedding).name === probe.name).length;
    const within = unknown.filter((embedding) => nearest(gallery, embedding).distance <= threshold).length;
    rows.push({
      embedder: embedderName,
      example: what,
      sharpness: median(measured.map((q) => q.sharpness)).toFixed(1),
      brightness: median(measured.map((q) => q.brightness)).toFixed(2),
      contrast: median(measured.map((q) => q.contrast)).toFixed(3),
      score: median(measured.map((q) => q.score)).toFixed(2),
      genuine: median(probes.map((p) => euclideanDistance(p.embedding, gallery.get(p.name)!))).toFixed(3),
      stranger: median(unknown.map((e) => nearest(gallery, e).distance)).toFixed(3),
      rightNames: (named / probes.length).toFixed(3),
      strangersNamed: (within / unknown.length).toFixed(3),
    });
    console.log(JSON.stringify(rows.at(-1)));
  }
}
console.table(rows);
for (const name of new Set(scored.map(({ embedder }) => embedder))) {
  const looks = scored.filter(({ embedder }) => embedder === name);
  for (const key of ['minimum', 'product', 'facePx'] as const) {
    const rank = (some: readonly Scored[]) => spearman(some.map((look) => [look[key], look.distance])).toFixed(3);
    const original = looks.filter(({ what }) => what === 'as it is');
    console.log(name, 'rank correlation with the distance,', key, 'all', rank(looks), 'originals', rank(original));
  }
  const edges = [0, 0.1, 0.2, POOR_SCORE, 0.3, 0.4, 0.5, 0.75, 1.01];
  for (const key of ['minimum', 'product'] as const) {
    for (const [i, from] of edges.slice(0, -1).entries()) {
      const some = looks.filter((look) => look[key] >= from && look[key] < edges[i + 1]);
      const right = some.filter(({ isRight }) => isRight).length / some.length;
      const within = some.length === 0 ? NaN : median(some.map(({ distance }) => distance));
      console.log(
        name,
        key,
        `${from} to ${edges[i + 1]}:`,
        some.length,
        'looks, right',
        right.toFixed(3),
        within.toFixed(3),
      );
    }
  }
}
const originals = [...[...subjects.values()].flat(), ...strangers];
const start = process.cpuUsage();
const all = originals.map(({ image, face }) => measureQuality(image, face));
console.log(
  'measureQuality',
  (process.cpuUsage(start).user / 1000 / all.length).toFixed(2),
  'ms of processor time a face',
);
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
      face: { ...face, box, landmarks: moved(face, (point) => ({ x: point.x * scale, y: point.y * scale })) },
    });
  };
}

function moved({ landmarks }: DetectedFace, to: (point: Point) => Point): Landmarks5 | null {
  return landmarks && (landmarks.map(to) as unknown as Landmarks5);
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
    const [cos, sin] = [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)];
    const landmarks = moved(face, ({ x, y }) => {
      const [dx, dy] = [x - width / 2, y - height / 2];
      return { x: width / 2 + cos * dx - sin * dy, y: height / 2 + sin * dx + cos * dy };
    });
    return { image: { width, height, data: cut }, face: { ...face, landmarks } };
  };
}

/** The photo ends before the left share of the face's box. */
function cutBy(share: number): Spoil {
  return async ({ image, face }) => {
    const left = Math.round(face.box.x + share * face.box.width);
    const [width, height] = [image.width - left, image.height];
    const raw = { width: image.width, height, channels: 3 } as const;
    const data = await sharp(image.data, { raw }).extract({ left, top: 0, width, height }).raw().toBuffer();
    const landmarks = moved(face, ({ x, y }) => ({ x: x - left, y }));
    const box = { ...face.box, x: face.box.x - left };
    return {
      image: { width, height, data },
      face: { ...face, box, landmarks },
    };
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

function nearestOf(tests: ReadonlyMap<string, readonly Float32Array[]>, embedding: Float32Array): string {
  const distances = [...tests].map(([name, some]) => [
    name,
    Math.min(...some.map((e) => euclideanDistance(e, embedding))),
  ]);
  return distances.sort((a, b) => Number(a[1]) - Number(b[1]))[0][0] as string;
}

/** Rank correlation; equal values share their mean rank. */
function spearman(pairs: readonly (readonly [number, number])[]): number {
  const ranks = (values: readonly number[]) => {
    const sorted = [...values].sort((a, b) => a - b);
    return values.map((value) => (sorted.indexOf(value) + sorted.lastIndexOf(value)) / 2);
  };
  const [a, b] = [ranks(pairs.map(([x]) => x)), ranks(pairs.map(([, y]) => y))];
  const mean = (pairs.length - 1) / 2;
  const sum = (xs: number[], ys: number[]) => xs.reduce((total, x, i) => total + (x - mean) * (ys[i] - mean), 0);
  return sum(a, b) / Math.sqrt(sum(a, a) * sum(b, b));
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}
