import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipelineSpec } from '../src/app/pipeline.js';
import { readConfig } from '../src/app/config.js';
import { euclideanDistance } from '../src/matching/matcher.js';
import type { FacePipeline } from '../src/faces/pipeline/face-pipeline.js';
import { loadPipeline } from '../src/faces/pipeline/load.js';
import type { EnrolmentFace } from '../src/faces/pipeline/pipeline.js';
import { faceInCrop } from '../src/gallery/reembed/reembed.js';
import { sharedPath } from '../test/helpers/shared.js';

/**
 * Whether the stored crop of an enrolment works with all other pairs of detector and embedder: is the face detected,
 * and how far is its embedding from that of the photo? Every EVERYth photo of ../shared/lfw-dev.
 *
 *   npx tsx bench/kept-crops.ts [EVERY] [DETECTOR+EMBEDDER ...]
 */
const every = Number(process.argv[2] ?? 16);
const cacheDir = join(tmpdir(), 'rostro-bench-cache');
const given = process.argv.slice(3).map((pair) => pair.split('+'));
const PAIRS =
  given.length > 0
    ? given
    : ['mtcnn', 'ssd'].flatMap((detector) => ['facenet', 'face-api'].map((embedder) => [detector, embedder]));

const load = ([DETECTOR, EMBEDDER]: readonly string[]) => {
  const spec = pipelineSpec(readConfig({ DETECTOR, EMBEDDER, ROSTRO_DATA: sharedPath('models') }));
  return loadPipeline({ ...spec, cacheDir, threads: 2 });
};

async function portraitOf(pipeline: FacePipeline, photo: Buffer): Promise<EnrolmentFace | null> {
  return pipeline.run('enrolmentFace', { bytes: photo }).catch(() => null);
}

const folder = sharedPath('lfw-dev', 'images');
const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('.jpg')).sort();
const photos = await Promise.all(files.filter((_, i) => i % every === 0).map((file) => readFile(join(folder, file))));
const pipelines = await Promise.all(PAIRS.map(load));
const rows = [];
for (const [i, enrolled] of PAIRS.entries()) {
  for (const [j, other] of PAIRS.entries()) {
    const found = { both: 0, lost: 0, distances: [] as number[] };
    for (const photo of photos) {
      const kept = await portraitOf(pipelines[i], photo);
      const fresh = await portraitOf(pipelines[j], photo);
      if (kept === null || fresh === null) continue;
      found.both += 1;
      const { crop, boxInCrop } = kept;
      const again = await faceInCrop(pipelines[j], crop, { confidence: 1, boxInCrop });
      if (again === null) found.lost += 1;
      else found.distances.push(euclideanDistance(again.embedding, fresh.face.embedding));
    }
    const sorted = found.distances.sort((a, b) => a - b);
    const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))].toFixed(3);
    rows.push({
      enrolled: enrolled.join(' + '),
      reembedded: other.join(' + '),
      photos: found.both,
      noFace: found.lost,
      median: at(0.5),
      p99: at(0.99),
      max: at(1),
      threshold: pipelines[j].info.contract.threshold,
    });
  }
}
console.table(rows);
