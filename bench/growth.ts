import { setTimeout } from 'node:timers/promises';
import sharp from 'sharp';
import { NearestMatcher } from '../src/matching/nearest.js';
import { SearchThread } from '../src/matching/search/search-thread.js';
import { memoryLogger } from '../test/helpers/log.js';
import { randomNumbers } from '../test/helpers/mtcnn-weights.js';
import { sharedPath } from '../test/helpers/shared.js';
import { withDataDir } from './support/data-dir.js';
import { quantile, reportGrowth, sideBySide } from './support/harness.js';
import { startClients } from './support/load.js';
import { withServer } from './support/server-process.js';
import { NEAR, oneFaceFrame, THREADS } from './support/setting.js';
import { timeStages } from './support/stages.js';

/**
 * How the cost grows, one table each; MTCNN from 40 px, FaceNet:
 * - `faces`: a frame of 1280×960 with 1 to 16 faces of about 130 pixels on grey, from JPEG to embeddings,
 * - `pixels`: the same picture of one face, which has a fifth of its width, at 0.3 to 8 megapixels,
 * - `clients`: responses per second and latency of `/recognize`, clients on the same machine, each of which sends its next
 *   frame when the last one is answered; settings of the environment apply: WORKERS, THREADS,
 * - `people`: naming one face, the nearest of 10 to 100,000 random unit vectors, exact search in its thread.
 *
 *   npx tsx bench/growth.ts [faces|pixels|clients|people ...]
 */
const GROWTHS = { faces: byFaces, pixels: byPixels, clients: byClients, people: byPeople };

async function byFaces() {
  const counts = [1, 2, 4, 8, 16];
  const frames = counts.map(async (faces) => ({ name: `${faces} faces`, jpeg: await contactSheet(faces), faces }));
  const times = await timeStages(await Promise.all(frames), { rounds: 20, warmUp: 3 });
  return times.map((stages, i) => ({ faces: counts[i], ...stages }));
}

async function contactSheet(faces: number): Promise<Buffer> {
  const sheet = { width: 1280, height: 960 };
  const columns = 4;
  const cell = { width: sheet.width / columns, height: sheet.height / columns };
  const portraitPx = 180;
  const placed = Array.from({ length: faces }, async (_, i) => ({
    input: await sharp(portraitPath(i)).resize(portraitPx, portraitPx).png().toBuffer(),
    left: Math.round(cell.width * (i % columns) + (cell.width - portraitPx) / 2),
    top: Math.round(cell.height * Math.floor(i / columns) + (cell.height - portraitPx) / 2),
  }));
  const grey = sharp({ create: { ...sheet, channels: 3, background: { r: 128, g: 128, b: 128 } } });
  return grey
    .composite(await Promise.all(placed))
    .jpeg({ quality: 85 })
    .toBuffer();
}

/** @param index 0..15: two photos of each of eight people */
function portraitPath(index: number): string {
  const people = ['amy', 'bernadette', 'howard', 'leonard', 'penny', 'raj', 'sheldon', 'stuart'];
  const person = people[index % people.length];
  return sharedPath('images', 'people', person, `${person}${1 + Math.floor(index / people.length)}.png`);
}

async function byPixels() {
  const widths = [640, 1152, 1632, 2304, 3264];
  const portrait = sharedPath('images', 'portraits', 'kate_siegel.jpg');
  const frames = widths.map(async (width) => {
    const height = (width * 3) / 4;
    const photo = sharp(portrait).resize(width, height, { fit: 'cover', position: 'top' });
    return { name: `${width}×${height}`, jpeg: await photo.jpeg({ quality: 85 }).toBuffer(), faces: 1 };
  });
  const times = await timeStages(await Promise.all(frames), { rounds: 15, warmUp: 2 });
  return times.map((stages, i) => ({ megapixels: (widths[i] ** 2 * 3) / 4e6, ...stages }));
}

async function byClients() {
  const warmUpMs = 2500;
  const measuredMs = 10_000;
  const jpeg = await oneFaceFrame();
  const networks = { DETECTOR: 'mtcnn', EMBEDDER: 'facenet', DETECT_MIN_FACE_PX: '40' };
  return withDataDir((dataDir) =>
    withServer({ ...networks, ROSTRO_DATA: dataDir }, async ({ port }) => {
      const rows = [];
      for (const clients of [1, 2, 4, 8, 16, 32, 64]) {
        const load = startClients(clients, port, jpeg);
        await setTimeout(warmUpMs);
        const before = load.times.length;
        await setTimeout(measuredMs);
        const times = load.times.slice(before);
        await load.stop();
        rows.push({
          clients,
          answersASecond: (1000 * times.length) / measuredMs,
          medianMs: quantile(times, 0.5),
          slowMs: quantile(times, 0.95),
        });
      }
      return rows;
    }),
  );
}

async function byPeople() {
  const counts = [10, 100, 1000, 10_000, 100_000];
  /** Minimum comparisons per round: one search of a small gallery is too short to time. */
  const compared = 10_000;
  const random = randomNumbers(1);
  const unitVector = () => {
    const values = Float32Array.from({ length: 512 }, () => random() + random() + random());
    const length = Math.hypot(...values);
    return values.map((value) => value / length);
  };
  const everyone = Array.from({ length: Math.max(...counts) }, (_, i) => ({
    name: `person ${i}`,
    examples: [{ embedding: unitVector() }],
  }));
  const face = unitVector();
  const galleries = counts.map((people) => {
    const options = { mode: 'exact', threads: THREADS, near: NEAR, folder: null, contract: 'bench' } as const;
    const thread = new SearchThread(options, memoryLogger([]));
    const matcher = new NearestMatcher({ version: 1, people: () => everyone.slice(0, people) }, thread);
    const searches = Math.max(1, compared / people);
    const run = async () => {
      for (let i = 0; i < searches; i++) await matcher.match([{ embedding: face }], 1.1);
    };
    return { people, searches, name: `${people} people`, run };
  });
  const timings = await sideBySide(galleries, { rounds: 15, warmUp: 2 });
  return galleries.map(({ people, searches }, i) => ({ people, searchMs: timings[i].median / searches }));
}

const given = process.argv.slice(2);
const unknown = given.find((name) => !Object.hasOwn(GROWTHS, name));
if (unknown !== undefined) throw new Error(`"${unknown}" is none of ${Object.keys(GROWTHS).join(', ')}`);
for (const [name, measure] of Object.entries(GROWTHS)) {
  if (given.length === 0 || given.includes(name)) reportGrowth(`growth-${name}`, await measure());
}
