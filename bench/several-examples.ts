import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../src/app/config.js';
import { pipelineSpec, startPipeline } from '../src/app/pipeline.js';
import {
  type IdentificationRates,
  rankOne,
  ratesAtFpir,
  ratesAtThreshold,
  type Search,
} from '../src/evaluation/identification.js';
import { decodeImage } from '../src/faces/image/decode.js';
import { type FaceQuality, measureQuality } from '../src/faces/image/quality.js';
import { loadPipeline } from '../src/faces/pipeline/load.js';
import { euclideanDistance } from '../src/matching/matcher.js';
import { thresholdFor } from '../src/matching/thresholds/impostors.js';
import { seededRandom, shuffled } from '../src/shared/statistics/random.js';
import { withMirrored } from '../src/shared/statistics/vectors.js';
import { sharedPath } from '../test/helpers/shared.js';
import { quantile } from './support/harness.js';
import { oneFaceFrame } from './support/setting.js';

/**
 * Several examples per person, in open-set identification: the nearest example, the mean of the examples, that mean
 * weighted by quality, and the smaller distance of nearest example and mean; the first two also with the mirrored faces
 * averaged into the examples (`FLIP=enrol`). The 40 people of lfw-dev/people.txt with 1, 2, 3, 5 and 10 examples each:
 * - alone; the strangers are all photos of the other 647 people of lfw-dev;
 * - with half of the others, who have one example each; the strangers are all photos of the other half.
 * Probes are 5 further photos of each of the 40, and the further photos of the half. Each draw chooses examples, probes and
 * halves anew. At the end, the processor time that `FLIP=enrol` takes when a photo is enrolled. The embeddings are kept in the
 * temporary folder for the next run. Settings come from the environment.
 *
 *   EMBEDDER=mobilefacenet DETECTOR=mtcnn npx tsx bench/several-examples.ts
 */
const DRAWS = 20;
const PROBES = 5;
const ENROLMENTS = 200;
const images = sharedPath('lfw-dev', 'images');
const config = readConfig({ WORKERS: '1', THREADS: '1', PROVIDER: 'cpu', ...process.env });
const cacheDir = join(tmpdir(), 'rostro-bench-cache');

interface Photo {
  readonly person: string;
  readonly file: string;
  readonly embedding: Float32Array;
  /** With the mirrored face averaged in. */
  readonly averaged: Float32Array;
  readonly quality: FaceQuality;
}

interface CachedPhoto {
  readonly person: string;
  readonly file: string;
  readonly embedding: readonly number[];
  readonly mirrored: readonly number[];
  readonly quality: FaceQuality;
}

interface Person {
  readonly name: string;
  readonly examples: readonly Photo[];
  readonly probes: readonly Photo[];
}

/** The distance of a face to a person. */
type Distance = (face: Float32Array) => number;

interface Way {
  /** What the search compares: the impostor table is read for so many rows. */
  readonly rows: 'examples' | 'people';
  readonly distanceTo: (photos: readonly Photo[]) => Distance;
}

const WAYS: Readonly<Record<string, Way>> = {
  nearest: { rows: 'examples', distanceTo: (photos) => toNearest(photos, plain) },
  mean: { rows: 'people', distanceTo: (photos) => toMean(photos, plain, () => 1) },
  'mean by quality': { rows: 'people', distanceTo: (photos) => toMean(photos, plain, weightOf) },
  'nearest or mean': { rows: 'examples', distanceTo: toNearestOrMean },
  'nearest, FLIP=enrol': { rows: 'examples', distanceTo: (photos) => toNearest(photos, averaged) },
  'mean, FLIP=enrol': { rows: 'people', distanceTo: (photos) => toMean(photos, averaged, () => 1) },
};

const { photos, contract } = await embedAll();
const lists = readFileSync(sharedPath('lfw-dev', 'people.txt'), 'utf8').trim().split('\n');
const listed = new Map(lists.map((line) => line.split('\t')).map(([name, numbers]) => [name, numbers.split(' ')]));
const everyone = [...new Set(photos.map(({ person }) => person))].map((name) => ({
  name,
  photos: photos.filter(({ person, file }) => person === name && (listed.get(name)?.includes(numberOf(file)) ?? true)),
}));
const regulars = everyone.filter(({ name }) => listed.has(name));
const others = everyone.filter(({ name }) => !listed.has(name));

const rows = [];
for (const withOthers of [false, true]) {
  for (const examples of [1, 2, 3, 5, 10]) rows.push(...measure(examples, withOthers));
}
console.table(rows);
await timeEnrolment();

function measure(examples: number, withOthers: boolean) {
  const random = seededRandom(examples);
  const draws = Array.from({ length: DRAWS }, () => {
    const people = regulars.map(({ name, photos }): Person => {
      const drawn = shuffled(photos, random);
      return { name, probes: drawn.slice(0, PROBES), examples: drawn.slice(PROBES, PROBES + examples) };
    });
    const shuffledOthers = shuffled(others, random);
    const enrolled = withOthers ? shuffledOthers.splice(0, others.length >> 1) : [];
    for (const { name, photos } of enrolled) {
      const [example, ...probes] = shuffled(photos, random);
      people.push({ name, examples: [example], probes });
    }
    const strangers = shuffledOthers.flatMap(({ photos }) => photos);
    return mapValues(WAYS, (way) => figuresOf(way, people, strangers));
  });
  return Object.keys(WAYS).map((way) => {
    const of = (figure: (figures: Figures) => number) => draws.map((draw) => figure(draw[way]));
    const gain = draws.map((draw) => draw[way].atOne.fnir - draw.nearest.atOne.fnir);
    return {
      gallery: withOthers ? '40 + others' : '40',
      examples,
      way,
      'rank 1': percent(mean(of(({ first }) => first))),
      'FNIR at FPIR 1 %': withSpread(of(({ atOne }) => atOne.fnir)),
      'minus nearest': withSpread(gain),
      'better, worse': `${gain.filter((x) => x < 0).length}, ${gain.filter((x) => x > 0).length}`,
      'FNIR at 0.3 %': withSpread(of(({ atThird }) => atThird.fnir)),
      'threshold for 1 %': mean(of(({ atOne }) => atOne.threshold)).toFixed(3),
      'auto threshold': mean(of(({ auto }) => auto.threshold)).toFixed(3),
      'FNIR, FPIR at auto': `${percent(mean(of(({ auto }) => auto.fnir)))}, ${percent(mean(of(({ auto }) => auto.fpir)))}`,
    };
  });
}

type Figures = Readonly<Record<'atOne' | 'atThird' | 'auto', IdentificationRates>> & { readonly first: number };

/** `auto`: at the threshold that the impostor table gives for as many rows as are compared. */
function figuresOf({ rows, distanceTo }: Way, people: readonly Person[], strangers: readonly Photo[]): Figures {
  const enrolled = people.map(({ name, examples }) => ({ name, distance: distanceTo(examples) }));
  const search = (person: string | null, { embedding }: Photo): Search => {
    let found = { nearest: '', distance: Infinity };
    for (const { name, distance } of enrolled) {
      const here = distance(embedding);
      if (here < found.distance) found = { nearest: name, distance: here };
    }
    return { person, ...found };
  };
  const searches = [
    ...people.flatMap(({ name, probes }) => probes.map((photo) => search(name, photo))),
    ...strangers.map((photo) => search(null, photo)),
  ];
  const compared = rows === 'people' ? people.length : people.flatMap(({ examples }) => examples).length;
  const auto = contract.impostors ? thresholdFor(contract.impostors, 0.01, compared) : NaN;
  return {
    first: rankOne(searches),
    atOne: ratesAtFpir(searches, 0.01),
    atThird: ratesAtFpir(searches, 0.003),
    auto: ratesAtThreshold(searches, auto),
  };
}

type VectorOf = (photo: Photo) => Float32Array;

function plain({ embedding }: Photo): Float32Array {
  return embedding;
}

function averaged(photo: Photo): Float32Array {
  return photo.averaged;
}

function toNearest(photos: readonly Photo[], vectorOf: VectorOf): Distance {
  const examples = photos.map(vectorOf);
  return (face) => Math.min(...examples.map((example) => euclideanDistance(example, face)));
}

/** To the weighted mean, brought to unit length. */
function toMean(photos: readonly Photo[], vectorOf: VectorOf, weight: (photo: Photo) => number): Distance {
  const sum = new Float32Array(contract.dimension);
  for (const photo of photos) vectorOf(photo).forEach((value, i) => (sum[i] += weight(photo) * value));
  const length = Math.hypot(...sum);
  const centre = sum.map((value) => value / length);
  return (face) => euclideanDistance(centre, face);
}

function toNearestOrMean(photos: readonly Photo[]): Distance {
  const [nearest, centre] = [toNearest(photos, plain), toMean(photos, plain, () => 1)];
  return (face) => Math.min(nearest(face), centre(face));
}

/** Frontal and sharp faces weigh most: 0.05 to 1. */
function weightOf({ quality: { sharpness, pose } }: Photo): number {
  const facing = pose === null ? 0.5 : cosine(pose.yaw) * cosine(pose.pitch);
  return Math.max(0.05, facing * Math.min(1, sharpness / 100));
}

function cosine(degrees: number): number {
  return Math.cos((degrees * Math.PI) / 180);
}

/** The central face of every photo of lfw-dev. */
async function embedAll() {
  const pipeline = await startPipeline({ ...config, storage: { ...config.storage, cacheDir } });
  const { detector, contract } = pipeline.info;
  const cache = join(tmpdir(), `several-examples-${detector}-${contract.id.replace(/\W+/g, '-')}.json`);
  if (!existsSync(cache)) {
    const found: CachedPhoto[] = [];
    for (const person of readdirSync(images).sort()) {
      for (const file of readdirSync(join(images, person)).sort()) {
        const bytes = readFileSync(join(images, person, file));
        const { face, mirrored } = await pipeline.run('central', { bytes, aligned: false, mirrored: true });
        if (face === null) continue;
        const quality = measureQuality(await decodeImage(bytes, { maxPixels: config.limits.maxImagePixels }), face);
        found.push({ person, file, embedding: [...face.embedding], mirrored: [...mirrored!], quality });
      }
    }
    writeFileSync(cache, JSON.stringify(found));
  }
  await pipeline.close();
  const photos = (JSON.parse(readFileSync(cache, 'utf8')) as CachedPhoto[]).map(toPhoto);
  console.log(`${detector}, ${contract.id}: ${photos.length} photos, ${DRAWS} draws`);
  return { photos, contract };
}

function toPhoto({ embedding, mirrored, ...photo }: CachedPhoto): Photo {
  const vector = Float32Array.from(embedding);
  const averaged = withMirrored(vector, Float32Array.from(mirrored), 'average');
  return { ...photo, embedding: vector, averaged };
}

/** Of `Ada_Lovelace_0003.jpg`: 3. */
function numberOf(file: string): string {
  return String(Number(file.slice(-8, -4)));
}

/** In turn, because others may use the machine. */
async function timeEnrolment(): Promise<void> {
  const request = { bytes: await oneFaceFrame(), face: 0 };
  const modes = await Promise.all(
    (['off', 'enrol'] as const).map(async (flip) => {
      const pipeline = await loadPipeline({ ...pipelineSpec(config), cacheDir, flip });
      return { flip, times: [] as number[], run: () => pipeline.run('enrolmentFace', request) };
    }),
  );
  for (let round = 0; round < ENROLMENTS; round++) {
    for (const { run, times } of modes) {
      const start = process.cpuUsage();
      await run();
      const { user, system } = process.cpuUsage(start);
      times.push((user + system) / 1000);
    }
  }
  for (const { flip, times } of modes) {
    const ms = quantile(times, 0.5).toFixed(1);
    console.log(`FLIP=${flip}: ${ms} ms of processor time to detect, embed and crop a face in 640×480`);
  }
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, map: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Mean ± standard deviation. */
function withSpread(values: readonly number[]): string {
  const centre = mean(values);
  const deviation = Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
  return `${(100 * centre).toFixed(2)} ± ${(100 * deviation).toFixed(2)} %`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
