import type { Engine } from '../../engine/engine.js';
import type { EmbeddedPerson } from '../../gallery/gallery.js';
import { euclideanDistance } from '../../matching/matcher.js';
import type { CalibrationReport } from '../../matching/thresholds/calibration-service.js';
import { compareExamples } from '../../people/examination.js';
import type { Reembedded, UnableExample } from '../../people/reembed/prepare.js';
import { formatShare } from '../output.js';

/** More of a kind than this are counted, not listed; `--json` lists them all. */
const SHOWN = 20;

/** What changes with the other embedder. */
export interface ReembedComparison {
  readonly embedder: string;
  readonly people: number;
  /** With a row of that embedder. */
  readonly examples: number;
  /** Of them made now. */
  readonly embedded: number;
  readonly unable: readonly UnableExample[];
  /** That the embedder would answer with: its own, or the calibrated one. */
  readonly threshold: number;
  /** For the wanted share of strangers; null where there is nothing to tell it from. */
  readonly suggested: number | null;
  readonly far: number;
  readonly warnings: CalibrationReport['warnings'];
  readonly collisions: readonly Collision[];
}

const WHY = { no_crop: 'no crop was kept', no_face: 'the crop shows no face' } as const;

/** @param next what to do where everybody has an embedding, a sentence */
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

export function unableLine({ name, example, why }: UnableExample): string {
  return `  ${name}, example ${example}: ${WHY[why]}`;
}

export function shown<T>(items: readonly T[], line: (item: T) => string): string[] {
  const rest = items.length - SHOWN;
  return [...items.slice(0, SHOWN).map(line), ...(rest > 0 ? [`  (and ${rest} more)`] : [])];
}

/** Two people whom the other embedder may take for one. */
export interface Collision {
  readonly people: readonly [string, string];
  /** Between their nearest examples, by the other embedder. */
  readonly distance: number;
  /** Between their nearest examples, by the embedder that the gallery answers with now; null where it knows one of them not. */
  readonly before: number | null;
}

/** Pairs within the threshold of the other embedder: for everyone the nearest such person, the nearest pair first. */
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

/** Everyone who has a row of the other embedder, as a gallery of that one would have them. */
export function peopleWithRows(people: readonly Reembedded[]): EmbeddedPerson[] {
  return people.flatMap(({ person, examples }) => (examples.length === 0 ? [] : [{ ...person, examples }]));
}

function nearest(a: EmbeddedPerson, b: EmbeddedPerson): number | null {
  const [rows, others] = [a, b].map(({ examples }) => examples.filter(({ embedding }) => embedding.length > 0));
  if (rows.length === 0 || others.length === 0) return null;
  return Math.min(...rows.flatMap((one) => others.map((other) => euclideanDistance(one.embedding, other.embedding))));
}
