import type { Decision } from './decision.js';
import type { HeldOut } from './held-out.js';

export interface PersonRecall {
  readonly name: string;
  /** Number of held-out examples. */
  readonly tested: number;
  /** Number of those ranked first for the right person, whether above the cut-off or not. */
  readonly right: number;
  /** Number of those that got the right name. */
  readonly named: number;
}

export interface Confusion {
  readonly person: string;
  readonly takenFor: string;
  readonly times: number;
}

export interface TrainingReport {
  readonly people: number;
  readonly examples: number;
  readonly tested: number;
  /** Share of `tested` ranked first for the right person, ignoring the cut-off. */
  readonly closedSetAccuracy: number;
  /** Share of `tested` that got the right name with the cut-off. */
  readonly named: number;
  /** Share of `tested` that got another person's name. */
  readonly misnamed: number;
  /** Number of examples that are the only one of their person and so were not tested. */
  readonly single: number;
  /** Origin of the strangers for the cut-off. */
  readonly strangersFrom: HeldOut['strangers'];
  /** All people, worst first. */
  readonly recall: readonly PersonRecall[];
  /** Confused pairs, most frequent first. */
  readonly confusions: readonly Confusion[];
}

export function trainingReport(names: readonly string[], examples: number, heldOut: HeldOut, { cutOff }: Decision) {
  const known = heldOut.faces.flatMap(({ person, ranking }) =>
    person === null ? [] : [{ person, right: ranking.best === person, above: ranking.score > cutOff, ranking }],
  );
  const share = (count: number) => (known.length === 0 ? NaN : count / known.length);
  const report: TrainingReport = {
    people: names.length,
    examples,
    tested: known.length,
    closedSetAccuracy: share(known.filter(({ right }) => right).length),
    named: share(known.filter(({ right, above }) => right && above).length),
    misnamed: share(known.filter(({ right, above }) => !right && above).length),
    single: heldOut.single,
    strangersFrom: heldOut.strangers,
    recall: recallOf(names, known),
    confusions: confusionsOf(
      names,
      known.filter(({ right }) => !right).map(({ person, ranking }) => [person, ranking.best] as const),
    ),
  };
  return report;
}

function recallOf(
  names: readonly string[],
  known: readonly { readonly person: number; readonly right: boolean; readonly above: boolean }[],
): PersonRecall[] {
  return names
    .map((name, index) => {
      const own = known.filter(({ person }) => person === index);
      const right = own.filter((face) => face.right);
      return { name, tested: own.length, right: right.length, named: right.filter(({ above }) => above).length };
    })
    .sort(
      (a, b) =>
        shareOf(a.named, a.tested) - shareOf(b.named, b.tested) ||
        shareOf(a.right, a.tested) - shareOf(b.right, b.tested),
    );
}

function shareOf(part: number, whole: number): number {
  return whole === 0 ? 1 : part / whole;
}

function confusionsOf(names: readonly string[], mistakes: readonly (readonly [person: number, takenFor: number])[]) {
  const counted = new Map<string, Confusion>();
  for (const [person, takenFor] of mistakes) {
    const key = `${person} ${takenFor}`;
    const times = (counted.get(key)?.times ?? 0) + 1;
    counted.set(key, { person: names[person], takenFor: names[takenFor], times });
  }
  return [...counted.values()].sort((a, b) => b.times - a.times);
}
