import { describe, expect, it } from 'vitest';
import { NearestMatcher } from '../../../src/matching/nearest.js';
import { nameFaces } from '../../../src/people/naming.js';
import { randomNumbers } from '../../helpers/mtcnn-weights.js';
import { MemoryGallery } from '../../helpers/memory-gallery.js';

const at = (...values: number[]) => Float32Array.from(values);
const threshold = 1;

function galleryOf(people: Record<string, Float32Array>): MemoryGallery {
  const gallery = new MemoryGallery();
  for (const [name, embedding] of Object.entries(people)) gallery.add(name, embedding);
  return gallery;
}

const named = (gallery: MemoryGallery, faces: Float32Array[], duplicates = false) =>
  nameFaces(
    faces.map((embedding) => ({ embedding, live: null })),
    'off',
    { matcher: new NearestMatcher(gallery), threshold, options: { duplicates } },
  );

/** The oracle: all pairs within the threshold, the nearest first, each face and each person once. */
function greedy(gallery: MemoryGallery, faces: Float32Array[]): (string | null)[] {
  const pairs = faces
    .flatMap((embedding, face) => gallery.ranking(embedding).map((person) => ({ ...person, face })))
    .filter(({ distance }) => distance <= threshold)
    .sort((a, b) => a.distance - b.distance);
  const names = faces.map((): string | null => null);
  for (const { face, name } of pairs) if (names[face] === null && !names.includes(name)) names[face] = name;
  return names;
}

describe('the faces of one picture', () => {
  const gallery = galleryOf({ Ada: at(0, 0), Bea: at(0.9, 0), Cleo: at(9, 9) });

  it('are not given the same person twice: the nearer has the name, the other its next', async () => {
    const faces = await named(gallery, [at(0.3, 0), at(0.1, 0)]);
    expect(faces[1]).toMatchObject({ name: 'Ada', nearest: 'Ada', runnerUp: { name: 'Bea' } });
    expect(faces[1]).not.toHaveProperty('taken');
    expect(faces[0]).toMatchObject({ name: 'Bea', nearest: 'Bea', taken: 'Ada', runnerUp: { name: 'Cleo' } });
    expect(faces[0].distance).toBeCloseTo(0.6, 6);
  });

  it('are unknown where nobody else is within the threshold', async () => {
    const faces = await named(gallery, [at(0, 0.1), at(0, 0.5)]);
    expect(faces.map(({ name }) => name)).toEqual(['Ada', null]);
    expect(faces[1]).toMatchObject({ nearest: 'Bea', taken: 'Ada' });
    expect(faces[1].distance).toBeCloseTo(Math.hypot(0.9, 0.5), 6);
  });

  it('may be the same person where that is asked for', async () => {
    const faces = await named(gallery, [at(0.3, 0), at(0.1, 0)], true);
    expect(faces.map(({ name }) => name)).toEqual(['Ada', 'Ada']);
  });

  it('are given what taking the pairs by distance gives, in a crowd', async () => {
    const random = randomNumbers(3);
    for (let round = 0; round < 200; round++) {
      const crowd = new MemoryGallery();
      for (let person = 0; person < 6; person++) crowd.add(`person ${person}`, at(random(), random(), random()));
      const faces = Array.from({ length: 7 }, () => at(random(), random(), random()));
      expect((await named(crowd, faces)).map(({ name }) => name)).toEqual(greedy(crowd, faces));
    }
  });

  it('that are the same picture twice are told apart by their order', async () => {
    const faces = await named(gallery, [at(0, 0.1), at(0, 0.1)]);
    expect(faces.map(({ name }) => name)).toEqual(['Ada', 'Bea']);
  });
});
