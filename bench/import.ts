import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { composeCore } from '../src/app/core.js';
import { readConfig } from '../src/app/config.js';
import { pipelineSpec } from '../src/app/pipeline.js';
import { FolderSource } from '../src/transfer/import/photo-sources.js';
import { Importer } from '../src/transfer/import/importer.js';
import type { PlannedPerson } from '../src/transfer/import/plan.js';
import { sharedPath } from '../test/helpers/shared.js';
import { withDataDir } from './support/data-dir.js';
import { quantile, report, timingOf } from './support/harness.js';
import { recordCalls, startReplay, withBatches } from './support/raw-rate.js';

/**
 * Overhead of enrolling many photos: photos per second of an import into a file gallery on both cores, compared with
 * the same runs of the same networks on the same tensors and nothing else, in two processes of one thread, with faces
 * embedded in batches of 16. Once with 10 photos per person, once with one. Also in CPU time, which other programs on
 * the machine disturb less. LFW, 250×250, MTCNN and FaceNet with default settings. Both alternate; medians.
 *
 *   npx tsx bench/import.ts
 */
const WORKERS = 2;
const PEOPLE = 20;
const PHOTOS = 10;
const ROUNDS = 5;
const BATCH = 16;
/** Same as in `rostro import`. */
const CONCURRENCY = WORKERS * 6;
const settings = { WORKERS: String(WORKERS), THREADS: '1', PROVIDER: 'cpu', DETECTOR: 'mtcnn', EMBEDDER: 'facenet' };
const images = sharedPath('lfw-dev', 'images');

const files = await photosOf(PEOPLE);
await withDataDir(async (dataDir) => {
  const config = readConfig({ ...settings, ROSTRO_DATA: dataDir });
  const calls = await recordCalls(pipelineSpec(config), await Promise.all(files.map(read)), (one, bytes) =>
    one.run('enrolmentFace', { bytes }),
  );
  const usable = files.filter((_, i) => calls[i] !== null);
  const perPhoto = calls.filter((call) => call !== null);
  const shares = Array.from({ length: WORKERS }, (_, w) => perPhoto.filter((__, i) => i % WORKERS === w));
  const replay = startReplay(shares.map((share) => withBatches(share, BATCH)));
  const oneByOne = startReplay(shares.map((share) => share.flat()));
  const core = await composeCore(config);
  const { enrolment, gallery } = core;
  const importer = new Importer({ enrolment, gallery, maxImageBytes: config.limits.maxImageBytes });
  const times = { folders: [] as number[], singles: [] as number[], raw: [] as number[], oneByOne: [] as number[] };
  const cpu = { ours: [] as number[], raw: [] as number[] };
  const enrol = async (people: readonly PlannedPerson[]): Promise<void> => {
    const source = FolderSource.at(images);
    const { counts } = await importer.run({ plan: { people, refused: [] }, source, concurrency: CONCURRENCY });
    if (counts.enrolled !== usable.length) throw new Error(`${counts.enrolled} of ${usable.length} were enrolled`);
  };
  for (let round = -1; round < ROUNDS; round++) {
    const [oursBefore, rawBefore] = [ownCpuUs(), replay.cpuUs()];
    const folders = await timed(() => enrol(groupedBy(usable, (file) => `${file.split('/')[0]} ${round}`)));
    const oursAfter = ownCpuUs();
    const singles = await timed(() =>
      enrol(groupedBy(usable, (file) => `${file.slice(0, -4).replace('/', ' ')} ${round}`)),
    );
    const raw = await timed(() => replay.round());
    const rawOneByOne = await timed(() => oneByOne.round());
    if (round < 0) continue;
    times.folders.push(folders / usable.length);
    times.singles.push(singles / usable.length);
    times.raw.push(raw / usable.length);
    times.oneByOne.push(rawOneByOne / usable.length);
    cpu.ours.push(oursAfter - oursBefore);
    cpu.raw.push(replay.cpuUs() - rawBefore);
  }
  replay.end();
  oneByOne.end();
  await core.close();
  const [ours, alone, bare, bareAlone] = [
    timingOf(`a photo, ${PHOTOS} a person`, times.folders),
    timingOf('a photo, one a person', times.singles),
    timingOf('a photo, bare networks, faces in batches', times.raw),
    timingOf('a photo, bare networks, one by one', times.oneByOne),
  ];
  report('import', [ours, alone, bare, bareAlone], {
    ratio: bare.median / ours.median,
    ratioOneAPerson: bare.median / alone.median,
    ratioOneByOne: bareAlone.median / ours.median,
    ratioOfCpu: quantile(cpu.raw, 0.5) / quantile(cpu.ours, 0.5),
    photosASecond: 1000 / ours.median,
    ceiling: 1000 / bare.median,
    photos: usable.length,
  });
});

/** The first photos of each person in `people.txt`. */
async function photosOf(people: number): Promise<string[]> {
  const lines = (await readFile(sharedPath('lfw-dev', 'people.txt'), 'utf8')).trim().split('\n').slice(0, people);
  return lines.flatMap((line) => {
    const [name, numbers] = line.split('\t');
    const shown = numbers.trim().split(/\s+/).slice(0, PHOTOS);
    return shown.map((number) => `${name}/${name}_${number.padStart(4, '0')}.jpg`);
  });
}

function read(file: string): Promise<Buffer> {
  return readFile(join(images, file));
}

function groupedBy(photos: readonly string[], nameOf: (file: string) => string): PlannedPerson[] {
  const people = new Map<string, { file: string; line: null; face: null }[]>();
  for (const file of photos) {
    const name = nameOf(file);
    people.set(name, [...(people.get(name) ?? []), { file, line: null, face: null }]);
  }
  return [...people].map(([name, own]) => ({ name, photos: own, details: {} }));
}

/** CPU time of all threads of this process so far, microseconds. */
function ownCpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
