import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import sharp from 'sharp';
import { specOf } from '../bench/support/setting.js';
import { Challenge, drawActions, type Progress } from '../src/challenges/challenge.js';
import { observationOf } from '../src/challenges/observation.js';
import type { RgbImage } from '../src/faces/image/image.js';
import { loadPipeline } from '../src/faces/pipeline/load.js';
import type { FacePipeline } from '../src/faces/pipeline/face-pipeline.js';
import { seededRandom } from '../src/shared/statistics/random.js';
import {
  cutVideo,
  follower,
  genuine,
  loopedVideo,
  movedPhoto,
  movingSheet,
  onSheet,
  type Random,
  swappedPerson,
} from '../test/helpers/challenge-runs.js';
import type { HeadState } from '../test/helpers/head.js';
import { type FacePhoto, pictureOf, rendered } from '../test/helpers/head-picture.js';
import { readPhoto } from '../test/helpers/photo.js';
import { hasShared, sharedPath } from '../test/helpers/shared.js';
import { count, demand, report } from './helpers/report.js';

/**
 * Do people pass a challenge, and do recordings fail? Landmarks of generated heads with the noise of the networks, and
 * pictures of turned heads of `../shared/liveness-dev` through the real networks.
 *
 *   npm run soak -- challenge        (--rounds 200 --people 20)
 */
const ROUNDS = count('rounds', 200);
const PEOPLE = count('people', 20);
const FRAME_MS = 100;

const ATTACKS: Readonly<Record<string, (random: Random) => Progress>> = {
  'still photo': (random) => movedPhoto(random, 'still'),
  'moved photo': (random) => movedPhoto(random, 'moved'),
  'bent photo': (random) => movedPhoto(random, 'bent'),
  'other video': loopedVideo,
  'person swap': swappedPerson,
  'cut video': cutVideo,
};

const figures: Record<string, string> = {};
let passedAttacks = 0;
let refused = 0;
const note = (what: string, results: readonly Progress[]) => {
  const counts = new Map<string, number>();
  for (const { failure } of results) counts.set(failure ?? 'passed', (counts.get(failure ?? 'passed') ?? 0) + 1);
  figures[what] = [...counts].map(([result, times]) => `${times} ${result}`).join(', ');
  return counts.get('passed') ?? 0;
};
const repeat = (times: number, run: (random: Random) => Progress) =>
  Array.from({ length: Math.ceil(times) }, (_, i) => run(seededRandom(1000 + i)));

refused += ROUNDS - note('landmarks: people', repeat(ROUNDS, genuine));
for (const [name, attack] of Object.entries(ATTACKS)) {
  passedAttacks += note(`landmarks: ${name}`, repeat((5 * ROUNDS) / 6, attack));
}
if (hasShared && PEOPLE > 0) await withNetworks();
else console.log('skipped: the real networks, without ../shared');
report('challenge', figures);
demand(passedAttacks === 0, `${passedAttacks} attacks passed`);
demand(refused <= 0.05 * ROUNDS, `${refused} of ${ROUNDS} people did not pass`);

async function withNetworks(): Promise<void> {
  const spec = specOf({ DETECTOR: 'auto', EMBEDDER: 'auto', DETECT_MIN_FACE_PX: '60' });
  const pipeline = await loadPipeline({ ...spec, cacheDir: resolve('.cache') });
  const people = await photosOf(pipeline, 'real');
  const prints = await photosOf(pipeline, 'print');
  const results: Record<string, Progress[]> = {};
  for (const [i, photo] of people.entries()) {
    const random = seededRandom(50 + i);
    const follow = follower(random);
    (results['people'] ??= []).push(await run(pipeline, random, (at, now) => pictureOf(photo, follow(at, now))));
    const other = people[(i + 1) % people.length];
    const second = follower(random);
    (results['person swap'] ??= []).push(
      await run(pipeline, random, (at, now) => pictureOf(now.step > 0 ? other : photo, second(at, now))),
    );
    const states: HeadState[] = [];
    const third = follower(random);
    await run(pipeline, random, (at, now) => {
      states.push(third(at, now));
      return pictureOf(photo, states.at(-1)!);
    });
    (results['other video'] ??= []).push(
      await run(pipeline, random, (at) => pictureOf(photo, states[(i + at / FRAME_MS) % states.length])),
    );
  }
  for (const [i, photo] of prints.entries()) {
    for (const kind of ['moved', 'bent'] as const) {
      const random = seededRandom(90 + i);
      const sheetAt = movingSheet(random, kind);
      (results[`${kind} print`] ??= []).push(
        await run(pipeline, random, (at) => rendered(photo, (point) => onSheet(point, sheetAt(at)))),
      );
    }
  }
  for (const [name, outcomes] of Object.entries(results)) {
    const passed = note(`networks: ${name}`, outcomes);
    if (name !== 'people') passedAttacks += passed;
  }
}

async function run(
  pipeline: FacePipeline,
  random: Random,
  pictureAt: (at: number, progress: Progress) => RgbImage,
): Promise<Progress> {
  const { threshold } = pipeline.info.contract;
  const challenge = new Challenge({ actions: drawActions(random), threshold, startedAt: 0, random });
  let progress = challenge.progress();
  for (let at = 0; progress.state === 'running'; at += FRAME_MS) {
    const frame = await pipeline.run('observe', { bytes: await jpegOf(pictureAt(at, progress)) });
    progress = challenge.observe(observationOf(frame, at));
  }
  console.log(progress.actions.join(' '), progress.state, progress.failure ?? '', progress.step);
  return progress;
}

function jpegOf({ width, height, data }: RgbImage): Promise<Buffer> {
  return sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 85 })
    .toBuffer();
}

/** One photo of each person, the face with its surroundings. */
async function photosOf(pipeline: FacePipeline, folder: string): Promise<FacePhoto[]> {
  const dir = sharedPath('liveness-dev', folder);
  const files = new Map(readdirSync(dir).map((file) => [file.slice(0, 4), `${dir}/${file}`]));
  const photos: FacePhoto[] = [];
  for (const path of [...files.values()].slice(0, PEOPLE)) {
    const image = await readPhoto(path, { width: 480, height: 360 });
    const { faces } = await pipeline.run('observe', { bytes: await jpegOf(image) });
    if (faces.length > 0) photos.push({ image, points: faces[0].landmarks });
  }
  return photos;
}
