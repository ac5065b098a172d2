import type { Engine } from '../../engine/engine.js';
import type { EmbeddedPerson } from '../../gallery/gallery.js';
import { euclideanDistance } from '../../matching/matcher.js';
import type { CalibrationReport } from '../../matching/thresholds/calibration-service.js';
import { compareExamples } from '../../people/inspection.js';
import type { Reembedded, SkippedExample } from '../../gallery/reembed/prepare.js';
import { formatShare } from '../output.js';

/** At most this many items of a kind are listed; `--json` lists all. */
const SHOWN = 20;

/** What changes with the new embedder. */
export interface ReembedComparison {
  readonly embedder: string;
  readonly people: number;
  /** Examples with a row of the new embedder. */
  readonly examples: number;
  /** How many of them this run computed. */
  readonly embedded: number;
  readonly unable: readonly SkippedExample[];
  /** The threshold of the new embedder: its default, or the calibrated one. */
  readonly threshold: number;
  /** Recommended for the wanted false-accept rate; null if there is too little to compute it from. */
  readonly suggested: number | null;
  readonly far: number;
  readonly warnings: CalibrationReport['warnings'];
  readonly collisions: readonly Collision[];
}

const WHY = { no_crop: 'no crop was kept', no_face: 'the crop shows no face' } as const;

/** @param next what to do once every example has an embedding, a sentence */
export function comparisonLines(comparison: ReembedComparison, next: string): string[] {
  const { people, examples, embedded, unable, threshold, suggested, far, warnings, collisions } = comparison;
  const isTooSmall = warnings.includes('few_searches') || warnings.includes('no_searches');
  return [
    `${comparison.embedder}: ${people} people, ${examples} embeddings beside the gallery, ${embedded} of them made now`,
    ...shown(unable, unableLine),
    `${collisions.length} pairs of people are within its threshold of ${threshold}`,
    ...shown(collisions, ({ people: [a, b], distance, before }) => {
      const known = before === null ? 'not known' : before.toFixed(3);
      return `  ${a}, ${b}: ${distance.toFixed(3)} apart; ${known} by the embedder that is used now`;
    }),
    suggested === null
      ? 'There are too few people and photos to suggest a threshold.'
      : `Suggested threshold: ${suggested} (${formatShare(far)} of strangers named)` +
        `${isTooSmall ? ', from few searches' : ''}; ${within(collisions, suggested)} of these pairs are within it`,
    unable.length > 0
      ? `Before the switch, enrol these people anew or erase these examples: "rostro people delete NAME --example ID".`
      : `Next: ${next}`,
  ];
}

function within(collisions: readonly Collision[], threshold: number): number {
  return collisions.filter(({ distance }) => distance <= threshold).length;
}

export function unableLine({ name, example, why }: SkippedExample): string {
  return `  ${name}, example ${example}: ${WHY[why]}`;
}

export function shown<T>(items: readonly T[], line: (item: T) => string): string[] {
  const rest = items.length - SHOWN;
  return [...items.slice(0, SHOWN).map(line), ...(rest > 0 ? [`  (and ${rest} more)`] : [])];
}

/** Two people whom the new embedder may confuse. */
export interface Collision {
  readonly people: readonly [string, string];
  /** Distance between their nearest examples, by the new embedder. */
  readonly distance: number;
  /** The same by the current embedder; null if it has no embedding of one of them. */
  readonly before: number | null;
}

/** Pairs within the threshold of the new embedder: the nearest such person for each, nearest pair first. */
export async function collisions(
  people: readonly Reembedded[],
  threshold: number,
  engine: Engine,
): Promise<readonly Collision[]> {
  const moved = peopleWithRows(people);
  const before = new Map(people.map(({ person }) => [person.name, person]));
  const { nearPeople } = await compareExamples(moved, threshold, engine);
  return nearPeople.map(({ a, b, distance }) => ({
    people: [a.name, b.name],
    distance,
    before: nearest(before.get(a.name)!, before.get(b.name)!),
  }));
}

/** The people who have rows of the new embedder, with those rows. */
export function peopleWithRows(people: readonly Reembedded[]): EmbeddedPerson[] {
  return people.flatMap(({ person, examples }) => (examples.length === 0 ? [] : [{ ...person, examples }]));
}

function nearest(a: EmbeddedPerson, b: EmbeddedPerson): number | null {
  const [rows, others] = [a, b].map(({ examples }) => examples.filter(({ embedding }) => embedding.length > 0));
  if (rows.length === 0 || others.length === 0) return null;
  return Math.min(...rows.flatMap((one) => others.map((other) => euclideanDistance(one.embedding, other.embedding))));
}
