import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { composeCore } from '../src/app/core.js';
import { type Config, readConfig } from '../src/app/config.js';
import { pipelineSpec } from '../src/app/pipeline.js';
import { decodeImage } from '../src/faces/image/decode.js';
import { FolderSource } from '../src/transfer/import/photo-sources.js';
import { Importer } from '../src/transfer/import/importer.js';
import type { PlannedPerson } from '../src/transfer/import/plan.js';
import { sharedPath } from '../test/helpers/shared.js';
import type { ReplayStep } from './replay.js';
import { withDataDir } from './support/data-dir.js';
import { quantile, report, timingOf } from './support/harness.js';
import { recordCalls, startReplay } from './support/raw-rate.js';

/**
 * What enrolling many photos adds to the work that it cannot do without: an import into a file gallery with two workers
 * of one thread, against two processes of one thread that decode the same photos, run the same networks on the same
 * tensors and encode the stored crops, and do nothing else. Once with 10 photos per person, once with one. LFW, 250×250,
 * MTCNN and MobileFaceNet with default settings. All alternate; medians. `msPerPhoto` is per photo and thread.
 * `ratioOfCpu` compares processor time, which other programs on the machine disturb less. By default each face is
 * embedded twice, as it is and mirrored.
 *
 *   npx tsx bench/import.ts
 *   FLIP=off npx tsx bench/import.ts
 */
const WORKERS = 2;
const PEOPLE = 20;
const PHOTOS = 10;
const ROUNDS = 7;
/** Same as in `rostro import`. */
const CONCURRENCY = WORKERS * 6;
const { FLIP = 'enrol' } = process.env;
const networks = { DETECTOR: 'mtcnn', EMBEDDER: 'mobilefacenet', LIVENESS: 'off', FLIP };
const settings = { ...networks, WORKERS: String(WORKERS), THREADS: '1', PROVIDER: 'cpu' };
const images = sharedPath('lfw-dev', 'images');

const files = await photosOf(PEOPLE);
await withDataDir(async (dataDir) => {
  const config = readConfig({ ...settings, ROSTRO_DATA: dataDir });
  const { usable, steps } = await recordPhotos(config);
  const replays = ['everything', 'networks'].map((kind) =>
    startReplay(
      Array.from({ length: WORKERS }, (_, w) =>
        steps.filter((__, i) => i % WORKERS === w).flatMap((own) => (kind === 'networks' ? own.slice(1, -1) : own)),
      ),
    ),
  );
  const [replay, bare] = replays;
  const core = await composeCore(config);
  const { enrolment, gallery } = core;
  const importer = new Importer({ enrolment, gallery, maxImageBytes: config.limits.maxImageBytes });
  const enrol = async (people: readonly PlannedPerson[]): Promise<void> => {
    const source = FolderSource.at(images);
    const { counts } = await importer.run({ plan: { people, refused: [] }, source, concurrency: CONCURRENCY });
    if (counts.enrolled !== usable.length) throw new Error(`${counts.enrolled} of ${usable.length} were enrolled`);
  };
  const folderOf = (file: string) => file.split('/')[0];
  const fileName = (file: string) => file.slice(0, -4).replace('/', ' ');
  const own = ownCpu(replays.flatMap(({ pids }) => pids));
  const folders = candidate(
    (round) => enrol(groupedBy(usable, (file) => `${folderOf(file)} ${round}`)),
    own,
    usable.length,
  );
  const singles = candidate(
    (round) => enrol(groupedBy(usable, (file) => `${fileName(file)} ${round}`)),
    own,
    usable.length,
  );
  const alone = candidate(() => replay.round(), replay.cpuUs, usable.length);
  const bareNetworks = candidate(() => bare.round(), bare.cpuUs, usable.length);
  for (let round = -1; round < ROUNDS; round++) {
    for (const { run } of [folders, alone, singles, bareNetworks]) await run(round);
  }
  for (const one of replays) one.end();
  await core.close();
  const timings = [
    timingOf(`a photo, ${PHOTOS} a person`, folders.ms),
    timingOf('a photo, one a person', singles.ms),
    timingOf('decoding, networks and JPEG alone', alone.ms),
    timingOf('networks alone', bareNetworks.ms),
  ];
  const [ours, single, least, least2] = timings.map(({ median }) => median);
  report('import', timings, {
    ratio: ours / least,
    msPerPhoto: ours * WORKERS,
    ratioOneAPerson: single / least,
    ratioOfCpu: quantile(folders.cpuMs, 0.5) / quantile(alone.cpuMs, 0.5),
    cpuMsPerPhoto: quantile(folders.cpuMs, 0.5),
    leastMsPerPhoto: least * WORKERS,
    networksMsPerPhoto: least2 * WORKERS,
    photos: usable.length,
  });
});

/** The photos that can be enrolled, and the steps of each: decoding, the runs of the networks, the JPEG of its crop. */
async function recordPhotos(config: Config): Promise<{ usable: string[]; steps: ReplayStep[][] }> {
  const crops = new Map<Uint8Array, Uint8Array>();
  const photos = await Promise.all(files.map(read));
  const calls = await recordCalls(pipelineSpec(config), photos, async (one, bytes) => {
    crops.set(bytes, (await one.run('enrolmentFace', { bytes })).crop);
  });
  const usable = files.filter((_, i) => calls[i] !== null);
  const enrolled = photos.flatMap((bytes, i) => (calls[i] === null ? [] : [{ bytes, calls: calls[i] }]));
  const steps = enrolled.map(async ({ bytes, calls: own }) => {
    // The pixels of the crop but for what its JPEG has changed, which takes as long to encode.
    const encode = await decodeImage(crops.get(bytes)!, { maxPixels: 1e6 });
    return [{ decode: bytes }, ...own, { encode }];
  });
  return { usable, steps: await Promise.all(steps) };
}

/** One of the alternating candidates. @param work gets the number of the round; below 0 it is not counted */
function candidate(work: (round: number) => Promise<unknown>, cpuUs: () => number, photos: number) {
  /** Milliseconds per photo of each round. */
  const [ms, cpuMs]: [number[], number[]] = [[], []];
  const run = async (round: number): Promise<void> => {
    const [start, cpuStart] = [performance.now(), cpuUs()];
    await work(round);
    const [elapsed, cpu] = [performance.now() - start, (cpuUs() - cpuStart) / 1000];
    if (round < 0) return;
    ms.push(elapsed / photos);
    cpuMs.push(cpu / photos);
  };
  return { ms, cpuMs, run };
}

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

/** CPU time of this process and its workers so far, microseconds, without the processes of the replay. */
function ownCpu(others: readonly number[]): () => number {
  return () => {
    const { user, system } = process.cpuUsage();
    const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ').map(Number);
    return children.filter((pid) => !others.includes(pid)).reduce((sum, pid) => sum + cpuUsOf(pid), user + system);
  };
}

/** Fields 14 and 15 of /proc/PID/stat, in ticks of 10 ms (proc(5)); the name before them may have spaces. */
function cpuUsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}
