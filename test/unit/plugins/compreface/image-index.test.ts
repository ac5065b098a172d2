import { describe, expect, it } from 'vitest';
import { imageIdOf, ImageIndex, parseImageId } from '../../../../src/plugins/compreface/face-collection.js';
import type { Person } from '../../../../src/gallery/gallery.js';

function person(name: string, ...examples: string[]): Person {
  const all = examples.map((id) => ({ id, crop: null, addedAt: null, details: null }));
  return { name, id: null, metadata: {}, groups: [], examples: all };
}

function indexOf(...people: Person[]) {
  const gallery = { version: 1, list: people, people: () => gallery.list };
  const index = new ImageIndex(gallery);
  const become = (...now: Person[]) => {
    gallery.list = now;
    gallery.version += 1;
  };
  return { index, become };
}

describe('the ids of images', () => {
  it('are UUIDs, different for each example and the same every time', () => {
    const ids = Array.from({ length: 1000 }, (_, i) => imageIdOf(i.toString(16).padStart(16, '0')));
    expect(new Set(ids).size).toBe(1000);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(imageIdOf('0123456789abcdef')).toBe(imageIdOf('0123456789abcdef'));
    expect([parseImageId(ids[0].toUpperCase()), parseImageId('7'), parseImageId(`${ids[0]}0`)]).toEqual([
      ids[0],
      null,
      null,
    ]);
  });

  it('follow their examples through renames, merges and erasure', () => {
    const { index, become } = indexOf(person('Ada', 'a', 'b'), person('Eve', 'c'));
    const [a, b, c] = ['a', 'b', 'c'].map((id) => imageIdOf(id));
    expect(index.get(c)).toMatchObject({ person: { name: 'Eve' }, example: { id: 'c' } });
    const grace = person('Grace', 'a', 'b');
    become(person('Eve', 'c'), grace);
    expect(index.of(grace).map(({ imageId }) => imageId)).toEqual([a, b]);
    become(person('Eve', 'c', 'a'));
    expect(index.get(a)).toMatchObject({ person: { name: 'Eve' }, example: { id: 'a' } });
    expect(() => index.get(b)).toThrow(/There is no image/);
  });

  it('tell two examples of one id from each other', () => {
    const { index, become } = indexOf(person('Ada', 'original-0123456789ab'), person('Eve', 'original-0123456789ab'));
    const [first, second] = [imageIdOf('original-0123456789ab'), imageIdOf('original-0123456789ab', 2)];
    expect([index.get(first).person.name, index.get(second).person.name]).toEqual(['Ada', 'Eve']);
    become(person('Eve', 'original-0123456789ab'));
    expect(() => index.get('nothing')).toThrow();
    expect(index.get(first).person.name).toBe('Eve');
  });
});
