import { JOIN_SHARE, Strangers } from '../src/history/strangers.js';
import { newSightingId, type StrangerMark, type StrangerSighting } from '../src/history/sighting.js';
import { euclideanDistance } from '../src/matching/matcher.js';
import { thresholdFor } from '../src/matching/thresholds/impostors.js';
import { seededRandom, shuffled } from '../src/shared/statistics/random.js';
import { embedLfwDev, type LfwPhoto } from './support/lfw-dev.js';

/**
 * How well strangers are told apart. Every photo of lfw-dev is the sighting of a stranger; they come in random orders.
 * "together": of the pairs of photos of one person, how many are one stranger. "right": of the pairs in one stranger, how
 * many are of one person. "astray": photos in a stranger of whom most photos are of another person. "largest": of the photos
 * of people with three or more, how many are in the person's largest stranger. The second table: people with eight photos or more get
 * a name with some of them; the share of the others that is within the threshold. Settings come from the environment.
 *
 *   EMBEDDER=mobilefacenet DETECTOR=mtcnn npx tsx bench/strangers.ts
 *   EMBEDDER=facenet-2018 DETECTOR=mtcnn ROSTRO_DATA=../shared/models npx tsx bench/strangers.ts
 *   EMBEDDER=face-api npx tsx bench/strangers.ts        (SHARES=0.65,0.7 ORDERS=3)
 */
const SHARES = (process.env.SHARES ?? '0.6,0.65,0.7').split(',').map(Number);
const ORDERS = Number(process.env.ORDERS ?? 3);

const { contract, detector, photos } = await embedLfwDev();
const { threshold, impostors } = contract;
console.log(`${detector}, ${contract.name}, threshold ${threshold}, ${photos.length} photos`);
const rows: Record<string, number>[] = [];
for (const share of SHARES) {
  const measured: Record<string, number>[] = [];
  for (let order = 1; order <= ORDERS; order++) {
    const inOrder = shuffled(photos, seededRandom(order));
    measured.push(measure(inOrder, await strangersOf(inOrder, share)));
  }
  const mean = (key: string) => measured.reduce((sum, one) => sum + one[key], 0) / ORDERS;
  const means = Object.keys(measured[0]).map((key) => [key, Number(mean(key).toPrecision(4))] as const);
  rows.push({ share, distance: Number((share * threshold).toFixed(3)), ...Object.fromEntries(means) });
}
console.table(rows);
if (impostors) {
  const within = [100, 1000, 10_000].map((n) => [`1 in ${n}`, thresholdFor(impostors, 1 / n, 1).toFixed(3)]);
  console.log('pairs of strangers nearer than', Object.fromEntries(within));
}
console.table([1, 2, 3, 5, 7].map(recognised));

/** @returns the stranger of each photo */
async function strangersOf(inOrder: readonly LfwPhoto[], share: number): Promise<string[]> {
  const ids = inOrder.map(() => newSightingId(new Date(0))).sort();
  const faces = new Map(ids.map((id, i) => [id, inOrder[i].embedding]));
  const stored = new Map<string, StrangerSighting>();
  const strangers = new Strangers({
    store: {
      strangers: () => Promise.resolve([...stored.values()]),
      place: (of: readonly string[], stranger: string, mark: StrangerMark | null) => {
        for (const id of of) stored.set(id, { ...stored.get(id)!, stranger, mark });
        return Promise.resolve();
      },
      face: (id: string) =>
        Promise.resolve({ embedding: { contract: contract.id, vector: faces.get(id)! }, crop: null }),
      faces: (of: readonly string[]) =>
        Promise.resolve(
          new Map(of.map((id) => [id, { embedding: { contract: contract.id, vector: faces.get(id)! }, crop: null }])),
        ),
      update: () => Promise.resolve(true),
      get: () => Promise.resolve(null),
    },
    contract: { id: contract.id, threshold: (share / JOIN_SHARE) * threshold },
    threshold: { current: () => Infinity },
    log: { error: console.error } as never,
  });
  const facts = { mark: null, camera: null, last: new Date(0), quality: null, hasCrop: false };
  for (const id of ids) {
    stored.set(id, { id, stranger: null, ...facts });
    await strangers.place(id);
  }
  return ids.map((id) => stored.get(id)!.stranger!);
}

function measure(inOrder: readonly LfwPhoto[], strangers: readonly string[]): Record<string, number> {
  const [pairs, ofPeople, ofStrangers] = [
    new Map<string, number>(),
    new Map<string, number>(),
    new Map<string, number>(),
  ];
  const add = (counts: Map<string, number>, key: string) => counts.set(key, (counts.get(key) ?? 0) + 1);
  inOrder.forEach(({ person }, i) => {
    add(pairs, `${person} ${strangers[i]}`);
    add(ofPeople, person);
    add(ofStrangers, strangers[i]);
  });
  const pairsIn = (counts: Map<string, number>) => [...counts.values()].reduce((sum, n) => sum + (n * (n - 1)) / 2, 0);
  const largest = (part: 0 | 1, of: string) =>
    Math.max(...[...pairs].filter(([key]) => key.split(' ')[part] === of).map(([, n]) => n));
  const most = [...ofStrangers.keys()].reduce((sum, stranger) => sum + largest(1, stranger), 0);
  const often = [...ofPeople].filter(([, n]) => n >= 3);
  return {
    people: ofPeople.size,
    strangers: ofStrangers.size,
    together: pairsIn(pairs) / pairsIn(ofPeople),
    right: pairsIn(pairs) / pairsIn(ofStrangers),
    astray: 1 - most / inOrder.length,
    largest: often.reduce((sum, [person]) => sum + largest(0, person), 0) / often.reduce((sum, [, n]) => sum + n, 0),
  };
}

function recognised(examples: number) {
  const people = byPerson(shuffled(photos, seededRandom(1)));
  const often = [...people.values()].filter((own) => own.length >= 8);
  const probes = often.flatMap((own) => {
    const enrolled = own.slice(0, examples);
    return own
      .slice(7)
      .map((probe) => Math.min(...enrolled.map((one) => euclideanDistance(one.embedding, probe.embedding))));
  });
  const auto = impostors ? thresholdFor(impostors, 0.01, 100) : threshold;
  const share = (line: number) =>
    Number((probes.filter((distance) => distance <= line).length / probes.length).toFixed(4));
  return {
    examples,
    probes: probes.length,
    [`within ${threshold}`]: share(threshold),
    'within that of 100 examples': share(auto),
  };
}

function byPerson(of: readonly LfwPhoto[]): Map<string, LfwPhoto[]> {
  const people = new Map<string, LfwPhoto[]>();
  for (const photo of of) people.set(photo.person, [...(people.get(photo.person) ?? []), photo]);
  return people;
}
