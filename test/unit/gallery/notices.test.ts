import { describe, expect, it } from 'vitest';
import { galleryNotices } from '../../../src/gallery/notices.js';
import type { GalleryReport } from '../../../src/gallery/files/open-npy-gallery.js';

const NOTHING: GalleryReport = {
  people: 0,
  examples: 0,
  adopted: [],
  withoutTheirId: [],
  interruptedChange: 'nothing',
  setAside: [],
  missingCrops: [],
  strangers: [],
};

describe('what is said at the start', () => {
  it('is nothing where everything adds up', () => {
    expect(galleryNotices(NOTHING)).toEqual([]);
  });

  it('is who was set aside, why, where to, and how they come back', () => {
    const why = 'embeddings/Ada.npy cannot be used: it holds no values.';
    const files = ['embeddings/Ada.npy', 'uploads/Ada/1.jpg'];
    expect(galleryNotices({ ...NOTHING, setAside: [{ files, why, to: '.quarantine/now' }] })).toEqual([
      `${why} 2 files were moved to .quarantine/now/`,
      '"rostro doctor --repair" brings people who were set aside back from their photos',
    ]);
  });

  it('counts what there is much of', () => {
    const strangers = Array.from({ length: 25 }, (_, i) => `uploads/${i}`);
    const notices = galleryNotices({ ...NOTHING, strangers, missingCrops: ['uploads/Ada/1.jpg'] });
    expect(notices).toHaveLength(12);
    expect(notices[0]).toBe('uploads/Ada/1.jpg is gone; the person is recognised as before');
    expect(notices.at(-1)).toBe('(and 15 more of this kind)');
  });
});
