import type { CalibrationReport } from '../../matching/thresholds/calibration-service.js';
import type { Collision } from '../../people/reembed/compare.js';
import type { UnableExample } from '../../people/reembed/prepare.js';
import { formatShare } from '../rate.js';

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
