import { describe, expect, it } from 'vitest';
import type { PhotoResult } from '../../../src/evaluation/embed-photos.js';
import { assertAllPhotos, identify, searchOpenSet } from '../../../src/evaluation/identify.js';
import type { OpenSetPhoto, OpenSetRole } from '../../../src/evaluation/open-set.js';
import { upperBound } from '../../../src/shared/statistics/metrics.js';

const box = { x: 1, y: 2, width: 3, height: 4 };

interface Made extends OpenSetPhoto {
  readonly result: PhotoResult;
}

/** A photo whose embedding is a point on a line. */
function photo(role: OpenSetRole, person: string, at: number, group: string | null = null): Made {
  const label = `${role} ${person} ${at}`;
  const result = { box, embedding: Float32Array.of(at, 0), mirrored: Float32Array.of(0, at) };
  return { role, person, group, label, path: label, result };
}

const resultsOf = (photos: readonly Made[]) => new Map(photos.map(({ path, result }) => [path!, result]));

/** Ada at 0 and 4, Bo at 10; the distances below are counted by hand. */
const set: readonly Made[] = [
  photo('enrol', 'Ada', 0),
  photo('enrol', 'Ada', 4),
  photo('enrol', 'Bo', 10),
  photo('probe', 'Ada', 5, 'old'),
  photo('probe', 'Ada', 8, 'young'),
  photo('probe', 'Bo', 10.5, 'old'),
  photo('probe', 'Bo', 13, 'young'),
  photo('stranger', 'Cy', 12, 'old'),
  photo('stranger', 'Di', 20, 'young'),
];

describe('searchOpenSet', () => {
  it('finds the nearest photo of anybody, and of the own person', () => {
    const { searches, ...counts } = searchOpenSet(set, resultsOf(set), null);
    expect(counts).toEqual({ enrolledPeople: 2, enrolledPhotos: 3, missing: [], leftOut: 0 });
    expect(
      searches.map(({ person, nearest, distance, nearestPhoto, own }) => [
        person,
        nearest,
        distance,
        nearestPhoto.label,
        own?.distance ?? null,
      ]),
    ).toEqual([
      ['Ada', 'Ada', 1, 'enrol Ada 4', 1],
      ['Ada', 'Bo', 2, 'enrol Bo 10', 4],
      ['Bo', 'Bo', 0.5, 'enrol Bo 10', 0.5],
      ['Bo', 'Bo', 3, 'enrol Bo 10', 3],
      [null, 'Bo', 2, 'enrol Bo 10', null],
      [null, 'Bo', 10, 'enrol Bo 10', null],
    ]);
  });

  it('averages the mirrored face on both sides, or in the enrolled photos only', () => {
    const photos = [photo('enrol', 'Ada', 1), photo('probe', 'Ada', 1)];
    const distance = (flip: 'average' | 'enrol' | null) =>
      searchOpenSet(photos, resultsOf(photos), flip).searches[0].distance;
    expect([distance(null), distance('average')]).toEqual([0, 0]);
    // (1, 0) and (0, 1) average to (√½, √½): its distance to (1, 0) is √(2 − √2).
    expect(distance('enrol')).toBeCloseTo(Math.sqrt(2 - Math.SQRT2), 6);
  });

  it('leaves out photos without a face, and searches for people without an enrolled photo', () => {
    const failure = { code: 'no_face', message: 'No face was found in the photo.' };
    const [bo, di] = [
      { ...set[2], result: { failure } },
      { ...set[8], path: null },
    ];
    const photos = [set[0], set[1], bo, ...set.slice(3, 8), di];
    const { searches, missing, leftOut, enrolledPeople } = searchOpenSet(photos, resultsOf(photos), null);
    expect([enrolledPeople, searches.length, leftOut]).toEqual([1, 3, 3]);
    expect(missing).toEqual([
      { photo: 'enrol Bo 10', role: 'enrol', ...failure },
      { photo: 'stranger Di 20', role: 'stranger', code: 'no_file', message: 'There is no such file.' },
    ]);
    expect(() => assertAllPhotos(9, missing)).toThrow(
      '2 of 9 photos cannot be used (enrol Bo 10: No face was found in the photo. stranger Di 20: There is no such file.); --allow-missing measures the rest.',
    );
    expect(() => assertAllPhotos(9, [])).not.toThrow();
  });
});

describe('identify', () => {
  const { searches } = searchOpenSet(set, resultsOf(set), null);
  const found = identify(searches, 2.5);

  it('counts the searches behind each rate, and bounds it', () => {
    expect(found).toMatchObject({ probes: 4, strangers: 2, rankOne: 3 / 4 });
    expect(found.inForce).toEqual({
      threshold: 2.5,
      fnir: 0.5,
      missed: 2,
      fnirAtMost: upperBound(2, 4),
      fpir: 0.5,
      named: 1,
      fpirAtMost: upperBound(1, 2),
    });
    expect(found.histogram.genuine.reduce((a, b) => a + b)).toBe(4);
  });

  it('draws the line below the nearest stranger where two cannot show the rate', () => {
    const line = { threshold: 1, fnir: 0.5, missed: 2, fpir: 0, named: 0 };
    expect(found.atFpir).toMatchObject([
      { wantedFpir: 0.01, strangersNeeded: 300, ...line },
      { wantedFpir: 0.003, strangersNeeded: 1000, ...line },
    ]);
  });

  it('measures groups at the thresholds of the whole set', () => {
    expect(found.groups).toMatchObject([
      {
        group: 'old',
        probes: 2,
        strangers: 1,
        rankOne: 1,
        inForce: { fnir: 0, fpir: 1 },
        atFpir: [{ fnir: 0, fpir: 0 }, {}],
      },
      { group: 'young', probes: 2, strangers: 1, rankOne: 0.5, inForce: { fnir: 1, fpir: 0 } },
    ]);
    const without = searches.map((search) => ({ ...search, group: null }));
    expect(identify(without, 2.5).groups).toEqual([]);
    const mixed = without.map((search, i) => (i === 0 ? { ...search, group: 'old' } : search));
    expect(identify(mixed, 2.5).groups).toMatchObject([
      { group: 'old', strangers: 0, inForce: { fpir: NaN, named: 0, fpirAtMost: 1 } },
      { group: null, probes: 3 },
    ]);
  });

  it('lists the worst searches first, with the photos to look at', () => {
    const seen = ({ photo: one, other, distance, wrong, nearer }: (typeof found.worst.misses)[number]) => [
      one.label,
      other.label,
      distance,
      wrong,
      nearer,
    ];
    expect(found.worst.strangers.map(seen)).toEqual([
      ['stranger Cy 12', 'enrol Bo 10', 2, true, null],
      ['stranger Di 20', 'enrol Bo 10', 10, false, null],
    ]);
    expect(found.worst.misses.map(seen)).toEqual([
      ['probe Ada 8', 'enrol Ada 4', 4, true, { person: 'Bo', distance: 2 }],
      ['probe Bo 13', 'enrol Bo 10', 3, true, null],
      ['probe Ada 5', 'enrol Ada 4', 1, false, null],
      ['probe Bo 10.5', 'enrol Bo 10', 0.5, false, null],
    ]);
  });

  it('refuses a set without searches of a kind', () => {
    const message = 'An open set needs enrolled people, probes of them, and strangers.';
    for (const isStranger of [true, false]) {
      const some = searches.filter(({ person }) => (person === null) === isStranger);
      expect(() => identify(some, 1)).toThrow(message);
    }
  });
});
