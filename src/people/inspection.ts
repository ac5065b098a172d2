import type { Engine } from '../engine/engine.js';
import type { EmbeddedPerson, Person } from '../gallery/gallery.js';
import { samplesOf } from '../matching/classifiers/samples.js';
import { inspect } from '../matching/inspection/inspect.js';
import { nearestNeighbours } from '../matching/inspection/neighbours.js';
import { judgeQuality, type QualityWarning } from './quality-gate.js';

export interface ExampleRef {
  readonly name: string;
  readonly example: string;
}

export interface ExamplePair {
  readonly a: ExampleRef;
  readonly b: ExampleRef;
  readonly distance: number;
}

export interface Outlier extends ExampleRef {
  readonly kind: 'far' | 'nearer_to_other';
  /** Distance to the nearest other example of the same person. */
  readonly own: number;
  /** The nearest other person; null where there is none. */
  readonly nearest: { readonly name: string; readonly distance: number } | null;
}

/** Examples and people that may need attention. */
export interface GalleryInspection {
  readonly poor: readonly (ExampleRef & { readonly warnings: readonly QualityWarning[] })[];
  /** Null where examples were not compared. */
  readonly comparison: {
    readonly duplicates: readonly ExamplePair[];
    readonly nearPeople: readonly ExamplePair[];
    readonly outliers: readonly Outlier[];
  } | null;
}

/** Finds examples of poor quality by the values measured at enrolment. */
export function poorExamples(people: readonly Person[], minFacePx: number): GalleryInspection['poor'] {
  return people.flatMap(({ name, examples }) =>
    examples.flatMap(({ id, details }) => {
      const warnings = details?.quality ? judgeQuality(details.quality, { minFacePx, gate: 'warn' }) : [];
      return warnings.length === 0 ? [] : [{ name, example: id, warnings }];
    }),
  );
}

/** Compares all examples with each other. @param threshold maximum distance between faces of one person */
export async function compareExamples(
  people: readonly EmbeddedPerson[],
  threshold: number,
  engine: Engine,
): Promise<NonNullable<GalleryInspection['comparison']>> {
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
