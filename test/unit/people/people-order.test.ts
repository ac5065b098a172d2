import { expect, it } from 'vitest';
import type { Person } from '../../../src/gallery/gallery.js';
import { initialOf, People } from '../../../src/people/people.js';

const person = (name: string, ...dates: readonly (string | null)[]) =>
  ({
    name,
    id: null,
    metadata: {},
    groups: name < 'C' ? ['early'] : [],
    examples: dates.map((addedAt, i) => ({ id: String(i), addedAt, crop: null, details: null })),
  }) as unknown as Person;

/** Sorted by name, as a gallery has them. */
const enrolled = [
  person('Ada', '2026-01-03T00:00:00.000Z'),
  person('Álvaro', null),
  person('Bea', '2026-01-02T00:00:00.000Z', '2026-01-09T00:00:00.000Z'),
  person('Øyvind', '2026-01-04T00:00:00.000Z', null, null),
  person('Юлия', '2026-01-01T00:00:00.000Z'),
  person('李', '2026-01-05T00:00:00.000Z'),
  person('7 of 9', null),
];
const people = new People({ people: () => enrolled } as never);
const list = (query: object) => people.list({ page: 1, size: 50, ...query });
const names = (query: object) => list(query).people.map(({ name }) => name);

it('sorts by the first photo, the newest first, and unknown dates last in the order of names', () => {
  expect(names({ sort: 'newest' })).toEqual(['李', 'Øyvind', 'Ada', 'Bea', 'Юлия', 'Álvaro', '7 of 9']);
});

it('sorts by the number of photos, equal ones by name', () => {
  expect(names({ sort: 'photos' })).toEqual(['Øyvind', 'Bea', 'Ada', 'Álvaro', 'Юлия', '李', '7 of 9']);
});

it('sorts before it cuts a page', () => {
  expect(list({ sort: 'newest', page: 2, size: 3 }).people.map(({ name }) => name)).toEqual(['Bea', 'Юлия', 'Álvaro']);
});

it.each([
  ['Álvaro', 'A'],
  ['ada', 'A'],
  ['Øyvind', 'Ø'],
  ['юлия', 'Ю'],
  ['ß', 'S'],
  ['李', '#'],
  ['7 of 9', '#'],
  ['', '#'],
  ['😀', '#'],
])('files "%s" under %s', (name, initial) => {
  expect(initialOf(name)).toBe(initial);
});

it('filters by the initial, and lists those of everyone who matches otherwise', () => {
  expect(list({ initial: 'á' })).toMatchObject({ total: 2, initials: ['A', 'B', 'Ø', 'Ю', '#'] });
  expect(names({ initial: '#' })).toEqual(['李', '7 of 9']);
  expect(list({ initial: 'B', group: 'early' })).toMatchObject({ total: 1, initials: ['A', 'B', '#'] });
  expect(list({ search: 'lv', initial: 'B' })).toMatchObject({ total: 0, initials: ['A'] });
});

it('lists the first page of 10,000 people in any order within 100 ms', () => {
  const many = Array.from({ length: 10_000 }, (_, i) =>
    person(`Person ${i}`, new Date(i * 7_919_000).toISOString(), null),
  );
  const all = new People({ people: () => many } as never);
  for (const sort of ['name', 'newest', 'photos'] as const) {
    all.list({ sort, search: 'son', page: 1, size: 48 });
    const start = performance.now();
    all.list({ sort, search: 'son', page: 1, size: 48 });
    expect([sort, performance.now() - start < 100]).toEqual([sort, true]);
  }
});
