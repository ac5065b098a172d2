import { inspect } from '../matching/inspection/inspect.js';
import { nearestNeighbours } from '../matching/inspection/neighbours.js';
import { samplesOf } from '../matching/classifiers/samples.js';
import type { Engine } from '../engine/engine.js';
import type { EmbeddedPerson, Person } from '../gallery/gallery.js';
import { judgeQuality, type QualityWarning } from './quality-gate.js';

export interface ExampleName {
  readonly name: string;
  readonly example: string;
}

export interface ExamplePair {
  readonly a: ExampleName;
  readonly b: ExampleName;
  readonly distance: number;
}

export interface OddExample extends ExampleName {
  readonly kind: 'far' | 'nearer_to_other';
  /** Distance to the nearest other example of the person. */
  readonly own: number;
  /** Whose example is nearest besides; null where there is nobody else. */
  readonly nearest: { readonly name: string; readonly distance: number } | null;
}

/** What a person may want to look at in a gallery. */
export interface Examination {
  readonly poor: readonly (ExampleName & { readonly warnings: readonly QualityWarning[] })[];
  /** Null where nobody was compared with anybody. */
  readonly comparison: {
    readonly duplicates: readonly ExamplePair[];
    readonly nearPeople: readonly ExamplePair[];
    readonly outliers: readonly OddExample[];
  } | null;
}

/** Tiny, blurred and otherwise poor examples, by what was measured when they were enrolled. */
export function poorExamples(people: readonly Person[], minFacePx: number): Examination['poor'] {
  return people.flatMap(({ name, examples }) =>
    examples.flatMap(({ id, details }) => {
      const warnings = details?.quality ? judgeQuality(details.quality, { minFacePx, gate: 'warn' }) : [];
      return warnings.length === 0 ? [] : [{ name, example: id, warnings }];
    }),
  );
}

/** Compares every example with every other. @param threshold up to which two faces count as one person */
export async function compareExamples(
  people: readonly EmbeddedPerson[],
  threshold: number,
  engine: Engine,
): Promise<NonNullable<Examination['comparison']>> {
  const samples = samplesOf(people);
  const found = inspect(samples, await nearestNeighbours(samples, engine), threshold);
  const names = people.flatMap(({ name, examples }) => examples.map(({ id }) => ({ name, example: id })));
  const pairOf = ({ rows: [a, b], distance }: { rows: readonly [number, number]; distance: number }): ExamplePair => ({
    a: names[a],
    b: names[b],
    distance,
  });
  return {
    duplicates: found.duplicates.map(pairOf),
    nearPeople: found.nearPeople.map(pairOf),
    outliers: found.outliers.map(({ row, kind, own, other, otherDistance }) => ({
      ...names[row],
      kind,
      own,
      nearest: other === null ? null : { name: names[other].name, distance: otherDistance },
    })),
  };
}
