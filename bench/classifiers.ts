import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPipeline } from '../src/app/pipeline.js';
import { readConfig } from '../src/app/config.js';
import { CLASSIFIER_KINDS, type Ranking } from '../src/matching/classifiers/classifier.js';
import { samplesOf, type Samples } from '../src/matching/classifiers/samples.js';
import { classifierOf, trainClassifier } from '../src/matching/classifiers/training/train.js';
import type { EmbeddedFace, ImageSize } from '../src/faces/pipeline/pipeline.js';
import { sharedPath } from '../test/helpers/shared.js';

/**
 * Compares all matchers: 40 people of Labeled Faces in the Wild, 10 examples each to train, 5 to test, and one photo
 * each of 200 other people as strangers; once with 200 further strangers for training, once without. The embeddings are
 * kept in the temporary folder for the next run.
 *
 *   npx tsx bench/classifiers.ts [facenet|face-api]
 */
const embedder = process.argv[2] ?? 'facenet';
const FAR = 0.01;
const TRAINED = 10;
const STRANGERS = 200;
const cache = join(tmpdir(), `lfw-embeddings-${embedder}.json`);
const images = sharedPath('lfw-dev', 'images');

interface Cached {
  readonly photos: Record<string, number[] | null | undefined>;
}

const people = readFileSync(sharedPath('lfw-dev', 'people.txt'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => line.split('\t'))
  .map(([name, numbers]) => ({
    name,
    photos: numbers.split(' ').map((number) => `${name}/${name}_${number.padStart(4, '0')}.jpg`),
  }));
const known = new Set(people.map(({ name }) => name));
const others = readdirSync(images)
  .filter((name) => !known.has(name))
  .sort()
  .map((name) => ({ name, photos: [`${name}/${readdirSync(join(images, name)).sort()[0]}`] }));
const strangersToTest = others.filter((_, i) => i % 3 === 0).slice(0, STRANGERS);
const strangersToLearn = others.filter((_, i) => i % 3 === 1).slice(0, STRANGERS);

/** The face closest to the centre, weighted by size: LFW's photos are named after it. */
function central(faces: readonly EmbeddedFace[], { width, height }: ImageSize): EmbeddedFace | undefined {
  const score = ({ box }: EmbeddedFace) =>
    box.width * box.height -
    2 * ((box.x + box.width / 2 - width / 2) ** 2 + (box.y + box.height / 2 - height / 2) ** 2);
  return [...faces].sort((a, b) => score(b) - score(a))[0];
}

async function embedMissing(photos: readonly string[]): Promise<Cached['photos']> {
  const { photos: done } = readCache();
  const missing = photos.filter((photo) => done[photo] === undefined);
  if (missing.length === 0) return done;
  const detector = embedder === 'facenet' ? 'mtcnn' : 'ssd';
  const settings = { ROSTRO_DATA: sharedPath('models'), DETECTOR: detector, EMBEDDER: embedder };
  const cacheDir = join(tmpdir(), 'rostro-bench-cache');
  const config = readConfig(settings);
  const pipeline = await startPipeline({ ...config, storage: { ...config.storage, cacheDir } });
  for (const photo of missing) {
    const { faces, image } = await pipeline.run('analyse', { bytes: readFileSync(join(images, photo)) });
    done[photo] = central(faces, image) ? Array.from(central(faces, image)!.embedding) : null;
  }
  await pipeline.close();
  writeFileSync(cache, JSON.stringify({ photos: done }));
  return done;
}

function readCache(): Cached {
  try {
    return JSON.parse(readFileSync(cache, 'utf8')) as Cached;
  } catch {
    return { photos: {} };
  }
}

const everyone = [...people, ...strangersToTest, ...strangersToLearn];
const embeddings = await embedMissing(everyone.flatMap(({ photos }) => photos));
const samplesFrom = (list: typeof people, from: number, to: number): Samples =>
  samplesOf(
    list.map(({ name, photos }) => ({
      name,
      examples: photos
        .slice(from, to)
        .flatMap((photo) => (embeddings[photo] ? [{ embedding: Float32Array.from(embeddings[photo]) }] : [])),
    })),
  );
const training = samplesFrom(people, 0, TRAINED);
const testing = samplesFrom(people, TRAINED, Infinity);
const probes = samplesFrom(strangersToTest, 0, 1);
const learnt = samplesFrom(strangersToLearn, 0, 1);
const nobody = samplesOf([]);
console.log(
  `${training.person.length} examples of ${people.length} people, ${testing.person.length} tests, ` +
    `${probes.person.length} strangers, ${learnt.person.length} strangers to learn from`,
);

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const rank = (samples: Samples, of: (embedding: Float32Array) => Ranking | null) =>
  Array.from(samples.person, (_, row) =>
    of(samples.matrix.subarray(row * samples.dimension, (row + 1) * samples.dimension))!,
  );

const rows = [];
for (const [strangers, label] of [
  [learnt, '200 given'],
  [{ ...nobody, dimension: training.dimension }, 'none given'],
] as const) {
  for (const kind of CLASSIFIER_KINDS) {
    for (const kernel of kind === 'svm' ? (['linear', 'rbf'] as const) : (['linear'] as const)) {
      const start = performance.now();
      const { state, decision } = await trainClassifier(training, strangers, { kind, kernel, far: FAR });
      const trainMs = performance.now() - start;
      const classifier = classifierOf(state, training, strangers);
      const searchStart = performance.now();
      const faces = rank(testing, (embedding) => classifier.rank(embedding));
      const searchMs = (performance.now() - searchStart) / faces.length;
      const strange = rank(probes, (embedding) => classifier.rank(embedding)).map(({ score }) => score);
      const right = faces.map(({ best }, i) => best === testing.person[i]);
      const allowed = [...strange].sort((a, b) => b - a)[Math.floor(FAR * strange.length)];
      const share = (above: number) => faces.filter(({ score }, i) => right[i] && score > above).length / faces.length;
      rows.push({
        matcher: state.kind === 'knn' ? `knn, k ${state.k}` : kind === 'svm' ? `svm, ${kernel}` : kind,
        'strangers to learn from': label,
        'closed set': (right.filter(Boolean).length / right.length).toFixed(3),
        'known named at 1 % of strangers': percent(share(allowed)),
        'known named': percent(share(decision.cutOff)),
        'strangers named': percent(strange.filter((score) => score > decision.cutOff).length / strange.length),
        'train, ms': Math.round(trainMs),
        'face, ms': searchMs.toFixed(2),
      });
    }
  }
}
console.table(rows);
console.log(JSON.stringify({ bench: 'classifiers', embedder, far: FAR, rows }));
