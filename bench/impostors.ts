import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../src/app/config.js';
import { startPipeline } from '../src/app/pipeline.js';
import { EmbeddingCache, embedPhotos } from '../src/evaluation/embed-photos.js';
import { locateOpenSet, parseOpenSet } from '../src/evaluation/open-set.js';
import { euclideanDistance } from '../src/matching/matcher.js';
import { falseMatchRate, thresholdFor } from '../src/matching/thresholds/impostors.js';
import { sharedPath } from '../test/helpers/shared.js';

/**
 * The impostor table of an embedder: at which distance one pair of different people in n lies, of all pairs of the 687 people
 * of LFW that lfw-dev/openset.txt enrols or calls strangers, one photo each. Then the share of strangers who get a name in
 * galleries of these people, measured and computed from the table. Settings come from the environment.
 *
 *   EMBEDDER=facenet-2018 DETECTOR=mtcnn ROSTRO_DATA=../shared/models npx tsx bench/impostors.ts
 */
const STEPS = [10, 100, 1000, 10_000, 100_000];
const DRAWS = 10;
const folder = sharedPath('lfw-dev', 'images');
const config = readConfig({ WORKERS: '1', THREADS: '1', PROVIDER: 'cpu', ...process.env });
const cacheDir = join(tmpdir(), 'rostro-bench-cache');
const pipeline = await startPipeline({ ...config, storage: { ...config.storage, cacheDir } });
const lines = parseOpenSet(await readFile(sharedPath('lfw-dev', 'openset.txt'), 'utf8'));
const photos = await locateOpenSet(lines, folder);
const onePerPerson = new Map(photos.filter(({ role }) => role !== 'probe').map(({ person, path }) => [person, path!]));
const cache = await EmbeddingCache.open(null, {});
const options = { pipeline, cache, concurrency: 2, aligned: false, mirrored: false };
const results = [...(await embedPhotos([...onePerPerson.values()], options)).values()];
await pipeline.close();
const embeddings = results.flatMap((result) => ('embedding' in result ? [result.embedding] : []));
const distances = Float64Array.from(
  embeddings.flatMap((a, i) => embeddings.slice(0, i).map((b) => euclideanDistance(a, b))),
).sort();
const rows = STEPS.map((n) => [n, Number(distances[Math.floor(distances.length / n)].toFixed(3))]);
const { contract, detector } = pipeline.info;
console.log(`${detector}, ${contract.id}: ${embeddings.length} people, ${distances.length} pairs`);
console.log(JSON.stringify(rows));

/** Each time, that many people are enrolled and all others are strangers. */
const table = rows as [number, number][];
for (const enrolled of [10, 50, 100, 380]) {
  for (const threshold of [
    thresholdFor(table, 0.01, enrolled),
    thresholdFor(table, 0.1, enrolled),
    contract.threshold,
  ]) {
    let [named, searches] = [0, 0];
    for (let draw = 0; draw < DRAWS; draw++) {
      const order = embeddings.map((_, i) => i).sort((a, b) => hash(a, draw) - hash(b, draw));
      const gallery = order.slice(0, enrolled).map((i) => embeddings[i]);
      for (const i of order.slice(enrolled)) {
        searches++;
        if (gallery.some((one) => euclideanDistance(one, embeddings[i]) <= threshold)) named++;
      }
    }
    const [measured, computed] = [named / searches, falseMatchRate(table, threshold, enrolled)];
    console.log(`${enrolled} enrolled, ${threshold.toFixed(3)}: ${share(measured)} named, ${share(computed)} computed`);
  }
}

function share(value: number): string {
  return `${(100 * value).toFixed(1)} %`;
}

/** An order that looks random and is the same in every run. */
function hash(index: number, draw: number): number {
  return (Math.sin((index + 1) * 12.9898 + (draw + 1) * 78.233) * 43_758.5453) % 1;
}
