import { MAX_NEGATIVES } from '../src/gallery/negatives.js';
import { euclideanDistance } from '../src/matching/matcher.js';
import { isExcluded } from '../src/matching/negatives.js';
import { thresholdFor } from '../src/matching/thresholds/impostors.js';
import { seededRandom, shuffled } from '../src/shared/statistics/random.js';
import { quantile } from './support/harness.js';
import { embedLfwDev } from './support/lfw-dev.js';

/**
 * What corrections do. The people of lfw-dev with several photos are dealt into ten folds; in each round one fold are strangers
 * and the others are enrolled with their first photos. The first photo of a stranger that gets a wrong name becomes a negative of
 * that person. Of the stranger's later photos that got the same name, "stopped" no longer get it. Of the other photos of
 * enrolled people that got the right name, "lost" no longer get it because of these negatives; "lost, many" with a negative
 * of each stranger and of each of the people with one photo besides, at their nearest person: more than anybody would correct.
 * Once with all photos, once without MISLABELLED. The embeddings are kept in the temporary folder for the next run. Settings
 * come from the environment.
 *
 *   EMBEDDER=mobilefacenet DETECTOR=mtcnn npx tsx bench/corrections.ts
 *   EMBEDDER=facenet-2018 DETECTOR=mtcnn ROSTRO_DATA=../shared/models npx tsx bench/corrections.ts
 */
const FOLDS = 10;
const FAR = 0.01;
/** By their embeddings, photos of two other people who are in lfw-dev under their own names. */
const MISLABELLED = ['Recep_Tayyip_Erdogan_0004.jpg', 'Michael_Schumacher_0008.jpg'];

interface Photo {
  /** Its row in `distances`. */
  readonly row: number;
  readonly file: string;
  readonly embedding: Float32Array;
}
type People = ReadonlyMap<string, readonly Photo[]>;

const { contract, detector, photos } = await embedLfwDev();
const embeddings = photos.map(({ embedding }) => embedding);
const everyone = byPerson();
const distances = allDistances();
const worst = { bench: 'corrections', stopped: 1, lost: 0 };
for (const skipped of [[], MISLABELLED]) {
  const people = without(everyone, skipped);
  console.log(
    `${detector}, ${contract.name}, ${skipped.length === 0 ? 'all photos' : `without ${skipped.join(', ')}`}`,
  );
  const rows = [1, 3, 10].flatMap((examples) => {
    const rounds = roundsOf(people, examples);
    return thresholds(people, examples).map(([label, threshold]) => {
      const counts = measure(people, rounds, threshold);
      if (skipped.length > 0) {
        worst.stopped = Math.min(worst.stopped, counts.stopped / counts.repeats);
        worst.lost = Math.max(worst.lost, counts.lost / counts.right);
      }
      return { examples, threshold: `${threshold} (${label})`, ...rowOf(counts) };
    });
  });
  console.table(rows);
}

console.log(`a face and the negatives of one person, ${MAX_NEGATIVES} of them: ${microsecondsOfRule()} µs`);
console.log(JSON.stringify(worst));

function byPerson(): People {
  const people = new Map<string, Photo[]>();
  for (const [row, { person, file, embedding }] of photos.entries()) {
    people.set(person, [...(people.get(person) ?? []), { row, file, embedding }]);
  }
  return people;
}

/** Between all pairs of photos, so that no fold and no number of examples computes them again. */
function allDistances(): Float64Array[] {
  const rows = embeddings.map(() => new Float64Array(embeddings.length));
  for (const [i, a] of embeddings.entries()) {
    for (let j = 0; j < i; j++) rows[i][j] = rows[j][i] = euclideanDistance(a, embeddings[j]);
  }
  return rows;
}

function without(people: People, files: readonly string[]): People {
  return new Map([...people].map(([name, photos]) => [name, photos.filter(({ file }) => !files.includes(file))]));
}

/** The default for a gallery with so many examples per person, and wider ones, at which more strangers get names. */
function thresholds(people: People, examples: number): (readonly [label: string, value: number])[] {
  const photos = [...people.values()].reduce((sum, own) => sum + enrolledPhotos(own, examples).length, 0);
  const enrolled = Math.round((photos * (FOLDS - 1)) / FOLDS);
  const { impostors, thresholdFollowsGallery, threshold } = contract;
  const auto = impostors ? Number(thresholdFor(impostors, FAR, enrolled).toFixed(3)) : threshold;
  const ofGallery = thresholdFollowsGallery ? 'default' : 'auto';
  const others = [0.5, 1].map((share) => Number((auto + share * (threshold - auto)).toFixed(3)));
  return [
    [ofGallery, auto],
    ...others.map((value) => [value === threshold ? "embedder's" : 'between', value] as const),
  ];
}

/** The nearest person of each photo, computed once for all thresholds. */
type Nearest = (photo: Photo) => { readonly name: string; readonly distance: number };

interface Round {
  readonly strangers: readonly string[];
  readonly enrolled: People;
  readonly nearest: Nearest;
}

function roundsOf(people: People, examples: number): Round[] {
  const several = shuffled([...people.keys()].filter((name) => people.get(name)!.length > 1).sort(), seededRandom(1));
  return Array.from({ length: FOLDS }, (_, fold) => {
    const strangers = several.filter((_, i) => i % FOLDS === fold);
    const enrolled = new Map(
      several.filter((_, i) => i % FOLDS !== fold).map((name) => [name, enrolledPhotos(people.get(name)!, examples)]),
    );
    const known = new Map<Photo, ReturnType<Nearest>>();
    const nearest: Nearest = (photo) => {
      const found = known.get(photo) ?? nearestOf(photo, enrolled);
      known.set(photo, found);
      return found;
    };
    return { strangers, enrolled, nearest };
  });
}

function measure(people: People, rounds: readonly Round[], threshold: number) {
  const counts = { strangers: 0, named: 0, repeats: 0, stopped: 0, right: 0, lost: 0, lostMany: 0 };
  for (const { strangers, enrolled, nearest } of rounds) {
    const negatives = new Map<string, Float32Array[]>();
    for (const name of strangers) correct(people.get(name)!, nearest, threshold, negatives, counts);
    const many = new Map([...negatives].map(([name, own]) => [name, [...own]]));
    for (const [name, photos] of people) {
      if (!enrolled.has(name) && photos.length > 0) add(many, nearest(photos[0]).name, photos[0]);
    }
    for (const [name, own] of enrolled) {
      for (const probe of people.get(name)!.slice(own.length)) {
        const found = nearest(probe);
        if (found.name !== name || found.distance > threshold) continue;
        counts.right++;
        counts.lost += Number(isExcluded(probe.embedding, found.distance, negatives.get(name) ?? []));
        counts.lostMany += Number(isExcluded(probe.embedding, found.distance, many.get(name) ?? []));
      }
    }
  }
  return counts;
}

function rowOf({ strangers, named, repeats, stopped, right, lost, lostMany }: ReturnType<typeof measure>) {
  return {
    strangers,
    named,
    repeats,
    stopped: percent(stopped, repeats),
    right,
    lost: `${lost} (${percent(lost, right)})`,
    'lost, many': `${lostMany} (${percent(lostMany, right)})`,
  };
}

/** All but one, so that there is a probe. */
function enrolledPhotos(photos: readonly Photo[], most: number): readonly Photo[] {
  return photos.slice(0, Math.max(0, Math.min(most, photos.length - 1)));
}

function correct(
  photos: readonly Photo[],
  nearest: Nearest,
  threshold: number,
  negatives: Map<string, Float32Array[]>,
  counts: { strangers: number; named: number; repeats: number; stopped: number },
): void {
  const corrected = new Map<string, Photo>();
  counts.strangers++;
  for (const photo of photos) {
    const { name, distance } = nearest(photo);
    if (distance > threshold) continue;
    const first = corrected.get(name);
    if (first === undefined) {
      corrected.set(name, photo);
      add(negatives, name, photo);
      continue;
    }
    counts.repeats++;
    counts.stopped += Number(isExcluded(photo.embedding, distance, [first.embedding]));
  }
  counts.named += Number(corrected.size > 0);
}

function add(negatives: Map<string, Float32Array[]>, name: string, { embedding }: Photo): void {
  negatives.set(name, [...(negatives.get(name) ?? []), embedding]);
}

function nearestOf({ row }: Photo, enrolled: People): ReturnType<Nearest> {
  let best = { name: '', distance: Infinity };
  for (const [name, photos] of enrolled) {
    for (const one of photos) {
      const distance = distances[row][one.row];
      if (distance < best.distance) best = { name, distance };
    }
  }
  return best;
}

/** None is near enough, so that all are compared. */
function microsecondsOfRule(): number {
  const times = Array.from({ length: 1001 }, (_, i) => {
    const start = performance.now();
    isExcluded(embeddings[i], 0, embeddings.slice(i + 1, i + 1 + MAX_NEGATIVES));
    return performance.now() - start;
  });
  return Math.round(1000 * quantile(times, 0.5));
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '' : `${Number(((100 * part) / whole).toFixed(3))} %`;
}
